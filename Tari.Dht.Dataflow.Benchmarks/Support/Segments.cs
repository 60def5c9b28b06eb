using System.Buffers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Cuts bytes into segments, as a pipe yields them.</summary>
internal static class Segments
{
    /// <summary>A sequence over copies of the bytes.</summary>
    /// <param name="bytes">At least one.</param>
    /// <param name="segmentLength">Bytes of each segment but the last.</param>
    public static ReadOnlySequence<byte> Of(byte[] bytes, int segmentLength)
    {
        var first = new Segment(bytes[..Math.Min(segmentLength, bytes.Length)]);
        Segment last = first;
        for (int i = segmentLength; i < bytes.Length; i += segmentLength)
        {
            last = last.Append(bytes[i..Math.Min(i + segmentLength, bytes.Length)]);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes) => Memory = bytes;

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
