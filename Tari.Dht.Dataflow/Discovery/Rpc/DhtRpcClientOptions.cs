using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>How long an <see cref="IDhtRpcClient"/> waits. The defaults are the reference's.</summary>
public sealed record DhtRpcClientOptions
{
    /// <summary>How long a session may take to open, above zero. Default 90 s.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>
    /// How long the peer is told that each response may take, in whole seconds: from 1 s on, below which peers refuse; they take no more
    /// than 600 s. Default 120 s.
    /// </summary>
    public TimeSpan RequestDeadline { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>How much longer than the deadline this node waits for each response; may be zero. Default 60 s.</summary>
    public TimeSpan RequestGrace { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The defaults.</summary>
    internal static DhtRpcClientOptions Default { get; } = new();

    /// <summary>How long this node waits for a response when nobody says otherwise.</summary>
    internal TimeSpan LongestWait => RequestDeadline + RequestGrace;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range or above 49 days; the message names it.</exception>
    public void Validate()
    {
        TimerLimit.ThrowUnlessWithin(HandshakeTimeout, TimeSpan.FromTicks(1), nameof(HandshakeTimeout));
        TimerLimit.ThrowUnlessWithin(RequestDeadline, TimeSpan.FromSeconds(1), nameof(RequestDeadline));
        TimerLimit.ThrowUnlessWithin(RequestGrace, TimeSpan.Zero, nameof(RequestGrace));
    }
}
