using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Asks the network for peers, and takes the answers.</summary>
/// <remarks>
/// <para>
/// There is no loop and no queue: a question runs where its caller waits for it, on the scheduler of the options, an answer where it is
/// handed over, and the table of questions is all they share. So no question waits for another one to be sent.
/// </para>
/// <para>
/// The outbound graph needs a discoverer and discovery needs the graph, so it is made first and started with the graph's requester.
/// </para>
/// <para>Thread safe. Disposal ends every question that is under way, and waits until each has let go of what it holds.</para>
/// </remarks>
[SuppressMessage(
    "Reliability", "CA2213", Justification = "A source without timer and wait handle holds nothing to dispose of, and is looked at later.")]
internal sealed class DhtDiscoveryService : IAsyncDisposable
{
    private readonly NodeIdentity _identity;
    private readonly PeerManager _peers;
    private readonly DhtPeerValidator _validator;
    private readonly IOffenceReporter _offences;
    private readonly DhtDiscoveryOptions _options;
    private readonly ILogger _logger;
    private readonly TaskFactory _factory;
    private readonly DiscoveryTable _table;
    private readonly Lock _drawing = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _counting = new();
    private int _running;
    private bool _isStopping;
    private OutboundMessageRequester? _outbound;

    /// <param name="identity">This node. Borrowed.</param>
    /// <param name="peers">Where discovered peers are stored. Borrowed.</param>
    /// <param name="validator">What a peer may say of itself.</param>
    /// <param name="offences">Told of what deserves a ban.</param>
    /// <param name="options">How discovery runs; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public DhtDiscoveryService(
        NodeIdentity identity,
        PeerManager peers,
        DhtPeerValidator validator,
        IOffenceReporter offences,
        DhtDiscoveryOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(validator);
        ArgumentNullException.ThrowIfNull(offences);
        _options = options ?? new DhtDiscoveryOptions();
        _options.Validate();
        _identity = identity;
        _peers = peers;
        _validator = validator;
        _offences = offences;
        _logger = GuardedLogger.Of(_options.Logger);
        _factory = new TaskFactory(
            CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskContinuationOptions.None, _options.TaskScheduler);
        _table = new DiscoveryTable(_options.MaxInFlight);
    }

    /// <summary>Questions that are remembered.</summary>
    public int InFlight => _table.Count;

    /// <summary>Begins to take questions.</summary>
    /// <param name="outbound">Where they go.</param>
    public void Start(OutboundMessageRequester outbound)
    {
        ArgumentNullException.ThrowIfNull(outbound);
        Volatile.Write(ref _outbound, outbound);
    }

    /// <summary>A requester whose callers wait as long as the options say, or as given.</summary>
    /// <param name="timeout">How long, zero to 49 days; null for the options'.</param>
    public DhtDiscoveryRequester CreateRequester(TimeSpan? timeout = null)
    {
        TimeSpan wait = timeout ?? _options.RequestTimeout;
        TimerLimit.ThrowUnlessWithin(wait, TimeSpan.Zero, nameof(timeout));
        return new DhtDiscoveryRequester(this, wait);
    }

    /// <summary>
    /// Takes no more questions, and has those under way end with <see cref="DhtDiscoveryError.ReplyCanceled"/>. Waits for nothing.
    /// </summary>
    public void Stop()
    {
        lock (_counting)
        {
            _isStopping = true;
            if (_running == 0)
            {
                _idle.TrySetResult();
            }
        }

        // Outside the lock, because it calls back.
        _stopping.Cancel();
    }

    /// <summary>Stops, and waits until every question has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Stop();
        await _idle.Task;
    }

    /// <summary>Asks for a peer; <see cref="DhtDiscoveryRequester.DiscoverPeerAsync"/> describes it.</summary>
    internal Task<Peer> DiscoverAsync(
        CommsPublicKey publicKey, NodeDestination destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (TaskScheduler.Current == _options.TaskScheduler && SynchronizationContext.Current is null)
        {
            return RunAsync(publicKey, destination, timeout, cancellationToken);
        }

        return _factory.StartNew(() => RunAsync(publicKey, destination, timeout, cancellationToken)).Unwrap();
    }

    /// <summary>Takes an answer, and is done with it when it returns.</summary>
    /// <param name="response">The answer.</param>
    /// <returns>False when discovery has ended.</returns>
    internal bool Notify(ReceivedDiscoveryResponse response)
    {
        if (_stopping.IsCancellationRequested)
        {
            return false;
        }

        if (_table.Take(response.Nonce) is not { } entry)
        {
            _logger.UnknownDiscoveryResponse(response.PublicKey.ToString());
        }
        else if (entry.PublicKey != response.PublicKey)
        {
            _logger.DiscoveryResponseFromAnotherPeer(response.PublicKey.ToString(), entry.PublicKey.ToString());
            _offences.Report(response.PublicKey, OffenceSeverity.Medium, "It answered a discovery of another peer.");
            entry.Fail(new DhtDiscoveryException(
                DhtDiscoveryError.InvalidDiscoveryResponse, $"{response.PublicKey} answered the discovery of {entry.PublicKey}."));
        }
        else if (TryStore(response, out Peer? peer) is { } error)
        {
            _logger.DiscoveryResponseRefused(response.PublicKey.ToString(), error.Message);
            entry.Fail(error);
        }
        else
        {
            List<DiscoveryEntry> others = _table.TakeAll(response.PublicKey);
            foreach (DiscoveryEntry other in others)
            {
                other.Answer(peer!);
            }

            entry.Answer(peer!);
            _logger.PeerDiscovered(response.PublicKey.ToString(), others.Count + 1);
        }

        return true;
    }

    private async Task<Peer> RunAsync(
        CommsPublicKey publicKey, NodeDestination destination, TimeSpan timeout, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        OutboundMessageRequester? outbound = Volatile.Read(ref _outbound);
        if (outbound is null || !TryBegin())
        {
            throw new DhtDiscoveryException(
                DhtDiscoveryError.ChannelDisconnected, outbound is null ? "Discovery has not started." : "Discovery has ended.");
        }

        try
        {
            return publicKey == _identity.PublicKey
                ? throw new DhtDiscoveryException(DhtDiscoveryError.CannotDiscoverThisNode, "The key is this node's own.")
                : await AskAsync(outbound, publicKey, destination, timeout, cancellationToken);
        }
        finally
        {
            End();
        }
    }

    private bool TryBegin()
    {
        lock (_counting)
        {
            if (_isStopping)
            {
                return false;
            }

            _running++;
            return true;
        }
    }

    private void End()
    {
        lock (_counting)
        {
            if (--_running == 0 && _isStopping)
            {
                _idle.TrySetResult();
            }
        }
    }

    private async Task<Peer> AskAsync(
        OutboundMessageRequester outbound,
        CommsPublicKey publicKey,
        NodeDestination destination,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        using var timer = new CancellationTokenSource(timeout, _options.TimeProvider);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, _stopping.Token, cancellationToken);

        // Entered before it is sent: on a fast network the answer may be there before the outbound graph says that it took the question.
        var entry = new DiscoveryEntry(publicKey);
        ulong nonce = Enter(entry, out SendMessageParams parameters);
        try
        {
            DhtDiscoveryException? failure = await TrySendAsync(outbound, parameters, publicKey, destination, nonce, ending.Token);

            // Not in the table any more, it was answered through another question for the key.
            if (failure is not null && _table.Take(nonce) is not null)
            {
                throw failure;
            }

            _table.DropAbandoned();
            return await entry.Reply.WaitHereAsync(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            _table.Abandon(nonce);
            cancellationToken.ThrowIfCancellationRequested();
            throw _stopping.IsCancellationRequested
                ? new DhtDiscoveryException(DhtDiscoveryError.ReplyCanceled, "Discovery ended before an answer came.")
                : new DhtDiscoveryException(
                    DhtDiscoveryError.DiscoveryTimeout,
                    string.Create(CultureInfo.InvariantCulture, $"{publicKey} did not answer within {timeout.TotalSeconds} s."));
        }
    }

    private ulong Enter(DiscoveryEntry entry, out SendMessageParams parameters)
    {
        lock (_drawing)
        {
            ulong nonce;
            do
            {
                nonce = SendMessageParams.NextUInt64(_options.Random);
            }
            while (_table.Contains(nonce));

            parameters = new SendMessageParams(_options.Random);
            return _table.TryAdd(nonce, entry)
                ? nonce
                : throw new DhtDiscoveryException(
                    DhtDiscoveryError.TooManyRequests,
                    string.Create(CultureInfo.InvariantCulture, $"{_options.MaxInFlight} discoveries are under way already."));
        }
    }

    /// <summary>Sends a question; null when it went to at least one peer.</summary>
    private async Task<DhtDiscoveryException?> TrySendAsync(
        OutboundMessageRequester outbound,
        SendMessageParams parameters,
        CommsPublicKey publicKey,
        NodeDestination destination,
        ulong nonce,
        CancellationToken cancellationToken)
    {
        parameters
            .Broadcast([])
            .WithDestination(destination)
            .WithEncryption(OutboundEncryption.EncryptFor(publicKey))
            .WithDhtMessageType(DhtMessageType.Discovery);
        var message = new OutboundDomainMessage(0, OwnClaimMessage.Encode(_identity, nonce));
        try
        {
            SendMessageResponse response = await outbound.SendMessageNoHeaderAsync(parameters, message, cancellationToken);
            await response.ResolveAsync(cancellationToken);
            return null;
        }
        catch (DhtOutboundException error) when (error.Failure is { } failure)
        {
            return new DhtDiscoveryException(DhtDiscoveryError.DiscoverySendFailed, $"The discovery was not sent: {error.Message}", error)
            {
                SendFailure = failure,
            };
        }
        catch (DhtOutboundException error)
        {
            return new DhtDiscoveryException(DhtDiscoveryError.DhtOutboundError, $"The discovery was not sent: {error.Message}", error);
        }
    }

    /// <summary>Checks the peer in an answer and stores it; null when that went well.</summary>
    private DhtDiscoveryException? TryStore(ReceivedDiscoveryResponse response, out Peer? peer)
    {
        peer = null;
        if (response.ConversionError != PeerClaimError.None || response.Info is not { } info)
        {
            return new DhtDiscoveryException(
                DhtDiscoveryError.InvalidDiscoveryResponse, $"The answer is no claim: {response.ConversionError}.");
        }

        try
        {
            DhtPeerValidatorError error = _validator.Validate(info, _peers.Find(response.PublicKey), out Peer? valid);
            if (!error.IsNone)
            {
                string reason = error.ToString();
                if (error.IsBanOffence)
                {
                    _offences.Report(response.PublicKey, OffenceSeverity.Medium, reason);
                }

                return new DhtDiscoveryException(DhtDiscoveryError.PeerValidatorError, $"The answer is not acceptable: {reason}")
                {
                    ValidatorError = error,
                };
            }

            _peers.AddOrUpdatePeer(valid!);
            peer = _peers.Find(response.PublicKey) ?? valid;
            return null;
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            _logger.DiscoveredPeerNotStored(response.PublicKey.ToString(), error);
            return new DhtDiscoveryException(DhtDiscoveryError.PeerManagerError, $"The peer could not be stored: {error.Message}", error);
        }
    }
}
