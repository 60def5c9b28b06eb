using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>What this node knows of a peer.</summary>
/// <remarks>
/// Immutable: what changes a peer answers another one, which the store does not know before it is saved. Equality and hash are those of the
/// public key. Times are in UTC. Thread safe; one object serves all messages of the peer.
/// </remarks>
public sealed record Peer
{
    private readonly long _id;
    private readonly CompactTime _bannedUntil;
    private readonly CompactTime _addedAt;
    private readonly CompactTime _deletedAt;

    /// <summary>Describes a peer by its key.</summary>
    /// <param name="publicKey">The peer's public key, which determines its node id.</param>
    /// <param name="features">What the peer offers.</param>
    public Peer(CommsPublicKey publicKey, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        PublicKey = publicKey;
        NodeId = NodeId.FromPublicKey(publicKey);
        Features = features;
    }

    /// <summary>Whether the record comes from a store.</summary>
    public bool HasId => _id > 0;

    /// <summary>The row in the store, above 0.</summary>
    /// <exception cref="InvalidOperationException">The record does not come from a store.</exception>
    public long Id
    {
        get => HasId ? _id : throw new InvalidOperationException("The peer was not stored yet, so it has no row.");
        init => _id = value;
    }

    /// <summary>The peer's public key.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The peer's place in the network; follows from the key unless it is given.</summary>
    public NodeId NodeId { get; init; }

    /// <summary>What the peer offers.</summary>
    public PeerFeatures Features { get; init; }

    /// <summary>What this node notes about the peer.</summary>
    public PeerFlags Flags { get; init; }

    /// <summary>Its addresses. As read from a store they are not sorted, and never none: the empty address stands for that.</summary>
    public MultiaddressesWithStats Addresses
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = MultiaddressesWithStats.Empty;

    /// <summary>The end of the ban, also of one that has ended; null when there was none.</summary>
    public DateTimeOffset? BannedUntil
    {
        get => _bannedUntil.Value;
        init => _bannedUntil = new CompactTime(value);
    }

    /// <summary>Why the peer is, or was, banned; empty for no reason.</summary>
    public string BannedReason
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = "";

    /// <summary>The protocols that the peer last said it speaks; a hint.</summary>
    public ImmutableArray<ProtocolId> SupportedProtocols
    {
        get;
        init => field = value.IsDefault ? [] : value;
    } = [];

    /// <summary>When the record was made; null before it is stored, when the store's clock is to say.</summary>
    public DateTimeOffset? AddedAt
    {
        get => _addedAt.Value;
        init => _addedAt = new CompactTime(value);
    }

    /// <summary>What the peer says it runs.</summary>
    public string UserAgent
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = "";

    /// <summary>Notes of the application, by number. An initializer copies their bytes.</summary>
    public ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> Metadata
    {
        get => OwnMetadata;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            OwnMetadata = Copy(value);
        }
    }

    /// <summary>When the record was deleted, which keeps it for a while; null when it was not.</summary>
    public DateTimeOffset? DeletedAt
    {
        get => _deletedAt.Value;
        init => _deletedAt = new CompactTime(value);
    }

    /// <summary>Whether the peer is a seed.</summary>
    public bool IsSeed => (Flags & PeerFlags.Seed) != 0;

    /// <summary>Whether the record was deleted, which keeps it for a while.</summary>
    public bool IsDeleted => _deletedAt.HasValue;

    /// <summary>Whether no address can be reached: the last dial of each failed. False without addresses.</summary>
    public bool IsOffline => OfflineAt is not null;

    /// <summary>When the first of its addresses was found unreachable, if all were; null otherwise.</summary>
    public DateTimeOffset? OfflineAt => Addresses.OfflineAt;

    /// <summary>The last success on any address; null when there was none.</summary>
    public DateTimeOffset? LastSeen => Addresses.LastSeen;

    /// <summary>The last dial of any address; null when there was none.</summary>
    public DateTimeOffset? LastConnectAttempt => Addresses.LastAttempted;

    /// <summary>Whether the last dial of every address failed; true without addresses.</summary>
    public bool AllAddressesFailed => Addresses.AllFailed;

    /// <summary>
    /// The address that was dialled last, the last one of those dialled at the same time; when none ever was, the last address. Null
    /// without addresses.
    /// </summary>
    public Multiaddr? LastAddressUsed
    {
        get
        {
            MultiaddrWithStats? last = null;
            foreach (MultiaddrWithStats entry in Addresses)
            {
                if (last is null || !last.LastAttemptedCompact.IsLaterThan(entry.LastAttemptedCompact))
                {
                    last = entry;
                }
            }

            return last?.Address;
        }
    }

    internal CompactTime BannedUntilCompact => _bannedUntil;

    /// <summary><see cref="Metadata"/> for those who initialize it with bytes that nobody else has; not copied.</summary>
    internal ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> OwnMetadata { get; init; } =
        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty;

    /// <summary>Whether the peer is banned: the end of its ban is yet to come.</summary>
    /// <param name="now">The clock of this node.</param>
    public bool IsBanned(DateTimeOffset now) => _bannedUntil.HasValue && _bannedUntil.UtcTicks > now.UtcTicks;

    /// <summary>The end of a ban that is yet to come; null when the peer is not banned.</summary>
    /// <param name="now">The clock of this node.</param>
    public DateTimeOffset? BannedUntilIfActive(DateTimeOffset now) => IsBanned(now) ? BannedUntil : null;

    /// <summary>The whole seconds since <see cref="OfflineAt"/>, 0 when that is ahead; null when the peer is not offline.</summary>
    /// <param name="now">The clock of this node.</param>
    public TimeSpan? OfflineSince(DateTimeOffset now) =>
        OfflineAt is { } offlineAt ? TimeSpan.FromSeconds(Math.Max(0, (now - offlineAt).Ticks / TimeSpan.TicksPerSecond)) : null;

    /// <summary>The time since <see cref="LastSeen"/>; null when there was no success, or it is ahead.</summary>
    /// <param name="now">The clock of this node.</param>
    public TimeSpan? LastSeenSince(DateTimeOffset now) => LastSeen is { } seen && seen <= now ? now - seen : null;

    /// <summary>The peer with a ban, in the place of any other.</summary>
    /// <param name="duration">How long from now, not negative; one that leads too far ends at the latest time there is.</param>
    /// <param name="reason">Why; kept as it is.</param>
    /// <param name="now">The clock of this node.</param>
    /// <remarks>Here a ban may shorten one. A ban in the store never does, limits its end, and cleans its reason.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    public Peer BanFor(TimeSpan duration, string reason, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return this with { BannedUntil = PeerTimes.After(now, duration), BannedReason = reason };
    }

    /// <summary>The peer with no ban and no reason for one.</summary>
    public Peer Unban() => this with { BannedUntil = null, BannedReason = "" };

    /// <summary>This record of a peer with another merged into it, as when a known peer is saved.</summary>
    /// <param name="incoming">The record to save, of the same node id.</param>
    /// <param name="now">The clock of this node; scores of merged addresses are as of now.</param>
    /// <returns>
    /// Addresses as <see cref="MultiaddressesWithStats.Merge"/> has it; the later end of a ban and the earlier time of making; the reason
    /// of the ban, the protocols and the user agent that come in, unless they are empty; the features, flags and metadata that come in,
    /// always: whoever saves an older copy puts these back. The row, the key, the node id and the time of deletion stay.
    /// </returns>
    /// <exception cref="ArgumentException">The other record has another node id.</exception>
    public Peer Merge(Peer incoming, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(incoming);
        if (NodeId != incoming.NodeId)
        {
            throw new ArgumentException("Records of two peers can't be merged.", nameof(incoming));
        }

        return this with
        {
            Addresses = Addresses.Merge(incoming.Addresses, now),
            BannedReason = incoming.BannedReason.Length > 0 ? incoming.BannedReason : BannedReason,
            BannedUntil = CompactTime.Latest(_bannedUntil, incoming._bannedUntil).Value,
            AddedAt = CompactTime.Earliest(_addedAt, incoming._addedAt).Value,
            SupportedProtocols = incoming.SupportedProtocols.IsEmpty ? SupportedProtocols : incoming.SupportedProtocols,
            UserAgent = incoming.UserAgent.Length > 0 ? incoming.UserAgent : UserAgent,
            OwnMetadata = incoming.OwnMetadata,
            Features = incoming.Features,
            Flags = incoming.Flags,
        };
    }

    /// <summary>The peer with addresses of one source merged into its own.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="source">Where all of them came from.</param>
    /// <param name="now">The clock of this node.</param>
    public Peer UpdateAddresses(ReadOnlySpan<Multiaddr> addresses, PeerAddressSource source, DateTimeOffset now) =>
        this with { Addresses = Addresses.AddOrUpdate(addresses, source, now) };

    /// <summary>The peer with other features.</summary>
    /// <param name="features">What the peer offers.</param>
    public Peer WithFeatures(PeerFeatures features) => this with { Features = features };

    /// <summary>The peer with more flags; those it has stay.</summary>
    /// <param name="flags">The flags to add.</param>
    public Peer WithFlags(PeerFlags flags) => this with { Flags = Flags | flags };

    /// <summary>The peer with a note in the place of the one of the same number.</summary>
    /// <param name="key">The number.</param>
    /// <param name="data">The note, which may be empty; copied.</param>
    /// <param name="previous">The note that was there; null when there was none.</param>
    public Peer WithMetadata(byte key, ReadOnlySpan<byte> data, out ReadOnlyMemory<byte>? previous)
    {
        // Not `? found : null`: null would become an empty memory there.
        previous = null;
        if (Metadata.TryGetValue(key, out ReadOnlyMemory<byte> found))
        {
            previous = found;
        }

        return this with { OwnMetadata = OwnMetadata.SetItem(key, data.ToArray()) };
    }

    /// <inheritdoc/>
    public bool Equals(Peer? other) => other is not null && PublicKey == other.PublicKey;

    /// <inheritdoc/>
    public override int GetHashCode() => PublicKey.GetHashCode();

    /// <summary>The key in hexadecimal digits, two colons, and the addresses joined by a comma and a space.</summary>
    public string ToShortString() => $"{PublicKey}::{Addresses}";

    /// <summary>A line that describes the peer as of the system's clock, with times in UTC.</summary>
    public override string ToString() => Describe(DateTimeOffset.UtcNow, TimeZoneInfo.Utc);

    /// <summary>A line that describes the peer as of a clock, with times in the clock's local time.</summary>
    /// <param name="timeProvider">The clock.</param>
    public string ToString(TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        return Describe(timeProvider.GetUtcNow(), timeProvider.LocalTimeZone);
    }

    // The caller may still change the arrays behind the notes, and may have sorted them by an order of its own.
    private static ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> Copy(
        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> metadata)
    {
        if (metadata.IsEmpty)
        {
            return ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty;
        }

        var copy = ImmutableSortedDictionary.CreateBuilder<byte, ReadOnlyMemory<byte>>();
        foreach ((byte key, ReadOnlyMemory<byte> data) in metadata)
        {
            copy[key] = data.ToArray();
        }

        return copy.ToImmutable();
    }

    private string Describe(DateTimeOffset now, TimeZoneInfo zone)
    {
        var text = new StringBuilder();
        text.Append(Flags switch
        {
            PeerFlags.None => "",
            PeerFlags.Seed => "PeerFlags(SEED)",
            _ => string.Create(CultureInfo.InvariantCulture, $"PeerFlags(0x{(byte)Flags:x})"),
        });
        text.Append('[').Append(NodeId.ToShortString()).Append("] PK=").Append(PublicKey.ToString()).Append(" (");
        text.Append(PeerText.Sanitize(Addresses.ToString(), int.MaxValue)).Append(") - ");
        AppendStatus(text, now, zone);
        text.Append(". Type: ").Append(Features switch
        {
            PeerFeatures.CommunicationNode => "BASE_NODE",
            PeerFeatures.CommunicationClient => "WALLET",
            _ => $"PeerFeatures({Features.ToText()})",
        });
        text.Append(". User agent: ").Append(UserAgent.Length == 0 ? "<unknown>" : PeerText.Sanitize(UserAgent)).Append('.');
        return text.ToString();
    }

    private void AppendStatus(StringBuilder text, DateTimeOffset now, TimeZoneInfo zone)
    {
        string separator = "";
        if (OfflineAt is { } offlineAt)
        {
            text.Append("Offline since: ").Append(Local(offlineAt));
            separator = ". ";
        }

        if (BannedUntilIfActive(now) is not { } bannedUntil)
        {
            return;
        }

        text.Append(separator);
        text.Append(PeerTimes.IsPermanent(bannedUntil) ? "Banned permanently" : "Banned until: " + Local(bannedUntil));
        if (BannedReason.Length > 0)
        {
            text.Append(". Reason: ").Append(PeerText.Sanitize(BannedReason));
        }

        string Local(DateTimeOffset time) =>
            TimeZoneInfo.ConvertTime(time, zone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
    }
}
