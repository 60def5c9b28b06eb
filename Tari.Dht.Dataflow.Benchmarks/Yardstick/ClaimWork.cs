using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>
/// The claim of a peer nobody knew, with one address, as a discovery brings it: validated and made a record. Each claim is a new one.
/// </summary>
internal sealed class ClaimWork : IWorkRun
{
    private readonly DhtPeerValidator _validator = new(new PeerValidatorConfig());
    private readonly UnvalidatedPeerInfo[] _infos;
    private readonly int _calls;
    private int _next;

    public ClaimWork(int slices, int calls)
    {
        _calls = calls;
        _infos = new UnvalidatedPeerInfo[slices * calls];
        for (int i = 0; i < _infos.Length; i++)
        {
            _infos[i] = new UnvalidatedPeerInfo(Parties.Another.PublicKey, [SignedClaim.Create(Parties.Another, addresses: 1)]);
        }
    }

    public Task RunAsync()
    {
        for (int i = 0; i < _calls; i++)
        {
            DhtPeerValidatorError error = _validator.Validate(_infos[_next++], existing: null, out Peer? peer);
            if (peer is null)
            {
                throw new InvalidOperationException($"The claim is refused: {error}");
            }
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
