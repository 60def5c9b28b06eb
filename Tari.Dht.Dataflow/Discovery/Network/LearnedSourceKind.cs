namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>How far somebody who tells of peers is trusted, most first.</summary>
internal enum LearnedSourceKind
{
    /// <summary>A seed.</summary>
    Seed,

    /// <summary>A peer that this node has dialled, and that nobody suggested who had dialled this node.</summary>
    Outbound,

    /// <summary>Any other connected peer.</summary>
    Inbound,
}
