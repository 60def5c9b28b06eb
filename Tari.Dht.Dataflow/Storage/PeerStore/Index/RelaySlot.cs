namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>What peers tell each other of one peer, so that the same is neither made nor judged again.</summary>
/// <remarks>Stands as long as the record has the same addresses with the same claims.</remarks>
internal struct RelaySlot
{
    /// <summary>The fingerprint of a response that was found to say nothing new; zero for none.</summary>
    public UInt128 Known;

    /// <summary>
    /// The clock, in UTC ticks, when something of this was found last. To a clock set back to before it neither a claim's date nor a score
    /// is what it was.
    /// </summary>
    public long Since;

    /// <summary>The response that passes the peer on; empty when nothing of it is passed on, null when that was not made.</summary>
    public byte[]? Response;

    /// <summary>Whether the scores of the addresses stay as they are however much time passes.</summary>
    public bool IsSettled;
}
