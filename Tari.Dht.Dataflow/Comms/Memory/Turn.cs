namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A step of a network in one process. Steps happen one after another.</summary>
/// <param name="Target">Who takes it.</param>
/// <param name="Kind">What the target is to do; its own numbers.</param>
/// <param name="State">With what.</param>
/// <param name="Number">With which number.</param>
internal readonly record struct Turn(ITurnTarget Target, int Kind, object? State = null, long Number = 0);
