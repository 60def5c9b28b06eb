using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>What a kind of database file holds, how it came about version by version, and how it is recognised.</summary>
/// <remarks>
/// A new file goes through all steps, so that a file of a version holds the same objects however old it is. What these are is not written
/// down anywhere: <see cref="ObjectsAt"/> takes the steps on an empty database in memory.
/// </remarks>
internal sealed class SqliteSchema
{
    private readonly ImmutableArray<string> _steps;

    /// <param name="kind">Names it in messages, with its article.</param>
    /// <param name="applicationId">Stored in the file's header; no other kind has it.</param>
    /// <param name="steps">
    /// The first makes version 1 in an empty file, each next one makes a version out of the one before; statements end with semicolons.
    /// </param>
    public SqliteSchema(string kind, int applicationId, params ReadOnlySpan<string> steps)
    {
        ArgumentOutOfRangeException.ThrowIfZero(steps.Length, nameof(steps));
        Kind = kind;
        ApplicationId = applicationId;
        _steps = [.. steps];
    }

    /// <summary>Names it in messages, with its article.</summary>
    public string Kind { get; }

    /// <summary>Stored in the file's header; no other kind has it.</summary>
    public int ApplicationId { get; }

    /// <summary>The version that is written; stored in the file's header. A file with a higher one is refused.</summary>
    public int Version => _steps.Length;

    /// <summary>The statements that make a version out of the one before.</summary>
    /// <param name="version">From 1.</param>
    public string StepTo(int version) => _steps[version - 1];

    /// <summary>All objects that a file of a version holds, by name; no file of it may hold others.</summary>
    /// <param name="version">From 1 to <see cref="Version"/>.</param>
    public SortedDictionary<string, SqliteObject> ObjectsAt(int version)
    {
        using SqliteDatabase model = SqliteDatabase.InMemory(Kind);
        model.TakeSteps(this, 0, version);
        return model.Objects();
    }
}
