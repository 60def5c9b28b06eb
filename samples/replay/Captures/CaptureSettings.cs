namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>What a capture has to be replayed under.</summary>
/// <param name="Node">The receiving node: a name among the file's identities.</param>
/// <param name="AllowedOccurrences">How often one message may be received and still pass.</param>
/// <param name="Occurrence">The how-manieth receipt of the message this is, 1 for the first.</param>
internal readonly record struct CaptureSettings(string Node, int AllowedOccurrences, uint Occurrence);
