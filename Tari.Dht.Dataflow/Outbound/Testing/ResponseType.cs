namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>An answer of a mock.</summary>
public readonly record struct ResponseType
{
    private ResponseType(ResponseKind kind, TimeSpan delay)
    {
        Kind = kind;
        Delay = delay;
    }

    /// <summary>One message, sent at once; the default value.</summary>
    public static ResponseType Queued => default;

    /// <summary>One message, whose peer can't be dialled.</summary>
    public static ResponseType QueuedFail => new(ResponseKind.QueuedFail, default);

    /// <summary>The request fails, and is not recorded.</summary>
    public static ResponseType Failed => new(ResponseKind.Failed, default);

    /// <summary>As <see cref="Failed"/>: a mock discovers nobody.</summary>
    public static ResponseType PendingDiscovery => new(ResponseKind.PendingDiscovery, default);

    /// <summary>The answer's kind.</summary>
    public ResponseKind Kind { get; }

    /// <summary>How long the verdict takes; zero but for <see cref="ResponseKind.QueuedSuccessDelay"/>.</summary>
    public TimeSpan Delay { get; }

    /// <summary>One message, sent after a delay, which holds up the requests behind it.</summary>
    /// <param name="delay">Zero or more.</param>
    public static ResponseType QueuedSuccessDelay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        return new ResponseType(ResponseKind.QueuedSuccessDelay, delay);
    }
}
