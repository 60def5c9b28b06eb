using System.Buffers;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>Reads all rows of peers once, in the order of their ids. Not thread safe.</summary>
/// <remarks>
/// What many peers have in common becomes one object: agents, reasons, lists of protocols; within a peer, claims and addresses.
/// </remarks>
internal sealed class SqlitePeerReader : IDisposable
{
    private static readonly LoadCache<string>.Factory s_readText = PeerBlobs.TryReadText;
    private static readonly LoadCache<ImmutableArray<ProtocolId>>.Factory s_readProtocols = PeerBlobs.TryReadProtocols;

    private readonly SqliteStatement _peers;
    private readonly SqliteStatement _addresses;
    private readonly LoadCache<string> _texts = new();
    private readonly LoadCache<ImmutableArray<ProtocolId>> _protocols = new();
    private readonly List<MultiaddrWithStats> _entries = [];

    /// <summary>The sources met at the present peer, each with the place of its claim in <see cref="_claimBytes"/>.</summary>
    private readonly List<(PeerAddressSource Source, Range Claim)> _sources = [];

    private readonly ArrayBufferWriter<byte> _claimBytes = new(1024);
    private bool _hasAddress;
    private bool _addressesEnded;
    private long _addressPeer;

    /// <param name="database">A verified database of <see cref="SqlitePeerStore.Schema"/>; stays the caller's.</param>
    public SqlitePeerReader(SqliteDatabase database)
    {
        _peers = database.Prepare(
            """
            SELECT id, public_key, node_id, features, flags, banned_until, banned_reason, protocols, added_at, user_agent, metadata,
                deleted_at
            FROM peers ORDER BY id
            """);
        _addresses = database.Prepare(
            """
            SELECT peer, address, source, source_peer, claim, last_seen, last_attempted, attempts, failure, dial_time, dial_times, latency,
                latencies, score
            FROM addresses ORDER BY peer, position
            """);
    }

    /// <summary>Rows of peers and addresses that were left out.</summary>
    public int Skipped { get; private set; }

    /// <summary>The next peer whose row makes sense.</summary>
    /// <returns>Null at the end.</returns>
    public Peer? Next()
    {
        while (_peers.Step())
        {
            long id = _peers.Integer(0);
            if (ReadPeer(id) is { } peer)
            {
                return peer;
            }

            ReadAddresses(id, keeps: false);
            Skipped++;
        }

        // What is left belongs to nobody.
        ReadAddresses(long.MaxValue, keeps: false);
        return null;
    }

    public void Dispose()
    {
        _peers.Dispose();
        _addresses.Dispose();
    }

    private static bool TryReadTime(SqliteStatement row, int column, out DateTimeOffset? time)
    {
        time = null;
        long ticks = row.Integer(column);
        if (ticks == 0 && row.IsNull(column))
        {
            return true;
        }

        if (ticks < -DateTime.UnixEpoch.Ticks || ticks > DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks)
        {
            return false;
        }

        time = new DateTimeOffset(ticks + DateTime.UnixEpoch.Ticks, TimeSpan.Zero);
        return true;
    }

    /// <summary>A ban beyond the end of all times has no end, rather than losing the row and with it the ban.</summary>
    private static bool TryReadBan(SqliteStatement row, int column, out DateTimeOffset? until)
    {
        if (row.Integer(column) > DateTime.MaxValue.Ticks - DateTime.UnixEpoch.Ticks)
        {
            until = PeerTimes.Forever;
            return true;
        }

        return TryReadTime(row, column, out until);
    }

    private static bool TryReadCount(SqliteStatement row, int column, out uint count)
    {
        long number = row.Integer(column);
        count = (uint)number;
        return count == number;
    }

    private static bool TryReadMean(SqliteStatement row, int column, out RunningMean mean)
    {
        mean = default;
        long milliseconds = row.Integer(column);
        if (milliseconds < 0 || !TryReadCount(row, column + 1, out uint samples))
        {
            return false;
        }

        UInt128? nanoseconds = milliseconds == 0 && row.IsNull(column) ? null : (UInt128)(ulong)milliseconds * 1_000_000;
        mean = new RunningMean(nanoseconds, samples);
        return true;
    }

    private Peer? ReadPeer(long id)
    {
        ReadOnlySpan<byte> key = _peers.Blob(1);
        if (id is <= 0 or > IPeerStore.MaxId || key.Length != CommsPublicKey.Length)
        {
            return null;
        }

        var publicKey = new CommsPublicKey(key);
        ReadOnlySpan<byte> nodeIdBytes = _peers.Blob(2);
        if (nodeIdBytes.Length != NodeId.Length)
        {
            return null;
        }

        var nodeId = new NodeId(nodeIdBytes);
        long flags = _peers.Integer(4);
        long featureBits = _peers.Integer(3);
        if (featureBits is < 0 or > uint.MaxValue
            || !PeerFeaturesExtensions.TryFromBits((uint)featureBits, out PeerFeatures features)
            || flags is < 0 or > (long)PeerFlags.Seed
            || !TryReadBan(_peers, 5, out DateTimeOffset? bannedUntil)
            || !TryReadText(_peers, 6, out string bannedReason)
            || !TryReadProtocols(out ImmutableArray<ProtocolId> protocols)
            || !TryReadTime(_peers, 8, out DateTimeOffset? addedAt)
            || !TryReadText(_peers, 9, out string userAgent)
            || !PeerBlobs.TryReadMetadata(_peers.Blob(10), out ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> metadata)
            || !TryReadTime(_peers, 11, out DateTimeOffset? deletedAt))
        {
            return null;
        }

        return new Peer(publicKey, features)
        {
            Id = id,
            NodeId = nodeId,
            Flags = (PeerFlags)flags,
            Addresses = ReadAddresses(id, keeps: true),
            BannedUntil = bannedUntil,
            BannedReason = bannedReason,
            SupportedProtocols = protocols,
            AddedAt = addedAt,
            UserAgent = userAgent,
            OwnMetadata = metadata,
            DeletedAt = deletedAt,
        };
    }

    /// <summary>Reads the addresses of a peer, and passes those of peers before it that do not exist.</summary>
    private MultiaddressesWithStats ReadAddresses(long id, bool keeps)
    {
        _entries.Clear();
        _sources.Clear();
        _claimBytes.ResetWrittenCount();
        while (_hasAddress || StepAddress())
        {
            if (_addressPeer > id)
            {
                break;
            }

            _hasAddress = false;
            if (keeps && _addressPeer == id && ReadAddress() is { } entry)
            {
                _entries.Add(entry);
            }
            else
            {
                Skipped++;
            }
        }

        return _entries.Count == 0
            ? MultiaddressesWithStats.Empty
            : MultiaddressesWithStats.FromEntries(ImmutableCollectionsMarshal.AsImmutableArray(_entries.ToArray()));
    }

    private bool StepAddress()
    {
        // A statement that has ended would start again.
        _hasAddress = !_addressesEnded && _addresses.Step();
        _addressesEnded = !_hasAddress;
        _addressPeer = _hasAddress ? _addresses.Integer(0) : 0;
        return _hasAddress;
    }

    private MultiaddrWithStats? ReadAddress()
    {
        ReadOnlySpan<byte> bytes = _addresses.Blob(1);
        if (bytes.IsEmpty
            || ReadSource() is not { } source
            || !TryReadTime(_addresses, 5, out DateTimeOffset? lastSeen)
            || !TryReadTime(_addresses, 6, out DateTimeOffset? lastAttempted)
            || !TryReadCount(_addresses, 7, out uint attempts)
            || !TryReadText(_addresses, 8, out string failure)
            || !TryReadMean(_addresses, 9, out RunningMean dialTime)
            || !TryReadMean(_addresses, 11, out RunningMean latency)
            || !TryReadAddress(bytes, source.Claim, out Multiaddr address))
        {
            return null;
        }

        long score = _addresses.Integer(13);
        if (score != (int)score)
        {
            return null;
        }

        return new MultiaddrWithStats(address, source)
        {
            LastSeen = lastSeen,
            LastAttempted = lastAttempted,
            ConnectionAttempts = attempts,
            LastFailedReason = failure.Length == 0 && _addresses.IsNull(8) ? null : failure,
            InitialDialTime = dialTime,
            Latency = latency,
            QualityScore = score == 0 && _addresses.IsNull(13) ? null : (int)score,
        };
    }

    /// <summary>The claim's own address serves if it is the same.</summary>
    private static bool TryReadAddress(ReadOnlySpan<byte> bytes, PeerIdentityClaim? claim, out Multiaddr address)
    {
        if (claim is not null)
        {
            foreach (Multiaddr claimed in claim.Addresses)
            {
                if (claimed.Bytes.SequenceEqual(bytes))
                {
                    address = claimed;
                    return true;
                }
            }
        }

        return Multiaddr.TryFromBytes(bytes, out address) == MultiaddrError.None && !address.IsEmpty;
    }

    private PeerAddressSource? ReadSource()
    {
        long number = _addresses.Integer(2);
        if (number is < 0 or > (long)PeerAddressSourceKind.FromJoinMessage)
        {
            return null;
        }

        var kind = (PeerAddressSourceKind)number;
        ReadOnlySpan<byte> bytes = _addresses.Blob(4);
        ReadOnlySpan<byte> sourceBytes = _addresses.Blob(3);
        bool isFromAnother = kind == PeerAddressSourceKind.FromAnotherPeer;
        if (sourceBytes.Length != (isFromAnother ? CommsPublicKey.Length : 0))
        {
            return null;
        }

        if (kind == PeerAddressSourceKind.Config)
        {
            return bytes.IsEmpty ? PeerAddressSource.Config : null;
        }

        CommsPublicKey? sourcePeer = isFromAnother ? new CommsPublicKey(sourceBytes) : null;
        PeerIdentityClaim? claim = null;
        foreach ((PeerAddressSource source, Range place) in _sources)
        {
            if (bytes.SequenceEqual(_claimBytes.WrittenSpan[place]))
            {
                if (source.Kind == kind && source.SourcePeer == sourcePeer)
                {
                    return source;
                }

                claim = source.Claim;
            }
        }

        if (claim is null && !PeerBlobs.TryReadClaim(bytes, out claim))
        {
            return null;
        }

        PeerAddressSource made = kind switch
        {
            PeerAddressSourceKind.FromNodeIdentity => PeerAddressSource.FromNodeIdentity(claim!),
            PeerAddressSourceKind.FromPeerConnection => PeerAddressSource.FromPeerConnection(claim!),
            PeerAddressSourceKind.FromDiscovery => PeerAddressSource.FromDiscovery(claim!),
            PeerAddressSourceKind.FromAnotherPeer => PeerAddressSource.FromAnotherPeer(claim!, sourcePeer!.Value),
            _ => PeerAddressSource.FromJoinMessage(claim!),
        };
        int start = _claimBytes.WrittenCount;
        _claimBytes.Write(bytes);
        _sources.Add((made, start.._claimBytes.WrittenCount));
        return made;
    }

    private bool TryReadText(SqliteStatement row, int column, out string text)
    {
        ReadOnlySpan<byte> bytes = row.Blob(column);
        if (bytes.IsEmpty)
        {
            text = "";
            return true;
        }

        return _texts.TryGet(bytes, s_readText, out text);
    }

    private bool TryReadProtocols(out ImmutableArray<ProtocolId> protocols)
    {
        ReadOnlySpan<byte> bytes = _peers.Blob(7);
        if (bytes.IsEmpty)
        {
            protocols = [];
            return true;
        }

        return _protocols.TryGet(bytes, s_readProtocols, out protocols);
    }
}
