using System.Globalization;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Running;

namespace Tari.Dht.Dataflow.Samples.Replay.Judging;

/// <summary>
/// Learns of the end of every replayed message, matches it to its case by its tag, and remembers what is not as expected.
/// </summary>
/// <remarks>Told by many threads at once; read when the run is over, but for <see cref="Settled"/>.</remarks>
internal sealed class Judge : IDiscardObserver
{
    private readonly IReadOnlyList<Capture> _captures;
    private readonly int _repeat;

    /// <summary>How many messages of each case have ended.</summary>
    private readonly int[] _ends;

    /// <summary>The first difference of each case.</summary>
    private readonly Difference?[] _differences;

    private readonly long[] _discards = new long[OutcomeNames.Count];
    private long _delivered;
    private long _settled;

    /// <param name="captures">The cases, by index.</param>
    /// <param name="repeat">How many messages of each are to be expected.</param>
    public Judge(IReadOnlyList<Capture> captures, int repeat)
    {
        _captures = captures;
        _repeat = repeat;
        _ends = new int[captures.Count];
        _differences = new Difference?[captures.Count];
    }

    /// <summary>Messages to be expected.</summary>
    public long Total => (long)_captures.Count * _repeat;

    /// <summary>Messages that have ended.</summary>
    public long Settled => Volatile.Read(ref _settled);

    /// <summary>The cases that did not end as expected, each with the first thing that was different.</summary>
    public IReadOnlyList<(Capture Capture, Difference Difference)> Differences
    {
        get
        {
            var differences = new List<(Capture, Difference)>();
            foreach (Capture capture in _captures)
            {
                if (_differences[capture.Index] is { } difference)
                {
                    differences.Add((capture, difference));
                }
                else if (_ends[capture.Index] != _repeat)
                {
                    differences.Add((capture, new Difference("messages", Number(_repeat), Number(_ends[capture.Index]))));
                }
            }

            return differences;
        }
    }

    /// <summary>How many messages ended in each way, and how many should have; those that pass come last.</summary>
    public IEnumerable<(Outcome Outcome, long Actual, long Expected)> Tally
    {
        get
        {
            var actual = new Dictionary<Outcome, long>();
            for (int i = 0; i < _discards.Length; i++)
            {
                if (_discards[i] > 0)
                {
                    Outcome outcome = OutcomeNames.At(i);
                    actual[outcome] = actual.GetValueOrDefault(outcome) + _discards[i];
                }
            }

            if (_delivered > 0)
            {
                actual[Outcome.Passed] = _delivered;
            }

            Dictionary<Outcome, long> expected = _captures
                .GroupBy(static capture => capture.Expected.Outcome)
                .ToDictionary(static group => group.Key, group => (long)group.Count() * _repeat);
            return actual.Keys.Union(expected.Keys)
                .OrderBy(static outcome => outcome.Position)
                .ThenBy(static outcome => outcome.Error, StringComparer.Ordinal)
                .Select(outcome => (outcome, actual.GetValueOrDefault(outcome), expected.GetValueOrDefault(outcome)));
        }
    }

    /// <summary>A message came out.</summary>
    /// <param name="message">The message; borrowed.</param>
    public void OnDelivered(DecryptedDhtMessage message)
    {
        Capture capture = _captures[MessageTag.CaptureOf(message.Tag)];
        Interlocked.Increment(ref _delivered);
        Difference? difference = capture.Expected.Delivery is { } expected
            ? DeliveryCheck.Compare(expected, message)
            : new Difference("outcome", capture.Expected.Outcome.ToString(), Outcome.Passed.ToString());
        Settle(capture, difference);
    }

    /// <inheritdoc/>
    public void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer)
    {
        Capture capture = _captures[MessageTag.CaptureOf(tag)];
        int index = OutcomeNames.IndexOf(stage, reason);
        Interlocked.Increment(ref _discards[index]);
        Outcome expected = capture.Expected.Outcome;
        Outcome actual = OutcomeNames.At(index);
        Settle(capture, actual == expected ? null : new Difference("outcome", expected.ToString(), actual.ToString()));
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private void Settle(Capture capture, Difference? difference)
    {
        if (difference is null && capture.Expected.Bans)
        {
            difference = new Difference("bans", "a ban", "none");
        }

        if (difference is not null)
        {
            Interlocked.CompareExchange(ref _differences[capture.Index], difference, null);
        }

        Interlocked.Increment(ref _ends[capture.Index]);
        Interlocked.Increment(ref _settled);
    }
}
