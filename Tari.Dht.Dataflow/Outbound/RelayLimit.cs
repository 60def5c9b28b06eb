namespace Tari.Dht.Dataflow.Outbound;

/// <summary>From when on a node passes on no more messages of others to a peer, which would take it for a flooder.</summary>
/// <remarks>
/// A peer does not see whose fault a flood is: it counts what comes over a connection, and bans who delivers. Own messages count here and
/// are never held back. Immutable, thread safe.
/// </remarks>
public sealed record RelayLimit
{
    /// <summary>
    /// Messages, own and passed on, that a peer may get within <see cref="TimeSpan"/> before nothing is passed on to it; zero or more.
    /// </summary>
    public required int MaxMessageCount { get; init; }

    /// <summary>The time looked back; zero or more.</summary>
    public required TimeSpan TimeSpan { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(MaxMessageCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(TimeSpan, TimeSpan.Zero);
    }
}
