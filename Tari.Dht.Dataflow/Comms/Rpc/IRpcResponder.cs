namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>Where a service puts its responses.</summary>
/// <remarks>For one writer at a time.</remarks>
public interface IRpcResponder
{
    /// <summary>Sends a response; waits while the caller is slow.</summary>
    /// <param name="body">The bytes; not to be changed afterwards.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when the caller is gone.</returns>
    ValueTask<bool> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default);
}
