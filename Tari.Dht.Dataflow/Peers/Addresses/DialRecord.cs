using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>What a dial leaves behind in the list of the peer's addresses.</summary>
/// <remarks>
/// A value; the default is <see cref="Cancelled"/>. An inbound connection is no dial: it never marks an address as seen, because nobody
/// reached it.
/// </remarks>
public readonly record struct DialRecord
{
    private readonly Outcome _outcome;
    private readonly TimeSpan _dialTime;
    private readonly TimeSpan _latency;
    private readonly string? _reason;

    private DialRecord(Outcome outcome, TimeSpan dialTime, TimeSpan latency, string? reason)
    {
        _outcome = outcome;
        _dialTime = dialTime;
        _latency = latency;
        _reason = reason;
    }

    private enum Outcome : byte
    {
        Cancelled,
        Completed,
        Failed,
    }

    /// <summary>A dial that was given up by this node, which says nothing about the address.</summary>
    public static DialRecord Cancelled => default;

    /// <summary>A dial that brought a connection, up to the exchange of identities.</summary>
    /// <param name="dialTime">The time until the socket was open, not negative.</param>
    /// <param name="latency">The time of the noise upgrade, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative.</exception>
    public static DialRecord Completed(TimeSpan dialTime, TimeSpan latency)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dialTime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(latency, TimeSpan.Zero);
        return new DialRecord(Outcome.Completed, dialTime, latency, null);
    }

    /// <summary>A dial, or the upgrade after it, that failed.</summary>
    /// <param name="reason">The text of the error.</param>
    public static DialRecord Failed(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return new DialRecord(Outcome.Failed, default, default, reason);
    }

    /// <summary>The list with the record of a dial.</summary>
    /// <param name="addresses">The peer's addresses.</param>
    /// <param name="dialled">The address that was dialled.</param>
    /// <param name="now">The clock of this node.</param>
    /// <returns>The changed list, sorted and cut; the same list after a cancelled dial, and when the address is not in it.</returns>
    public MultiaddressesWithStats ApplyTo(MultiaddressesWithStats addresses, in Multiaddr dialled, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        MultiaddressesWithStats updated = addresses;
        switch (_outcome)
        {
            case Outcome.Completed:
                // Three changes and not one: each sorts, and equal scores on the way decide where the address ends up.
                if (updated.TryMarkSeen(dialled, now, out updated))
                {
                    updated.TryUpdateInitialDialTime(dialled, _dialTime, now, out updated);
                    updated.TryUpdateLatency(dialled, _latency, now, out updated);
                }

                break;
            case Outcome.Failed:
                updated.TryMarkFailed(dialled, _reason!, now, out updated);
                break;
        }

        return updated;
    }
}
