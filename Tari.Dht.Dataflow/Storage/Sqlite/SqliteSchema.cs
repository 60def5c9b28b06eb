namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>What a kind of database file holds and how it is recognised.</summary>
/// <param name="Kind">Names it in messages, with its article.</param>
/// <param name="ApplicationId">Stored in the file's header; no other kind has it.</param>
/// <param name="Version">Stored in the file's header; a file with a higher one is refused.</param>
/// <param name="Name">The one table's name.</param>
/// <param name="CreateTable">The statement that makes the table; a file must hold exactly this one.</param>
internal sealed record SqliteSchema(string Kind, int ApplicationId, int Version, string Name, string CreateTable);
