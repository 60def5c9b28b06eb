using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

/// <summary>Merging of random lists, beside the same rules written down plainly.</summary>
public sealed class AddressMergeModelTests
{
    private const int Rounds = 4_000;

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 1, 3 })]
    public void Merge_is_what_the_rules_say_for_random_lists(int seed)
    {
        var random = new Random(seed);
        int newer = 0;
        int older = 0;
        for (int round = 0; round < Rounds; round++)
        {
            PeerIdentityClaim[] claims =
            [
                .. Enumerable.Range(0, 3).Select(_ => Claim(1_700_000_000 + random.Next(3), random.Next(2), Address(random.Next(8)))),
            ];
            MultiaddressesWithStats stored = RandomList(random, claims);
            MultiaddressesWithStats incoming = RandomList(random, claims);
            DateTimeOffset now = Now.AddSeconds(random.Next(-5, 900));

            List<ModelEntry> expected = Merge([.. stored.Select(ModelEntry.Of)], [.. incoming.Select(ModelEntry.Of)], now, out int age);
            newer += age > 0 ? 1 : 0;
            older += age < 0 ? 1 : 0;
            MultiaddressesWithStats merged = stored.Merge(incoming, now);

            Assert.That(merged.Select(ModelEntry.Of), Is.EqualTo(expected), $"seed {seed}, round {round}");
        }

        // Each case of the rules came up often.
        Assert.That(newer, Is.InRange(Rounds / 10, Rounds / 2));
        Assert.That(older, Is.InRange(Rounds / 10, Rounds / 2));
    }

    private static MultiaddressesWithStats RandomList(Random random, PeerIdentityClaim[] claims)
    {
        // Few addresses make duplicates and common addresses likely, many make the cut likely.
        int addresses = random.Next(2) == 0 ? 6 : 40;
        ImmutableArray<MultiaddrWithStats> entries =
            [.. Enumerable.Range(0, random.Next(14)).Select(_ => RandomEntry(random, claims, addresses))];
        return MultiaddressesWithStats.FromEntries(entries);
    }

    private static MultiaddrWithStats RandomEntry(Random random, PeerIdentityClaim[] claims, int addresses)
    {
        PeerIdentityClaim claim = claims[random.Next(claims.Length)];
        PeerAddressSource source = random.Next(4) switch
        {
            0 => PeerAddressSource.Config,
            1 => PeerAddressSource.FromPeerConnection(claim),
            _ => PeerAddressSource.FromDiscovery(claim),
        };
        var untried = new MultiaddrWithStats(Address(random.Next(addresses)), source);
        return random.Next(3) == 0
            ? untried
            : untried with
            {
                LastSeen = random.Next(2) == 0 ? Now.AddMilliseconds(random.Next(-900_000, 5_000)) : null,
                LastAttempted = random.Next(2) == 0 ? Now.AddMilliseconds(random.Next(-900_000, 5_000)) : null,
                ConnectionAttempts = random.Next(3) == 0 ? (uint)random.Next(4) : 0,
                LastFailedReason = random.Next(3) == 0 ? "reason " + random.Next(5) : null,
                Latency = Mean(random),
                InitialDialTime = Mean(random),
                QualityScore = random.Next(3) == 0 ? random.Next(3) * 500 : null,
            };

        static RunningMean Mean(Random random) =>
            random.Next(2) == 0 ? default : new RunningMean((UInt128)random.NextInt64(12_000_000_000), (uint)random.Next(4));
    }

    private static List<ModelEntry> Merge(List<ModelEntry> stored, List<ModelEntry> incoming, DateTimeOffset now, out int age)
    {
        (long, int)? own = Newest(stored);
        (long, int)? other = Newest(incoming);
        age = own is { } a && other is { } b ? b.CompareTo(a) : 0;
        List<ModelEntry> result;
        if (age > 0)
        {
            result = [];
            foreach (ModelEntry entry in stored.Where(entry => entry.Source.IsConfig))
            {
                int place = result.FindIndex(kept => kept.Address == entry.Address);
                if (place < 0)
                {
                    result.Add(entry);
                }
                else
                {
                    result[place] = entry;
                }
            }

            foreach (ModelEntry entry in incoming)
            {
                int place = result.FindIndex(kept => kept.Address == entry.Address);
                ModelEntry? known = stored.Find(kept => kept.Address == entry.Address);
                if (place >= 0)
                {
                    result[place] = Merge(result[place], entry, now);
                }
                else
                {
                    result.Add(known is null ? entry : Merge(known, entry, now));
                }
            }
        }
        else
        {
            result = [.. stored];
            foreach (ModelEntry entry in incoming)
            {
                int place = result.FindIndex(kept => kept.Address == entry.Address);
                if (place >= 0)
                {
                    result[place] = Merge(result[place], entry, now);
                }
                else if (age == 0)
                {
                    result.Add(entry);
                }
            }
        }

        return [.. result.OrderByDescending(entry => entry.Score ?? 0).ThenBy(entry => entry.Source.IsConfig).Take(10)];
    }

    private static (long, int)? Newest(List<ModelEntry> entries) =>
        entries.Where(entry => !entry.Source.IsConfig).Select(entry => ((long, int)?)Date(entry.Source)).Max();

    private static (long, int) Date(PeerAddressSource source) =>
        (source.Claim!.Signature.UpdatedAt, source.Claim.Signature.UpdatedAtNanoseconds);

    private static ModelEntry Merge(ModelEntry own, ModelEntry other, DateTimeOffset now)
    {
        ModelEntry merged = own;
        if (other.LastSeen is not null || other.LastAttempted is not null || other.Reason is not null
            || other.Attempts > 0 || other.Latency.Samples > 0 || other.DialTime.Samples > 0)
        {
            merged = merged with
            {
                LastSeen = Max(own.LastSeen, other.LastSeen),
                LastAttempted = Max(own.LastAttempted, other.LastAttempted),
                Attempts = Math.Max(own.Attempts, other.Attempts),
                Latency = other.Latency.Samples > own.Latency.Samples ? other.Latency : own.Latency,
                DialTime = other.DialTime.Samples > own.DialTime.Samples ? other.DialTime : own.DialTime,
                Reason = other.Reason,
            };
        }

        if (!own.Source.IsConfig && (other.Source.IsConfig || Date(other.Source).CompareTo(Date(own.Source)) > 0))
        {
            merged = merged with { Source = other.Source };
        }

        return merged with { Score = Score(merged, now) };
    }

    private static DateTimeOffset? Max(DateTimeOffset? left, DateTimeOffset? right) => Nullable.Compare(left, right) >= 0 ? left : right;

    private static int? Score(ModelEntry entry, DateTimeOffset now)
    {
        if (entry.LastSeen is null && entry.LastAttempted is null)
        {
            return null;
        }

        if (entry.Reason is not null)
        {
            return 0;
        }

        int latency = entry.Latency.Nanoseconds is { } mean ? Math.Max(0, 100 - (int)(mean / 1_000_000 / 100)) : 100;
        int freshness = entry.LastSeen is { } seen ? Math.Max(-700, 100 - (int)Math.Truncate((now - seen).TotalMilliseconds / 1000)) : -700;
        return 800 + latency + freshness;
    }

    private sealed record ModelEntry(
        Multiaddr Address,
        PeerAddressSource Source,
        DateTimeOffset? LastSeen,
        DateTimeOffset? LastAttempted,
        uint Attempts,
        string? Reason,
        RunningMean Latency,
        RunningMean DialTime,
        int? Score)
    {
        public static ModelEntry Of(MultiaddrWithStats entry) => new(
            entry.Address,
            entry.Source,
            entry.LastSeen,
            entry.LastAttempted,
            entry.ConnectionAttempts,
            entry.LastFailedReason,
            entry.Latency,
            entry.InitialDialTime,
            entry.QualityScore);

        // A source equals any other of its kind; here it has to be the same.
        public bool Equals(ModelEntry? other) =>
            other is not null
            && Address == other.Address
            && ReferenceEquals(Source, other.Source)
            && LastSeen == other.LastSeen
            && LastAttempted == other.LastAttempted
            && Attempts == other.Attempts
            && Reason == other.Reason
            && Latency == other.Latency
            && DialTime == other.DialTime
            && Score == other.Score;

        public override int GetHashCode() => Address.GetHashCode();
    }
}
