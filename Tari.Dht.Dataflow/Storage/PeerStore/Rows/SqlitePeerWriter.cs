using System.Buffers;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>Writes rows of peers. Not thread safe.</summary>
internal sealed class SqlitePeerWriter : IDisposable
{
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _owner;
    private readonly SqliteStatement _peer;
    private readonly SqliteStatement _address;
    private readonly SqliteStatement _cutAddresses;
    private readonly SqliteStatement _delete;
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly ArrayBufferWriter<byte> _claimBytes = new(512);

    /// <summary>The claim that <see cref="_claimBytes"/> holds.</summary>
    private PeerIdentityClaim? _claim;

    /// <summary>No row above this one is in the file.</summary>
    private long _lastId;

    /// <param name="database">A verified database of <see cref="SqlitePeerStore.Schema"/>; stays the caller's.</param>
    public SqlitePeerWriter(SqliteDatabase database)
    {
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _owner = database.Prepare("REPLACE INTO owner VALUES (1, ?1, ?2, ?3)");
        _peer = database.Prepare("REPLACE INTO peers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
        _address = database.Prepare("REPLACE INTO addresses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
        _cutAddresses = database.Prepare("DELETE FROM addresses WHERE peer = ?1 AND position >= ?2");
        _delete = database.Prepare("DELETE FROM peers WHERE id = ?1");
        using SqliteStatement last = database.Prepare(
            "SELECT max(coalesce((SELECT max(id) FROM peers), 0), coalesce((SELECT max(peer) FROM addresses), 0))");
        _lastId = last.Step() ? last.Integer(0) : 0;
    }

    public void Begin() => _begin.Run();

    public void Commit() => _commit.Run();

    public void SaveOwner(in PeerStoreOwner owner)
    {
        _owner.Bind(1, owner.PublicKey.Bytes);
        _owner.Bind(2, owner.NodeId.Bytes);
        _owner.Bind(3, (long)owner.Features);
        _owner.Run();
    }

    public void Save(Peer peer)
    {
        long id = peer.Id;
        _peer.Bind(1, id);
        _peer.Bind(2, peer.PublicKey.Bytes);
        _peer.Bind(3, peer.NodeId.Bytes);
        _peer.Bind(4, (long)peer.Features);
        _peer.Bind(5, (long)peer.Flags);
        _peer.Bind(6, Ticks(peer.BannedUntil));
        BindTextOrNull(_peer, 7, peer.BannedReason);
        _buffer.ResetWrittenCount();
        if (!peer.SupportedProtocols.IsDefault)
        {
            PeerBlobs.WriteProtocols(_buffer, peer.SupportedProtocols);
        }

        BindBufferOrNull(_peer, 8);
        _peer.Bind(9, Ticks(peer.AddedAt));
        BindTextOrNull(_peer, 10, peer.UserAgent);
        _buffer.ResetWrittenCount();
        if (!peer.Metadata.IsEmpty)
        {
            PeerBlobs.WriteMetadata(_buffer, peer.Metadata);
        }

        BindBufferOrNull(_peer, 11);
        _peer.Bind(12, Ticks(peer.DeletedAt));
        _peer.Run();

        long position = 0;
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty)
            {
                SaveAddress(id, position++, entry);
            }
        }

        if (id > _lastId)
        {
            _lastId = id;
        }
        else
        {
            CutAddresses(id, position);
        }
    }

    public void Delete(long id)
    {
        CutAddresses(id, 0);
        _delete.Bind(1, id);
        _delete.Run();
    }

    public void Dispose()
    {
        _begin.Dispose();
        _commit.Dispose();
        _owner.Dispose();
        _peer.Dispose();
        _address.Dispose();
        _cutAddresses.Dispose();
        _delete.Dispose();
    }

    private static long? Ticks(DateTimeOffset? time) => time is { } value ? value.UtcTicks - DateTime.UnixEpoch.Ticks : null;

    private static void BindTextOrNull(SqliteStatement statement, int parameter, string text)
    {
        if (text.Length == 0)
        {
            statement.BindNull(parameter);
        }
        else
        {
            statement.BindText(parameter, text);
        }
    }

    private static void BindMean(SqliteStatement statement, int parameter, RunningMean mean)
    {
        if (mean.Nanoseconds is { } nanoseconds)
        {
            UInt128 milliseconds = nanoseconds / 1_000_000;
            statement.Bind(parameter, milliseconds > long.MaxValue ? long.MaxValue : (long)milliseconds);
        }
        else
        {
            statement.BindNull(parameter);
        }

        statement.Bind(parameter + 1, mean.Samples);
    }

    private void BindBufferOrNull(SqliteStatement statement, int parameter)
    {
        if (_buffer.WrittenCount == 0)
        {
            statement.BindNull(parameter);
        }
        else
        {
            statement.Bind(parameter, _buffer.WrittenSpan);
        }
    }

    private void SaveAddress(long id, long position, MultiaddrWithStats entry)
    {
        _address.Bind(1, id);
        _address.Bind(2, position);
        _address.Bind(3, entry.Address.Bytes);
        _address.Bind(4, (long)entry.Source.Kind);
        if (entry.Source.SourcePeer is { } sourcePeer)
        {
            _address.Bind(5, sourcePeer.Bytes);
        }
        else
        {
            _address.BindNull(5);
        }

        if (entry.Source.Claim is { } claim)
        {
            _address.Bind(6, Encode(claim));
        }
        else
        {
            _address.BindNull(6);
        }

        _address.Bind(7, Ticks(entry.LastSeen));
        _address.Bind(8, Ticks(entry.LastAttempted));
        _address.Bind(9, entry.ConnectionAttempts);
        if (entry.LastFailedReason is { } reason)
        {
            _address.BindText(10, reason);
        }
        else
        {
            _address.BindNull(10);
        }

        BindMean(_address, 11, entry.InitialDialTime);
        BindMean(_address, 13, entry.Latency);
        _address.Bind(15, entry.QualityScore);
        _address.Run();
    }

    private ReadOnlySpan<byte> Encode(PeerIdentityClaim claim)
    {
        if (!ReferenceEquals(claim, _claim))
        {
            _claim = null;
            _claimBytes.ResetWrittenCount();
            PeerBlobs.WriteClaim(_claimBytes, claim);
            _claim = claim;
        }

        return _claimBytes.WrittenSpan;
    }

    private void CutAddresses(long id, long position)
    {
        _cutAddresses.Bind(1, id);
        _cutAddresses.Bind(2, position);
        _cutAddresses.Run();
    }
}
