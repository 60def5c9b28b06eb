namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>What a stage made of a message: its next form, the reason why it ends here, or that the stage keeps it.</summary>
/// <typeparam name="T">The next form.</typeparam>
/// <remarks>
/// With a message, the stage has passed on what it was given: the new form owns it. With a reason, the old form still owns its buffers, and
/// the adapter settles it. Kept, the message is the stage's, which passes it on by another way or settles it itself.
/// </remarks>
internal readonly struct StageResult<T>
    where T : class
{
    private StageResult(T? message, DropReason reason, bool isKept = false)
    {
        Message = message;
        Reason = reason;
        IsKept = isKept;
    }

    /// <summary>The stage keeps the message; nobody else may touch it.</summary>
    public static StageResult<T> Kept => new(null, DropReason.None, isKept: true);

    /// <summary>The next form; null when discarded or kept.</summary>
    public T? Message { get; }

    /// <summary>Why the message ends; <see cref="DropReason.None"/> when it goes on.</summary>
    public DropReason Reason { get; }

    /// <summary>True when the message ends here.</summary>
    public bool IsDiscarded => Message is null && !IsKept;

    /// <summary>True when the stage keeps the message.</summary>
    public bool IsKept { get; }

    /// <summary>The message goes on.</summary>
    /// <param name="message">Its next form.</param>
    public static implicit operator StageResult<T>(T message) => new(message, DropReason.None);

    /// <summary>The message ends here.</summary>
    /// <param name="reason">Any reason but <see cref="DropReason.None"/>.</param>
    public static implicit operator StageResult<T>(DropReason reason) => new(null, reason);
}
