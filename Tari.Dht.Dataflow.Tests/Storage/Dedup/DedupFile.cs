using Microsoft.Data.Sqlite;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

/// <summary>Looks into a closed cache file.</summary>
internal static class DedupFile
{
    public static List<MemoryDedupStore.Row> ReadRows(string path)
    {
        using SqliteConnection connection = SqliteFiles.Open(path);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText =
            "SELECT slot, key, sender, hits, stored_at, last_hit_at, keep_until, is_signed FROM dedup_cache ORDER BY slot";
        using SqliteDataReader reader = command.ExecuteReader();
        var rows = new List<MemoryDedupStore.Row>();
        while (reader.Read())
        {
            rows.Add(new MemoryDedupStore.Row(
                reader.GetInt32(0),
                reader.GetFieldValue<byte[]>(1),
                new CommsPublicKey(reader.GetFieldValue<byte[]>(2)),
                checked((uint)reader.GetInt64(3)),
                reader.GetInt64(4),
                reader.GetInt64(5),
                reader.GetInt64(6),
                reader.GetInt64(7) == 1));
        }

        return rows;
    }
}
