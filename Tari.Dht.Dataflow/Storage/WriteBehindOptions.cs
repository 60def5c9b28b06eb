namespace Tari.Dht.Dataflow.Storage;

/// <summary>When and where <see cref="WriteBehind"/> writes.</summary>
/// <param name="FlushInterval">The longest time that a change waits; also the time between attempts after a failure.</param>
/// <param name="FlushBatch">Changes that are written without waiting for the interval.</param>
/// <param name="TimeProvider">The source of time and timers.</param>
/// <param name="TaskScheduler">Runs the writing.</param>
internal sealed record WriteBehindOptions(TimeSpan FlushInterval, int FlushBatch, TimeProvider TimeProvider, TaskScheduler TaskScheduler);
