using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>Access to the counts of messages received, per peer and in all.</summary>
/// <remarks>Thread safe. Every frame counts, including those that are dropped later.</remarks>
public sealed class MetricsCollectorHandle
{
    private readonly MetricsCollector _collector;
    private readonly FloodOptions _options;

    /// <summary>Starts counting.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="options">The limits that flood protection needs.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of its range.</exception>
    public MetricsCollectorHandle(TimeProvider timeProvider, FloodOptions options)
    {
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _collector = new MetricsCollector(timeProvider, options.MaxMessageCount + 1, options.StaleAge);
    }

    /// <summary>Counts a message of <paramref name="peer"/>. Does not wait.</summary>
    /// <param name="peer">The directly connected peer.</param>
    public void WriteMetricMessageReceived(in NodeId peer) => _collector.Record(peer);

    /// <summary>Forgets a peer's samples, as on its disconnect.</summary>
    /// <param name="peer">The peer.</param>
    public void ClearMetrics(in NodeId peer) => _collector.Clear(peer);

    /// <summary>Forgets the samples of every other peer.</summary>
    /// <param name="peers">Whom to keep.</param>
    public void RetainOnly(IReadOnlySet<NodeId> peers)
    {
        ArgumentNullException.ThrowIfNull(peers);
        _collector.RetainOnly(peers);
    }

    /// <summary>The newest times at which a message of <paramref name="peer"/> came, oldest first.</summary>
    /// <param name="peer">The peer.</param>
    /// <returns>A copy, by the wall clock as it is set now; empty for an unknown peer.</returns>
    public IReadOnlyList<DateTimeOffset> GetMessagesReceivedTimeSeries(in NodeId peer) => _collector.GetTimeSeries(peer);

    /// <summary>
    /// The peers with more than <paramref name="count"/> messages in the last <paramref name="span"/>, whose start belongs to it.
    /// </summary>
    /// <param name="count">The limit.</param>
    /// <param name="span">The time looked back.</param>
    public IReadOnlyList<(NodeId Peer, int Count)> GetMessageRatesExceeding(int count, TimeSpan span) =>
        _collector.GetRatesExceeding(count, span);

    /// <summary>Whether a peer has sent more than the options allow, by now. Takes no longer for a peer that sends much.</summary>
    /// <param name="peer">The directly connected peer.</param>
    public bool IsFlooding(in NodeId peer) => _collector.Exceeds(peer, _options.MaxMessageCount, _options.TimeSpan);

    /// <summary>Messages of all peers in the last <paramref name="span"/>; 100 000 at most.</summary>
    /// <param name="span">The time looked back.</param>
    public int GetTotalMessageCountInTimeSpan(TimeSpan span) => _collector.GetTotal(span);
}
