using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A message that passes filters on links and remembers their verdict.</summary>
/// <remarks>
/// A block may offer a message again, to the same link or the next, and a clock moves on meanwhile. The first verdict counts,
/// so that exactly one of the links takes the message.
/// </remarks>
internal interface IFilteredMessage : IDhtMessage
{
    /// <summary>The verdict of the last link: 0 not asked yet, 1 accepted, n + 2 refused by its filter n.</summary>
    byte LinkVerdict { get; set; }
}
