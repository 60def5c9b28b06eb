using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>What a stage yields that makes several messages of one.</summary>
/// <typeparam name="T">The messages' form.</typeparam>
/// <param name="Messages">The messages, in order; may be empty.</param>
internal sealed record FanOut<T>(T[] Messages)
    where T : class, IDhtMessage;
