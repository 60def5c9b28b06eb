namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>A table or an index of a database, as the database describes it.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Table">The table that it is or belongs to.</param>
/// <param name="Sql">The statement that made it; empty for what SQLite makes itself.</param>
internal readonly record struct SqliteObject(string Type, string Table, string Sql);
