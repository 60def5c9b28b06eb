using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A stage's logic, apart from its block: one message in, one result out.</summary>
/// <typeparam name="TIn">The form in which messages come.</typeparam>
/// <typeparam name="TOut">The form in which they leave.</typeparam>
/// <remarks>
/// Called from as many threads at once as the stage's options allow. An exception is a bug in the stage: the adapter logs it and settles
/// that one message.
/// </remarks>
internal interface IStage<in TIn, TOut>
    where TIn : class, IDhtMessage
    where TOut : class
{
    StageName Name { get; }

    /// <summary>Works on a message. Does not block.</summary>
    StageResult<TOut> Process(TIn message);
}
