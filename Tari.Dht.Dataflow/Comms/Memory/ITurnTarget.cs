namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Takes steps of a network in one process; never two at a time.</summary>
internal interface ITurnTarget
{
    /// <summary>Does a step. Must neither wait nor throw.</summary>
    void OnTurn(in Turn turn);
}
