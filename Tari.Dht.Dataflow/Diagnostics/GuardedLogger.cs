using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>A logger that does not throw: a log that can't be written must not cost a message or a buffer.</summary>
/// <remarks>The first failure goes to the process's trace. Thread safe if the inner logger is.</remarks>
internal sealed class GuardedLogger : ILogger
{
    private readonly ILogger _inner;
    private int _reported;

    private GuardedLogger(ILogger inner) => _inner = inner;

    public static ILogger Of(ILogger logger) => logger as GuardedLogger ?? new GuardedLogger(logger);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        try
        {
            return _inner.BeginScope(state);
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, "A logger", error);
            return null;
        }
    }

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return _inner.IsEnabled(logLevel);
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, "A logger", error);
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        try
        {
            _inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception error)
        {
            LastResort.Report(ref _reported, "A logger", error);
        }
    }
}
