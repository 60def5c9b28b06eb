namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Takes discovery responses from the inbound graph.</summary>
internal interface IDiscoveryResponseTarget
{
    /// <summary>Hands a response over; it has been dealt with when the task ends. Never throws.</summary>
    /// <param name="response">The response.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when discovery has ended.</returns>
    ValueTask<bool> NotifyAsync(ReceivedDiscoveryResponse response, CancellationToken cancellationToken);
}
