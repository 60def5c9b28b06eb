using System.Buffers;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Comms.Framing;

/// <summary>How a peer's frames are read.</summary>
public sealed record FrameSourceOptions
{
    /// <summary>
    /// The largest message, in bytes. Default 8 MiB, the protocol's limit. Applied before the message's bytes are waited for.
    /// </summary>
    public int MaxMessageLength { get; init; } = FrameReader.DefaultMaxLength;

    /// <summary>
    /// Messages of this session between receipt and disposal; while there are so many, nothing is read. Default 4, as in the reference.
    /// </summary>
    public int MaxInFlight { get; init; } = 4;

    /// <summary>Where message buffers come from. Default: the shared pool.</summary>
    public ArrayPool<byte> BufferPool { get; init; } = DhtBufferPool.Shared;

    /// <summary>Where tags come from; they are no secrets. Default: the shared source.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(BufferPool);
        ArgumentNullException.ThrowIfNull(Random);
        if (MaxMessageLength is < 1 or > 1 << 30)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxMessageLength), MaxMessageLength, $"{nameof(MaxMessageLength)} has to be 1 to 2^30, not {MaxMessageLength}.");
        }

        if (MaxInFlight < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxInFlight), MaxInFlight, $"{nameof(MaxInFlight)} has to be at least 1, not {MaxInFlight}.");
        }
    }
}
