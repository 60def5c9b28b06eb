using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Peers.Claims;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>
/// The rules by which a response to a request for peers is decoded and converted, written down as plainly as possible: the twin of the
/// reader that works in place. Without the budget of objects.
/// </summary>
internal sealed class PlainResponse
{
    private const int MaxNesting = 100;

    public bool HasPeer { get; private set; }

    public byte[] PublicKey { get; private set; } = [];

    public List<PlainClaim> Claims { get; } = [];

    /// <summary>A response; null if the bytes are none.</summary>
    public static PlainResponse? Decode(byte[] encoded)
    {
        var response = new PlainResponse();
        return PlainClaim.Try(() =>
        {
            foreach (PlainClaim.Field field in PlainClaim.Parse(encoded, MaxNesting).Where(field => field.Number == 1))
            {
                response.HasPeer = true;
                response.Merge(field.Delimited());
            }
        }) ? response : null;
    }

    /// <summary>Everything that keeps the peer from being converted, in any order.</summary>
    public HashSet<PeerClaimError> Faults()
    {
        HashSet<PeerClaimError> faults = [.. Claims.SelectMany(claim => claim.Faults(hasKey: false))];
        if (PublicKey.Length != 32)
        {
            faults.Add(PeerClaimError.PublicKey);
        }

        return faults;
    }

    private void Merge(byte[] peer)
    {
        foreach (PlainClaim.Field field in PlainClaim.Parse(peer, MaxNesting - 1))
        {
            switch (field.Number)
            {
                case 1:
                    PublicKey = field.Delimited();
                    break;
                case 2:
                    Claims.Add(PlainClaim.DecodeRelayed(field.Delimited(), MaxNesting - 2));
                    break;
            }
        }
    }
}
