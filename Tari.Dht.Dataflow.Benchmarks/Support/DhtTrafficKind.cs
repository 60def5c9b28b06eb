namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>The kinds of messages that make a node send something itself.</summary>
public enum DhtTrafficKind
{
    /// <summary>A join, which is stored and passed on.</summary>
    Join,

    /// <summary>A clear discovery, which is stored and answered.</summary>
    Discovery,

    /// <summary>Encrypted for another node, and passed on.</summary>
    Forwarded,
}
