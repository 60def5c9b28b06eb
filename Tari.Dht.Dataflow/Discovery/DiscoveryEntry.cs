using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>One question that is under way.</summary>
internal sealed class DiscoveryEntry
{
    private readonly TaskCompletionSource<Peer> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DiscoveryEntry(in CommsPublicKey publicKey) => PublicKey = publicKey;

    /// <summary>Who was asked for.</summary>
    public CommsPublicKey PublicKey { get; }

    /// <summary>The caller has gone; guarded by the table's lock.</summary>
    public bool IsAbandoned { get; set; }

    public Task<Peer> Reply => _reply.Task;

    public void Answer(Peer peer) => _reply.TrySetResult(peer);

    public void Fail(DhtDiscoveryException error)
    {
        _reply.TrySetException(error);

        // Seen already: a caller that has gone does not look, which is no reason to report an unobserved exception.
        _ = _reply.Task.Exception;
    }
}
