using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Comms.Framing;

/// <summary>How messages to a peer are written.</summary>
public sealed record FrameSinkOptions
{
    /// <summary>The largest message, in bytes. Default 8 MiB, the protocol's limit. A larger one fails alone.</summary>
    public int MaxMessageLength { get; init; } = FrameReader.DefaultMaxLength;

    /// <summary>Messages that wait to be written. Default 64.</summary>
    public int BoundedCapacity { get; init; } = 64;

    /// <summary>Bytes that are written before they are flushed while more messages wait. Default 64 KiB.</summary>
    public int FlushThreshold { get; init; } = 64 * 1024;

    /// <summary>Where the sink runs. Default: the thread pool's scheduler.</summary>
    public TaskScheduler TaskScheduler { get; init; } = TaskScheduler.Default;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(TaskScheduler);
        Check(MaxMessageLength is >= 1 and <= 1 << 30, nameof(MaxMessageLength), MaxMessageLength, "1 to 2^30");
        Check(BoundedCapacity >= 1, nameof(BoundedCapacity), BoundedCapacity, "at least 1");
        Check(FlushThreshold >= 1, nameof(FlushThreshold), FlushThreshold, "at least 1");

        static void Check(bool holds, string option, int value, string rule)
        {
            if (!holds)
            {
                throw new ArgumentOutOfRangeException(option, value, $"{option} has to be {rule}, not {value}.");
            }
        }
    }
}
