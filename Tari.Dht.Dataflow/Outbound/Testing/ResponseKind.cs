namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>How a mock answers a request.</summary>
public enum ResponseKind
{
    /// <summary>One message, sent at once.</summary>
    Queued,

    /// <summary>One message, whose peer can't be dialled.</summary>
    QueuedFail,

    /// <summary>One message, sent after a delay, which holds up the requests behind it.</summary>
    QueuedSuccessDelay,

    /// <summary>The request fails, and is not recorded.</summary>
    Failed,

    /// <summary>As <see cref="Failed"/>: a mock discovers nobody.</summary>
    PendingDiscovery,
}
