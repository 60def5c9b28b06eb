namespace Tari.Dht.Dataflow.Events;

/// <summary>An event, and what was lost before it.</summary>
/// <typeparam name="T">The events.</typeparam>
/// <param name="Event">The event.</param>
/// <param name="Missed">Events lost between the one read before and this one, because the reader was slow.</param>
public readonly record struct ReceivedEvent<T>(T Event, long Missed)
    where T : class;
