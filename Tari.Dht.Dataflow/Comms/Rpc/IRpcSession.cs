namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>Calls of one protocol to one peer.</summary>
/// <remarks>Thread safe. Lives no longer than its connection. Disposing it lets a running stream finish.</remarks>
public interface IRpcSession : IDisposable
{
    /// <summary>Whether calls can be made.</summary>
    bool IsConnected { get; }

    /// <summary>A call with one response.</summary>
    /// <param name="method">The number of the method.</param>
    /// <param name="request">The bytes of the request; not to be changed until the call ends.</param>
    /// <param name="deadline">How long it may take.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The response, or why there is none; the end without a response is <see cref="RpcItemKind.End"/>.</returns>
    ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default);

    /// <summary>A call with a stream of responses. Does not wait: a failure is the first thing to read.</summary>
    /// <param name="method">The number of the method.</param>
    /// <param name="request">The bytes of the request; not to be changed until the stream ends.</param>
    /// <param name="deadline">How long each response may take.</param>
    IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline);
}
