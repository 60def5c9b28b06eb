namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>What a run took.</summary>
/// <param name="Messages">Messages that went in.</param>
/// <param name="Bytes">Bytes of their envelopes.</param>
/// <param name="Workers">Batches decrypted at the same time.</param>
/// <param name="Wall">Time by the clock on the wall.</param>
/// <param name="Processor">Processor time of the process, all threads together.</param>
/// <param name="Allocated">Bytes allocated on the managed heap.</param>
/// <param name="Collections">Garbage collections of generation 0, 1 and 2.</param>
/// <param name="Queues">How full the queues were.</param>
internal sealed record RunFigures(
    long Messages,
    long Bytes,
    int Workers,
    TimeSpan Wall,
    TimeSpan Processor,
    long Allocated,
    (int Gen0, int Gen1, int Gen2) Collections,
    QueueDepths Queues);
