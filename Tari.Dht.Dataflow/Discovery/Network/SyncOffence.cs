using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Rpc;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What a failed sync costs the peer that was asked.</summary>
/// <remarks>Pure, thread safe.</remarks>
internal static class SyncOffence
{
    /// <summary>The price in a round of discovery.</summary>
    /// <param name="failure">How the sync ended.</param>
    /// <param name="wasConnected">Whether the peer was connected before the round; such a one pays for bad data alone.</param>
    /// <returns>Null for nothing.</returns>
    public static OffenceSeverity? SeverityOf(NetworkDiscoveryFailure failure, bool wasConnected)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return failure.Kind switch
        {
            _ when IsBadData(failure) => OffenceSeverity.High,
            NetworkDiscoveryFailureKind.RpcError when !wasConnected && IsServerCaused(failure) => OffenceSeverity.High,
            NetworkDiscoveryFailureKind.RpcStatus when !wasConnected && failure.Status is { IsOk: false } => OffenceSeverity.Low,
            _ => null,
        };
    }

    /// <summary>The price for a connected peer in a rebootstrap: bad data costs, and nothing else. A seed pays nothing.</summary>
    /// <param name="failure">How the sync ended.</param>
    /// <returns>Null for nothing.</returns>
    public static OffenceSeverity? SeverityInRebootstrap(NetworkDiscoveryFailure failure)
    {
        ArgumentNullException.ThrowIfNull(failure);
        return IsBadData(failure) ? OffenceSeverity.High : null;
    }

    private static bool IsBadData(NetworkDiscoveryFailure failure) => failure.Kind
        is NetworkDiscoveryFailureKind.EmptyPeerMessageReceived
        or NetworkDiscoveryFailureKind.DuplicatePeerReceived
        or NetworkDiscoveryFailureKind.TooManyPeersReceived
        or NetworkDiscoveryFailureKind.TooManyInvalidPeersReceived;

    // A session that does not open costs nothing where it happens: whoever has no room for one refuses it so. Nor does a bad ping.
    private static bool IsServerCaused(NetworkDiscoveryFailure failure) => failure.RpcFault
        is DhtRpcFault.DecodeError or DhtRpcFault.DecodeBudgetExceeded;
}
