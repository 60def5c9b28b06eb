namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Asks one connected peer what peers share with each other.</summary>
/// <remarks>Thread safe. Disposing it lets a stream that runs finish.</remarks>
internal interface IDhtRpcClient : IDisposable
{
    /// <summary>Whether it can be asked.</summary>
    bool IsConnected { get; }

    /// <summary>Asks for peers. Does not wait: a failure is the first thing to read.</summary>
    /// <param name="request">What is asked.</param>
    IGetPeersStream GetPeers(GetPeersRequest request);
}
