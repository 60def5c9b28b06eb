using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A stage whose work on several messages together is cheaper than apart.</summary>
/// <typeparam name="TIn">The form in which messages come.</typeparam>
/// <typeparam name="TOut">The form in which they leave.</typeparam>
/// <remarks>A batch of one is as good as a plain call. No message of a batch affects the result of another.</remarks>
internal interface IBatchStage<TIn, TOut>
    where TIn : class, IDhtMessage
    where TOut : class
{
    StageName Name { get; }

    /// <summary>Works on one or more messages. Does not block.</summary>
    /// <param name="batch">The messages.</param>
    /// <param name="results">As long as the batch; the result of each, in its place. A default result stands for a fault.</param>
    void Process(ReadOnlySpan<TIn> batch, Span<StageResult<TOut>> results);
}
