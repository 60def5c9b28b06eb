using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

public sealed partial class ConnectivityManager
{
    /// <summary>
    /// Peers that are dialled at a time at most; a further one is refused with <see cref="ConnectivityError.DialQueueFull"/>.
    /// </summary>
    public const int MaxDials = 1000;

    private static readonly TimeSpan s_dialLimit = TimeSpan.FromSeconds(180);

    private readonly Dictionary<NodeId, PeerDial> _dials = [];

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<PeerConnectionHandle>(cancellationToken);
        }

        DialReply reply;
        lock (_gate)
        {
            if (Usable(peer) is { } connection)
            {
                return ValueTask.FromResult(connection.Acquire(strength));
            }

            reply = new DialReply(_options.TaskScheduler);
            Dial(peer, strength, reply);
        }

        _deadlines.Add(reply, s_dialLimit);
        Act();
        return reply.WaitAsync(cancellationToken);
    }

    /// <summary>As <see cref="DialPeerAsync"/>, for a transport that waits without a task. The observer has no time limit.</summary>
    /// <param name="peer">Whom to dial.</param>
    /// <param name="strength">The kind of the handle.</param>
    /// <param name="observer">Told of the connection or the failure, maybe before this returns.</param>
    public void DialPeer(NodeId peer, ConnectionStrength strength, IDialObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        lock (_gate)
        {
            Dial(peer, strength, observer);
        }

        Act();
    }

    /// <inheritdoc/>
    public void RequestManyDials(ReadOnlySpan<NodeId> peers)
    {
        lock (_gate)
        {
            foreach (NodeId peer in peers)
            {
                Dial(peer, ConnectionStrength.Weak, observer: null);
            }
        }

        Act();
    }

    /// <summary>A dial of this manager has made a connection.</summary>
    /// <param name="dial">The dial.</param>
    /// <param name="connection">The connection, which is closed if it is not wanted.</param>
    public void ReportDialled(PeerDial dial, IPeerConnection connection)
    {
        ArgumentNullException.ThrowIfNull(dial);
        ArgumentNullException.ThrowIfNull(connection);
        lock (_gate)
        {
            bool isAwaited = End(dial);
            if (_hasEnded)
            {
                Do(EffectKind.Disconnect, connection, s_minimized);
            }
            else
            {
                _health.OnSuccess(dial.Peer, _deadlines.Now);
                Take(connection);
                if (isAwaited)
                {
                    AnswerFromPool(dial);
                }
            }
        }

        Act();
    }

    /// <summary>A peer has dialled this node.</summary>
    /// <param name="connection">The connection, which is closed if it is not wanted.</param>
    public void ReportAccepted(IPeerConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        lock (_gate)
        {
            if (_hasEnded)
            {
                Do(EffectKind.Disconnect, connection, s_minimized);
            }
            else
            {
                Take(connection);
                if (Usable(connection.Peer) is not null && _dials.TryGetValue(connection.Peer, out PeerDial? dial))
                {
                    // The peer was faster: who waits for the dial gets this one.
                    End(dial);
                    Do(EffectKind.Cancel, dial);
                    AnswerFromPool(dial);
                }
            }
        }

        Act();
    }

    /// <summary>A dial of this manager has failed.</summary>
    /// <param name="dial">The dial.</param>
    /// <param name="error">The reason, which those who wait are told.</param>
    /// <param name="message">What happened.</param>
    public void ReportDialFailed(PeerDial dial, ConnectivityError error, string message)
    {
        ArgumentNullException.ThrowIfNull(dial);
        ArgumentNullException.ThrowIfNull(message);
        lock (_gate)
        {
            if (!End(dial) || _hasEnded)
            {
                return;
            }

            NoteFailure(dial, error, new ConnectivityException(error, message));
        }

        Act();
    }

    /// <summary>The connection that answers a dial to a peer. Called with the lock held.</summary>
    private IPeerConnection? Usable(in NodeId peer) =>
        _pool.TryGetValue(peer, out PoolEntry? entry) && entry.Live is { } connection && !IsBannedHere(peer) ? connection : null;

    // Asked once per message; without bans it does not even look at the clock.
    private bool IsBannedHere(in NodeId peer) => _bans.Count > 0 && _bans.IsInForce(peer, UtcNow);

    /// <summary>
    /// Answers a dial, joins the one that is under way, or begins one. A refusal here makes no event. Called with the lock held.
    /// </summary>
    private void Dial(in NodeId peer, ConnectionStrength strength, IDialObserver? observer)
    {
        if (Usable(peer) is { } connection)
        {
            if (observer is not null)
            {
                Do(EffectKind.Connected, observer, connection.Acquire(strength));
            }
        }
        else if (TryDial(peer, isSpeculative: observer is null, out PeerDial? dial, out ConnectivityError error))
        {
            if (observer is not null)
            {
                dial?.Observers.Add((observer, strength));
            }
        }
        else if (observer is not null)
        {
            Do(EffectKind.Failed, observer, Refusal(peer, error));
        }
    }

    /// <summary>
    /// The dial that is under way to a peer, or a new one; none for one that nobody asked for and that the breaker stops.
    /// </summary>
    private bool TryDial(in NodeId peer, bool isSpeculative, out PeerDial? dial, out ConnectivityError error)
    {
        dial = null;
        error = default;
        if (_hasEnded)
        {
            error = ConnectivityError.ActorDisconnected;
            return false;
        }

        if (IsBannedHere(peer))
        {
            error = ConnectivityError.PeerBanned;
            if (_pool.TryGetValue(peer, out PoolEntry? entry) && entry.Live is { } connection)
            {
                Do(EffectKind.Disconnect, connection, s_minimized);
            }

            return false;
        }

        if (_dials.TryGetValue(peer, out dial))
        {
            return true;
        }

        if (_peers.Find(peer) is not { } record)
        {
            error = ConnectivityError.PeerManagerError;
            return false;
        }

        if (record.IsBanned(UtcNow))
        {
            error = ConnectivityError.PeerBanned;
            return false;
        }

        if (isSpeculative && !_health.MayDial(peer, _deadlines.Now))
        {
            return true;
        }

        if (_dials.Count >= MaxDials)
        {
            error = ConnectivityError.DialQueueFull;
            return false;
        }

        dial = Begin(record);
        return true;
    }

    private PeerDial Begin(Peer record)
    {
        var dial = new PeerDial(record);
        _dials.Add(dial.Peer, dial);
        _health.OnDialStarted(dial.Peer, _deadlines.Now);
        Do(EffectKind.Begin, dial);
        return dial;
    }

    private void BeginNow(PeerDial dial)
    {
        if (dial.IsOver)
        {
            return;
        }

        try
        {
            _dialer.Begin(dial);
        }
        catch (Exception error)
        {
            // Nobody will report its end, so the peer could never be dialled again. It says nothing about the peer.
            _logger.ConnectivityStepFailed(error);
            ReportDialFailed(dial, ConnectivityError.DialCancelled, "The transport failed to begin the dial.");
        }
    }

    private static ConnectivityException Refusal(in NodeId peer, ConnectivityError error) => error switch
    {
        ConnectivityError.ActorDisconnected => Ended(),
        ConnectivityError.PeerBanned => new ConnectivityException(error, $"{peer} is banned."),
        ConnectivityError.DialQueueFull => new ConnectivityException(error, "Too many peers are dialled already."),
        _ => new ConnectivityException(error, $"{peer} is not known.", PeerManagerException.NotFound(peer)),
    };

    /// <summary>Ends a dial.</summary>
    /// <returns>False if it had ended already.</returns>
    private bool End(PeerDial dial)
    {
        if (dial.IsOver)
        {
            return false;
        }

        dial.IsOver = true;
        _dials.Remove(dial.Peer);
        return true;
    }

    private void AnswerFromPool(PeerDial dial)
    {
        if (Usable(dial.Peer) is not { } connection)
        {
            bool isBanned = IsBannedHere(dial.Peer);
            FailObservers(dial, isBanned
                ? Refusal(dial.Peer, ConnectivityError.PeerBanned)
                : new ConnectivityException(ConnectivityError.PeerConnectionError, "The connection ended as soon as it was made."));
            return;
        }

        foreach ((IDialObserver observer, ConnectionStrength strength) in dial.Observers)
        {
            Do(EffectKind.Connected, observer, connection.Acquire(strength));
        }

        dial.Observers.Clear();
    }

    private void FailObservers(PeerDial dial, ConnectivityException error)
    {
        foreach ((IDialObserver observer, _) in dial.Observers)
        {
            Do(EffectKind.Failed, observer, error);
        }

        dial.Observers.Clear();
    }

    private void NoteFailure(PeerDial dial, ConnectivityError reason, ConnectivityException error)
    {
        if (Usable(dial.Peer) is not null)
        {
            // There is a connection all the same, which the failure says nothing about.
            AnswerFromPool(dial);
            return;
        }

        // What this node refused or let go says nothing about the peer, and offline every peer fails.
        bool isPeersFault = reason is not (ConnectivityError.AllPeerAddressesAreExcluded or ConnectivityError.DialCancelled);
        if (isPeersFault && _status.State != ConnectivityState.Offline)
        {
            _health.OnFailure(dial.Peer, _deadlines.Now);
        }

        if (_pool.TryGetValue(dial.Peer, out PoolEntry? entry) && entry.Connection is null)
        {
            entry.State = PeerConnectionState.Failed;
        }

        Do(EffectKind.Publish, new ConnectivityEvent.PeerConnectFailed(dial.Peer));
        UpdateStatus();
        FailObservers(dial, error);
    }
}
