using System.Buffers;

namespace Tari.Dht.Dataflow.Tests.Protocol;

/// <summary>Cuts bytes into sequences.</summary>
internal static class SequenceFactory
{
    /// <summary>A segment for each byte.</summary>
    public static ReadOnlySequence<byte> OneBytePerSegment(ReadOnlyMemory<byte> data)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, null);
        Segment last = first;
        for (int i = 0; i < data.Length; i++)
        {
            last = new Segment(data.Slice(i, 1), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    /// <summary>Segments of random lengths up to <paramref name="longest"/>, many of them empty.</summary>
    public static ReadOnlySequence<byte> RandomSegments(ReadOnlyMemory<byte> data, Random random, int longest)
    {
        var first = new Segment(ReadOnlyMemory<byte>.Empty, null);
        Segment last = first;
        while (!data.IsEmpty)
        {
            int length = random.Next(3) == 0 ? 0 : Math.Min(data.Length, random.Next(1, longest + 1));
            last = new Segment(data[..length], last);
            data = data[length..];
        }

        last = new Segment(ReadOnlyMemory<byte>.Empty, last);
        return new ReadOnlySequence<byte>(first, 0, last, 0);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
