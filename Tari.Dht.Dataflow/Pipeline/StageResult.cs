using System.Diagnostics.CodeAnalysis;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>What a stage made of a message: its next form, or the reason why it ends here.</summary>
/// <typeparam name="T">The next form.</typeparam>
/// <remarks>
/// With a message, the stage has passed on what it was given: the new form owns it. With a reason, the old form still owns its buffers, and
/// the adapter settles it.
/// </remarks>
internal readonly struct StageResult<T>
    where T : class
{
    private StageResult(T? message, DropReason reason)
    {
        Message = message;
        Reason = reason;
    }

    /// <summary>The next form; null when discarded.</summary>
    public T? Message { get; }

    /// <summary>Why the message ends; <see cref="DropReason.None"/> when it goes on.</summary>
    public DropReason Reason { get; }

    /// <summary>True when the message ends here.</summary>
    [MemberNotNullWhen(false, nameof(Message))]
    public bool IsDiscarded => Message is null;

    /// <summary>The message goes on.</summary>
    /// <param name="message">Its next form.</param>
    public static implicit operator StageResult<T>(T message) => new(message, DropReason.None);

    /// <summary>The message ends here.</summary>
    /// <param name="reason">Any reason but <see cref="DropReason.None"/>.</param>
    public static implicit operator StageResult<T>(DropReason reason) => new(null, reason);
}
