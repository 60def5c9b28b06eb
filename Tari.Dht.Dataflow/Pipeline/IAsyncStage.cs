using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A stage that may have to wait for something outside the graph: a disk, another peer.</summary>
/// <typeparam name="TIn">The form in which messages come.</typeparam>
/// <typeparam name="TOut">The form in which they leave.</typeparam>
internal interface IAsyncStage<in TIn, TOut>
    where TIn : class, IDhtMessage
    where TOut : class
{
    StageName Name { get; }

    /// <summary>Works on a message. Completes synchronously where it need not wait.</summary>
    /// <param name="message">The message.</param>
    /// <param name="stopping">Raised at the shutdown deadline.</param>
    ValueTask<StageResult<TOut>> ProcessAsync(TIn message, CancellationToken stopping);
}
