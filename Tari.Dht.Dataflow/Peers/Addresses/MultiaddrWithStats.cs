using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>An address of a peer and what dialling it brought.</summary>
/// <remarks>
/// <para>Immutable: what changes an entry answers another one. Equality and hash are those of the address. Thread safe.</para>
/// <para>
/// The score is computed when something changes, and then stands: it does not decay by itself. Times are in UTC. Values set by an
/// initializer are kept as they are, the score among them; <see cref="Rescore"/> brings it up to date.
/// </para>
/// </remarks>
public sealed record MultiaddrWithStats
{
    private readonly CompactTime _lastSeen;
    private readonly CompactTime _lastAttempted;

    // Not readonly: set once more on a copy that nobody has seen yet, which saves a second copy per change.
    private int? _qualityScore;

    /// <summary>An address that was never tried.</summary>
    /// <param name="address">The address.</param>
    /// <param name="source">Where it came from.</param>
    public MultiaddrWithStats(Multiaddr address, PeerAddressSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Address = address;
        Source = source;
    }

    // What two entries of one address know together; the score is still to be computed.
    private MultiaddrWithStats(MultiaddrWithStats own, MultiaddrWithStats other)
    {
        Address = own.Address;
        Source = Better(own.Source, other.Source);
        _lastSeen = CompactTime.Latest(own._lastSeen, other._lastSeen);
        _lastAttempted = CompactTime.Latest(own._lastAttempted, other._lastAttempted);
        ConnectionAttempts = Math.Max(own.ConnectionAttempts, other.ConnectionAttempts);
        LastFailedReason = other.LastFailedReason;
        InitialDialTime = own.InitialDialTime.Merge(other.InitialDialTime);
        Latency = own.Latency.Merge(other.Latency);
    }

    /// <summary>The address; the entry's identity.</summary>
    public Multiaddr Address { get; }

    /// <summary>Where it came from.</summary>
    public PeerAddressSource Source
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    }

    /// <summary>The last success.</summary>
    public DateTimeOffset? LastSeen
    {
        get => _lastSeen.Value;
        init => _lastSeen = new CompactTime(value);
    }

    /// <summary>The last dial, whatever came of it.</summary>
    public DateTimeOffset? LastAttempted
    {
        get => _lastAttempted.Value;
        init => _lastAttempted = new CompactTime(value);
    }

    /// <summary>Failures since the last success.</summary>
    public uint ConnectionAttempts { get; init; }

    /// <summary>Why the last dial failed, which may be an empty text; null when it did not.</summary>
    public string? LastFailedReason { get; init; }

    /// <summary>The mean time of a dial.</summary>
    public RunningMean InitialDialTime { get; init; }

    /// <summary>The mean latency.</summary>
    public RunningMean Latency { get; init; }

    /// <summary>The score as of the last change; null when the address was never tried.</summary>
    public int? QualityScore
    {
        get => _qualityScore;
        init => _qualityScore = value;
    }

    /// <summary>Whether the last dial failed.</summary>
    public bool HasFailed => LastFailedReason is not null;

    /// <summary>When the address was found unreachable: its last dial, if that failed; null otherwise, also without a last dial.</summary>
    public DateTimeOffset? OfflineAt => OfflineAtCompact.Value;

    /// <summary>Whether anything is known from dialling; a mean or a score alone does not count.</summary>
    public bool HasDialResults =>
        _lastSeen.HasValue
        || _lastAttempted.HasValue
        || LastFailedReason is not null
        || ConnectionAttempts > 0
        || Latency.Samples > 0
        || InitialDialTime.Samples > 0;

    internal CompactTime LastSeenCompact => _lastSeen;

    internal CompactTime LastAttemptedCompact => _lastAttempted;

    internal CompactTime OfflineAtCompact => LastFailedReason is null ? default : _lastAttempted;

    /// <summary>The entry after a success: seen now, no failure, no attempts.</summary>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats MarkSeen(DateTimeOffset now) =>
        (this with { LastSeen = now, LastFailedReason = null, ConnectionAttempts = 0 }).Scored(now);

    /// <summary>The entry after a dial, whatever came of it.</summary>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats MarkAttempted(DateTimeOffset now) => (this with { LastAttempted = now }).Scored(now);

    /// <summary>The entry after a failure. Does not set <see cref="LastAttempted"/>, without which, and unseen, it has no score.</summary>
    /// <param name="reason">Why it failed.</param>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats MarkFailed(string reason, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(reason);
        uint attempts = ConnectionAttempts == uint.MaxValue ? uint.MaxValue : ConnectionAttempts + 1;
        return (this with { ConnectionAttempts = attempts, LastFailedReason = reason }).Scored(now);
    }

    /// <summary>The entry without attempts and failure. The score stays: one that failed keeps 0 until the next change.</summary>
    public MultiaddrWithStats ResetConnectionAttempts() =>
        ConnectionAttempts == 0 && LastFailedReason is null ? this : this with { ConnectionAttempts = 0, LastFailedReason = null };

    /// <summary>The entry with one more sample of its latency: seen now, no failure; the attempts stay.</summary>
    /// <param name="latency">The sample, not negative.</param>
    /// <param name="now">The clock of this node.</param>
    /// <exception cref="ArgumentOutOfRangeException">The latency is negative.</exception>
    public MultiaddrWithStats UpdateLatency(TimeSpan latency, DateTimeOffset now) => UpdateLatency(RunningMean.ToNanoseconds(latency), now);

    /// <summary>The entry with one more sample of its latency: seen now, no failure; the attempts stay.</summary>
    /// <param name="nanoseconds">The sample in nanoseconds.</param>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats UpdateLatency(UInt128 nanoseconds, DateTimeOffset now) =>
        (this with { LastSeen = now, LastFailedReason = null, Latency = Latency.Add(nanoseconds) }).Scored(now);

    /// <summary>The entry with one more sample of its dial time: seen now, no failure; the attempts stay.</summary>
    /// <param name="dialTime">The sample, not negative.</param>
    /// <param name="now">The clock of this node.</param>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public MultiaddrWithStats UpdateInitialDialTime(TimeSpan dialTime, DateTimeOffset now) =>
        UpdateInitialDialTime(RunningMean.ToNanoseconds(dialTime), now);

    /// <summary>The entry with one more sample of its dial time: seen now, no failure; the attempts stay.</summary>
    /// <param name="nanoseconds">The sample in nanoseconds.</param>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats UpdateInitialDialTime(UInt128 nanoseconds, DateTimeOffset now) =>
        (this with { LastSeen = now, LastFailedReason = null, InitialDialTime = InitialDialTime.Add(nanoseconds) }).Scored(now);

    /// <summary>The entry with the better one of two sources.</summary>
    /// <param name="source">
    /// The other source. The configuration replaces a claim and stays for good; a claim replaces one that is strictly older, to the
    /// fraction of the second.
    /// </param>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats UpdateSource(PeerAddressSource source, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(source);
        PeerAddressSource better = Better(Source, source);
        return (ReferenceEquals(better, Source) ? this : this with { Source = better }).Rescore(now);
    }

    /// <summary>The entry with what another one knows of the same address; itself if the address differs.</summary>
    /// <param name="other">
    /// The other entry. Without dial results it changes no statistics, so that an announcement never clears a failure. With some, the last
    /// failure is its own, also when there is none; times and attempts are the greater ones, so that attempts never fall here; a mean is
    /// replaced by one of more samples. The source is the better one, as in <see cref="UpdateSource"/>.
    /// </param>
    /// <param name="now">The clock of this node; the score is as of now.</param>
    public MultiaddrWithStats Merge(MultiaddrWithStats other, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Address != other.Address)
        {
            return this;
        }

        if (!other.HasDialResults)
        {
            return UpdateSource(other.Source, now);
        }

        return new MultiaddrWithStats(this, other).Scored(now);
    }

    /// <summary>The entry with the score it has now; itself when that is the one it has.</summary>
    /// <param name="now">The clock of this node.</param>
    public MultiaddrWithStats Rescore(DateTimeOffset now)
    {
        int? score = Score(now);
        return score == _qualityScore ? this : this with { QualityScore = score };
    }

    /// <summary>Whether <see cref="Rescore"/> would change nothing now and at no later time.</summary>
    internal bool IsSettled(DateTimeOffset now) => AddressScore.IsSettled(_lastSeen, HasFailed, now) && Score(now) == _qualityScore;

    /// <inheritdoc/>
    public bool Equals(MultiaddrWithStats? other) => other is not null && Address == other.Address;

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();

    /// <summary>The text of the address.</summary>
    public override string ToString() => Address.ToString();

    private static PeerAddressSource Better(PeerAddressSource own, PeerAddressSource other)
    {
        if (own.Claim is not { } ownClaim)
        {
            return own;
        }

        return other.Claim is not { } otherClaim || IdentitySignature.CompareDates(otherClaim.Signature, ownClaim.Signature) > 0
            ? other
            : own;
    }

    private int? Score(DateTimeOffset now) =>
        AddressScore.Compute(_lastSeen, _lastAttempted.HasValue, LastFailedReason is not null, Latency, now);

    // Only on a fresh copy.
    private MultiaddrWithStats Scored(DateTimeOffset now)
    {
        _qualityScore = Score(now);
        return this;
    }
}
