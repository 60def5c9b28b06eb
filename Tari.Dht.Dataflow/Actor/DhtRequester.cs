using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>Asks things of the DHT of a node.</summary>
/// <remarks>
/// Thread safe. After the end of the DHT every member but <see cref="BanPeer"/> and <see cref="Report"/> fails with
/// <see cref="DhtActorError.ChannelDisconnected"/>; what is under way then fails with <see cref="DhtActorError.ReplyCanceled"/>.
/// </remarks>
public sealed class DhtRequester : IOffenceReporter
{
    private readonly DhtActor _actor;
    private readonly DhtActorServices _services;

    internal DhtRequester(DhtActor actor, DhtActorServices services)
    {
        _actor = actor;
        _services = services;
    }

    /// <summary>Tells connected nodes, and through them the network, where this node is.</summary>
    /// <param name="cancellationToken">Ends the waiting; the join may still go out.</param>
    /// <returns>Ends when the messages were generated.</returns>
    /// <exception cref="DhtActorException">
    /// <see cref="DhtActorError.FailedToBroadcastJoinMessage"/>: nobody gets it, for example because no node is connected;
    /// <see cref="DhtActorError.AllPeerAddressesAreExcluded"/>.
    /// </exception>
    public Task SendJoinAsync(CancellationToken cancellationToken = default) => _actor.JoinAsync(cancellationToken);

    /// <summary>Selects the recipients of a message.</summary>
    /// <param name="strategy">How to select.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The peers; empty when there is nobody or the selection failed, which the log tells.</returns>
    /// <exception cref="DhtActorException">The DHT has ended.</exception>
    public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken = default)
    {
        _actor.ThrowIfStopped();
        return _services.Selector.SelectPeersAsync(strategy, cancellationToken);
    }

    /// <summary>Records a message in the duplicate cache and counts it.</summary>
    /// <param name="key">The message's key, 0 to 32 bytes.</param>
    /// <param name="receivedFrom">Who delivered it.</param>
    /// <param name="expires">When it expires, in seconds since 1970, if it does.</param>
    /// <param name="isSigned">Whether it is signed; only then is its expiry trusted.</param>
    /// <returns>How often it was recorded, this time included; 2^32 − 1 when the cache can't tell.</returns>
    /// <exception cref="DhtActorException">The DHT has ended.</exception>
    public uint AddMessageToDedupCache(ReadOnlySpan<byte> key, in CommsPublicKey receivedFrom, ulong? expires, bool isSigned)
    {
        _actor.ThrowIfStopped();
        return _services.DedupCache.RecordHit(key, receivedFrom, expires, isSigned);
    }

    /// <summary>How often a message was recorded in the duplicate cache; 0 if it is not there.</summary>
    /// <param name="key">The message's key, 0 to 32 bytes.</param>
    /// <exception cref="DhtActorException">The DHT has ended.</exception>
    public uint GetMessageCacheHitCount(ReadOnlySpan<byte> key)
    {
        _actor.ThrowIfStopped();
        return _services.DedupCache.GetHitCount(key);
    }

    /// <summary>Reads a value that was kept.</summary>
    /// <typeparam name="T">Its type: <see cref="DateTimeOffset"/> for every key there is.</typeparam>
    /// <param name="key">Which.</param>
    /// <returns>The value; null when there is none.</returns>
    /// <exception cref="DhtActorException">
    /// <see cref="DhtActorError.StoredValueFailedToDeserialize"/>: what is stored is no such value; the DHT has ended.
    /// </exception>
    public Task<T?> GetMetadataAsync<T>(DhtMetadataKey key)
        where T : struct
    {
        string name = DhtMetadataCodec.NameOf(key);
        try
        {
            _actor.ThrowIfStopped();
            if (_services.Metadata.Get(name) is not { } bytes)
            {
                return Task.FromResult<T?>(null);
            }

            return DhtMetadataCodec.TryDecode(bytes.Span, out T value)
                ? Task.FromResult<T?>(value)
                : Task.FromException<T?>(new DhtActorException(
                    DhtActorError.StoredValueFailedToDeserialize, $"What is stored as {name} is no {typeof(T).Name}."));
        }
        catch (DhtActorException error)
        {
            return Task.FromException<T?>(error);
        }
    }

    /// <summary>Keeps a value from one run to the next, in the place of the one before.</summary>
    /// <typeparam name="T">Its type: <see cref="DateTimeOffset"/> for every key there is.</typeparam>
    /// <param name="key">Which.</param>
    /// <param name="value">The value.</param>
    /// <returns>Ends when it is written.</returns>
    /// <exception cref="DhtActorException">
    /// <see cref="DhtActorError.FailedToSerializeValue"/>: no value of this type can be kept; <see cref="DhtActorError.StorageError"/>: it
    /// could not be written, which will be tried again; the DHT has ended.
    /// </exception>
    public async Task SetMetadataAsync<T>(DhtMetadataKey key, T value)
        where T : struct
    {
        _actor.ThrowIfStopped();
        try
        {
            await StoreAsync(key, value);
        }
        catch (DhtStorageException error)
        {
            throw new DhtActorException(DhtActorError.StorageError, error.Message, error);
        }
    }

    /// <summary>Connects to a peer, which is looked for in the network if it is unknown or not where it was.</summary>
    /// <param name="publicKey">The peer.</param>
    /// <param name="cancellationToken">Ends the waiting; a dial or a discovery that has begun may go on.</param>
    /// <returns>A weak handle, which the caller disposes.</returns>
    /// <exception cref="DhtActorException">
    /// <see cref="DhtActorError.DiscoveryError"/> or <see cref="DhtActorError.ConnectivityError"/>, with the reason as inner exception;
    /// <see cref="DhtActorError.AllPeerAddressesAreExcluded"/>.
    /// </exception>
    public Task<PeerConnectionHandle> DialOrDiscoverPeerAsync(CommsPublicKey publicKey, CancellationToken cancellationToken = default) =>
        _actor.DialOrDiscoverAsync(publicKey, cancellationToken);

    /// <summary>
    /// Has a peer banned, unless it is on connectivity's allow list. Never waits; bans are carried out in order, and what fails is logged.
    /// Nothing happens after the end of the DHT.
    /// </summary>
    /// <param name="peer">Whom; any 32 bytes, also of a peer that is not known.</param>
    /// <param name="severity">How bad it was; decides how long.</param>
    /// <param name="reason">What it was; for people.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such severity.</exception>
    public void BanPeer(in CommsPublicKey peer, OffenceSeverity severity, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        if (!Enum.IsDefined(severity))
        {
            throw new ArgumentOutOfRangeException(nameof(severity), severity, "There is no such severity.");
        }

        _actor.Ban(peer, severity, reason);
    }

    /// <inheritdoc/>
    /// <remarks>A severity that there is not costs a short ban.</remarks>
    public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason) =>
        _actor.Ban(peer, Enum.IsDefined(severity) ? severity : OffenceSeverity.Low, reason ?? "");

    /// <summary><see cref="SetMetadataAsync"/>, also at the end of the DHT.</summary>
    internal Task StoreAsync<T>(DhtMetadataKey key, T value)
        where T : struct =>
        DhtMetadataCodec.TryEncode(value, out byte[]? bytes)
            ? _services.Metadata.SetAsync(DhtMetadataCodec.NameOf(key), bytes)
            : throw new DhtActorException(DhtActorError.FailedToSerializeValue, $"A {typeof(T).Name} cannot be kept.");
}
