using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Keeps what was logged.</summary>
/// <param name="least">What is less is not kept.</param>
internal sealed class LogRecorder(LogLevel least = LogLevel.Trace) : ILogger
{
    private readonly Lock _gate = new();
    private readonly List<(LogLevel Level, int Id, string Text)> _entries = [];

    /// <summary>A copy of the entries so far.</summary>
    public IReadOnlyList<(LogLevel Level, int Id, string Text)> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries];
            }
        }
    }

    /// <summary>How many entries have this id.</summary>
    public int Count(int id) => Entries.Count(entry => entry.Id == id);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        lock (_gate)
        {
            _entries.Add((logLevel, eventId.Id, formatter(state, exception)));
        }
    }
}
