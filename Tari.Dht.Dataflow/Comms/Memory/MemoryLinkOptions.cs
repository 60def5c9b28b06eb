namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>How messages travel from one node to another.</summary>
/// <remarks>
/// Without anything set a message takes no time and none is lost. Connections are ordered streams, so that a late message keeps those
/// behind it back; <see cref="Loss"/>, <see cref="Reordering"/> and <see cref="Duplication"/> go beyond what a stream does, to try the
/// layers above.
/// </remarks>
public sealed record MemoryLinkOptions
{
    /// <summary>The time that each message takes. Default 0.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>The longest further time, of which each message takes a uniform share. Default 0.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>Bytes a second; null (the default) for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>The share of messages that vanish, 0 to 1; their sender does not hear of it. Default 0.</summary>
    public double Loss { get; init; }

    /// <summary>
    /// The share of messages, 0 to 1, that are overtaken: they take <see cref="ReorderingDelay"/> longer and keep nobody back. Default 0.
    /// </summary>
    public double Reordering { get; init; }

    /// <summary>How much longer an overtaken message takes at most. Default 100 ms.</summary>
    public TimeSpan ReorderingDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The share of messages that arrive twice, 0 to 1. Default 0.</summary>
    public double Duplication { get; init; }

    /// <summary>Messages that wait to be sent over one connection; a further one fails. Default 256.</summary>
    public int QueueLength { get; init; } = 256;

    /// <summary>
    /// Messages that one connection has on the way, or waiting for the receiver; then the others wait at the sender. So it is for the
    /// responses of a call. Default 256.
    /// </summary>
    public int Window { get; init; } = 256;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Latency, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(Jitter, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(ReorderingDelay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(BytesPerSecond ?? 1, 1, nameof(BytesPerSecond));
        ArgumentOutOfRangeException.ThrowIfLessThan(QueueLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(Window, 1);
        CheckShare(Loss, nameof(Loss));
        CheckShare(Reordering, nameof(Reordering));
        CheckShare(Duplication, nameof(Duplication));

        static void CheckShare(double share, string name)
        {
            if (!(share >= 0 && share <= 1))
            {
                throw new ArgumentOutOfRangeException(name, share, $"{name} has to be 0 to 1.");
            }
        }
    }
}
