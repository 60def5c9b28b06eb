using Microsoft.Data.Sqlite;

namespace Tari.Dht.Dataflow.Tests.Storage.Sqlite;

/// <summary>Looks into closed database files and spoils them.</summary>
internal static class SqliteFiles
{
    /// <summary>Executes statements, which are literals of the tests, and leaves no log.</summary>
    public static void Execute(string path, string sql)
    {
        using SqliteConnection connection = Open(path);
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are literals of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        command.ExecuteNonQuery();
    }

    /// <summary>The first column of all rows, as text; NULL as "NULL".</summary>
    public static List<string> Query(string path, string sql)
    {
        using SqliteConnection connection = Open(path);
        using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are literals of the tests.
        command.CommandText = sql;
#pragma warning restore CA2100
        using SqliteDataReader reader = command.ExecuteReader();
        var values = new List<string>();
        while (reader.Read())
        {
            values.Add(reader.IsDBNull(0) ? "NULL" : reader.GetString(0));
        }

        return values;
    }

    /// <summary>An open connection of someone else.</summary>
    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    /// <summary>Copies a database with its log, as a crash at this moment would leave them.</summary>
    public static void Copy(string from, string to)
    {
        File.Copy(from, to, overwrite: true);
        File.Delete(to + "-wal");
        if (File.Exists(from + "-wal"))
        {
            File.Copy(from + "-wal", to + "-wal");
        }
    }
}
