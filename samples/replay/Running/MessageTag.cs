namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>The tag that leads from a message back to its case.</summary>
internal static class MessageTag
{
    /// <param name="capture">The case's index.</param>
    /// <param name="repetition">The repetition, from 0.</param>
    public static ulong Create(int capture, int repetition) => ((ulong)(uint)capture << 32) | (uint)repetition;

    /// <summary>The case's index.</summary>
    public static int CaptureOf(ulong tag) => (int)(tag >> 32);
}
