using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>Does what a <see cref="DhtRequester"/> is asked for: joins, connections to peers that may be unknown, bans.</summary>
/// <remarks>
/// <para>
/// Each request is a job of its own on <see cref="DhtActorOptions.TaskScheduler"/>. As in the reference jobs run concurrently, without a
/// limit of their own: each has a caller who waits for it. Bans have no such caller; they go through one queue, in order, which holds at
/// most <see cref="DhtActorOptions.MaxWaitingBans"/>. What needs no order never comes here: the requester answers it.
/// </para>
/// <para>
/// The end: no more requests, the time of the stop is stored, jobs that are not done fail with
/// <see cref="DhtActorError.ReplyCanceled"/>, bans that wait are dropped.
/// </para>
/// <para>Thread safe.</para>
/// </remarks>
internal sealed class DhtActor : IAsyncDisposable
{
    private static readonly TimeSpan s_dialTimeout = TimeSpan.FromSeconds(180);

    private readonly DhtActorServices _services;
    private readonly DhtActorOptions _options;
    private readonly DialPolicy _dialPolicy;
    private readonly BanQueue _bans;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Lock _randomGate = new();

    /// <summary>Jobs that are not done, and one more until the actor stops.</summary>
    private int _running = 1;

    private volatile bool _isStopped;

    /// <param name="services">What to work with. Borrowed.</param>
    /// <param name="options">How to work.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public DhtActor(DhtActorServices services, DhtActorOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _services = services;
        _options = options with { Logger = GuardedLogger.Of(options.Logger) };
        _dialPolicy = new DialPolicy { ExcludedRanges = options.Config.ExcludedDialAddresses };
        _bans = new BanQueue(services, _options);
        Requester = new DhtRequester(this, services);
        if (services.Metadata.Get(DhtMetadataCodec.NameOf(DhtMetadataKey.OfflineTimestamp)) is { } stored
            && DhtMetadataCodec.TryDecode(stored.Span, out DateTimeOffset time))
        {
            _options.Logger.LastOffline(time);
        }
    }

    /// <summary>The door to the actor; any number may use it.</summary>
    public DhtRequester Requester { get; }

    /// <summary>Throws when the actor has stopped.</summary>
    /// <exception cref="DhtActorException"><see cref="DhtActorError.ChannelDisconnected"/>.</exception>
    public void ThrowIfStopped()
    {
        if (_isStopped)
        {
            throw DhtActorException.Disconnected();
        }
    }

    /// <summary>Sends a join.</summary>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <returns>Ends when messages to peers were generated.</returns>
    public Task JoinAsync(CancellationToken cancellationToken) =>
        RunAsync(static (actor, _, stopping) => actor.JoinCoreAsync(stopping), 0, cancellationToken);

    /// <summary>Connects to a peer, which is looked for if it is unknown or not where it was.</summary>
    /// <param name="publicKey">The peer.</param>
    /// <param name="cancellationToken">Ends the job.</param>
    /// <returns>A weak handle, which the caller disposes.</returns>
    public Task<PeerConnectionHandle> DialOrDiscoverAsync(CommsPublicKey publicKey, CancellationToken cancellationToken) =>
        RunAsync(static (actor, key, stopping) => actor.DialOrDiscoverCoreAsync(key, stopping), publicKey, cancellationToken);

    /// <summary>Has a peer banned; never waits and never throws.</summary>
    /// <param name="peer">Whom.</param>
    /// <param name="severity">How bad it was.</param>
    /// <param name="reason">What it was.</param>
    public void Ban(in CommsPublicKey peer, OffenceSeverity severity, string reason)
    {
        if (peer == _services.Identity.PublicKey)
        {
            _options.Logger.BanIgnored(reason);
            return;
        }

        if (_bans.Add(peer, severity, reason) && TryBegin())
        {
            Start(DrainBansAsync);
        }
    }

    /// <summary>Ends the actor; the same task each time.</summary>
    /// <returns>Ends when all jobs have ended. Does not fail.</returns>
    public Task StopAsync()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return _ended.Task;
            }

            _isStopped = true;
        }

        Start(StopCoreAsync);
        return _ended.Task;
    }

    /// <summary><see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stopping.Dispose();
    }

    private void Start(Func<Task> job) =>
        Task.Factory.StartNew(job, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _options.TaskScheduler);

    private bool TryBegin()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return false;
            }

            _running++;
            return true;
        }
    }

    private void End()
    {
        bool isLast;
        lock (_gate)
        {
            isLast = --_running == 0;
        }

        if (isLast)
        {
            _drained.SetResult();
        }
    }

    private Task<TResult> RunAsync<TState, TResult>(
        Func<DhtActor, TState, CancellationToken, Task<TResult>> job, TState state, CancellationToken cancellationToken) =>
        TryBegin()
            ? Task.Factory.StartNew(
                () => RunCoreAsync(job, state, cancellationToken),
                CancellationToken.None,
                TaskCreationOptions.DenyChildAttach,
                _options.TaskScheduler).Unwrap()
            : Task.FromException<TResult>(DhtActorException.Disconnected());

    private async Task<TResult> RunCoreAsync<TState, TResult>(
        Func<DhtActor, TState, CancellationToken, Task<TResult>> job, TState state, CancellationToken cancellationToken)
    {
        try
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, cancellationToken);
            either.Token.ThrowIfCancellationRequested();
            return await job(this, state, either.Token);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            throw DhtActorException.Cancelled();
        }
        finally
        {
            End();
        }
    }

    private async Task<bool> JoinCoreAsync(CancellationToken stopping)
    {
        ThrowIfOwnAddressesExcluded();
        SendMessageParams parameters;
        ulong nonce;
        lock (_randomGate)
        {
            parameters = new SendMessageParams(_options.Random);
            nonce = SendMessageParams.NextUInt64(_options.Random);
        }

        // Receivers accept a join only if it is addressed to its signer.
        NodeIdentity identity = _services.Identity;
        parameters.Broadcast([])
            .WithDestination(new NodeDestination(identity.PublicKey))
            .WithDhtMessageType(DhtMessageType.Join)
            .ForceOrigin();
        SendMessageResponse response;
        try
        {
            response = await _services.Outbound.SendMessageNoHeaderAsync(
                parameters, new OutboundDomainMessage(0, OwnClaimMessage.Encode(identity, nonce)), stopping);
        }
        catch (DhtOutboundException error)
        {
            throw JoinFailed(error.Message, error);
        }

        return response.Failure is { } failure ? throw JoinFailed($"{failure.Kind} {failure.Text}".TrimEnd(), null)
            : response.States is { Count: > 0 } ? true
            : throw JoinFailed("no node is connected", null);
    }

    private static DhtActorException JoinFailed(string why, Exception? error) =>
        new(DhtActorError.FailedToBroadcastJoinMessage, $"The join was not sent: {why}", error);

    private async Task<PeerConnectionHandle> DialOrDiscoverCoreAsync(CommsPublicKey publicKey, CancellationToken stopping)
    {
        ThrowIfOwnAddressesExcluded();
        if (_services.Peers.Find(publicKey) is { } known)
        {
            try
            {
                return await DialAsync(known.NodeId, stopping);
            }
            catch (ConnectivityException error) when (error.Error == ConnectivityError.ConnectFailedMaximumAttemptsReached)
            {
                // The peer may have moved.
                _options.Logger.DialFailed(error, known.NodeId);
            }
            catch (Exception error) when (IsFailure(error, stopping))
            {
                throw DialFailed(error);
            }
        }

        Peer found;
        try
        {
            found = await _services.Discoverer.DiscoverPeerAsync(publicKey, new NodeDestination(publicKey), stopping)
                .AsTask()
                .WaitHereAsync(stopping);
        }
        catch (Exception error) when (IsFailure(error, stopping))
        {
            throw new DhtActorException(DhtActorError.DiscoveryError, $"The peer was not found: {error.Message}", error);
        }

        try
        {
            return await DialAsync(found.NodeId, stopping);
        }
        catch (Exception error) when (IsFailure(error, stopping))
        {
            throw DialFailed(error);
        }
    }

    private static bool IsFailure(Exception error, CancellationToken stopping) =>
        error is not OperationCanceledException || !stopping.IsCancellationRequested;

    private static DhtActorException DialFailed(Exception error) =>
        new(DhtActorError.ConnectivityError, $"The peer could not be dialled: {error.Message}", error);

    private async Task<PeerConnectionHandle> DialAsync(NodeId peer, CancellationToken stopping)
    {
        try
        {
            return await DialOnceAsync(peer, stopping);
        }
        catch (ConnectivityException error) when (error.Error == ConnectivityError.DialCancelled)
        {
            // The peer dialled this node at the same time, so there is a connection now.
            return await DialOnceAsync(peer, stopping);
        }
    }

    private Task<PeerConnectionHandle> DialOnceAsync(NodeId peer, CancellationToken stopping) =>
        LateHandle.WaitAsync(
            _services.Connectivity.DialPeerAsync(peer, ConnectionStrength.Weak, stopping), s_dialTimeout, _options.TimeProvider, stopping);

    /// <summary>A node that has excluded all its own addresses can't be answered.</summary>
    private void ThrowIfOwnAddressesExcluded()
    {
        if (_dialPolicy.ExcludedRanges.IsEmpty)
        {
            return;
        }

        foreach (var address in _services.Identity.PublicAddresses)
        {
            if (!_dialPolicy.IsExcluded(address))
            {
                return;
            }
        }

        throw new DhtActorException(
            DhtActorError.AllPeerAddressesAreExcluded, "This node has no address that is not excluded from dialling.");
    }

    private async Task DrainBansAsync()
    {
        try
        {
            await _bans.DrainAsync(_stopping.Token);
        }
        finally
        {
            End();
        }
    }

    private async Task StopCoreAsync()
    {
        try
        {
            await Requester.StoreAsync(DhtMetadataKey.OfflineTimestamp, _options.TimeProvider.GetUtcNow());
        }
        catch (Exception error) when (error is DhtStorageException or ObjectDisposedException)
        {
            _options.Logger.OfflineTimestampFailed(error);
        }
        finally
        {
            CancelJobs();
            End();
            await _drained.Task;
            _ended.SetResult();
        }
    }

    // Not the asynchronous form, which would leave the scheduler.
    private void CancelJobs() => _stopping.Cancel();
}
