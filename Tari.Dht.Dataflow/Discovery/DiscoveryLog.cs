using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Discovery;

internal static partial class DiscoveryLog
{
    [LoggerMessage(DiscoveryEventId.UnknownResponse, LogLevel.Debug, "Discovery response of {Peer} to no question of ours")]
    public static partial void UnknownDiscoveryResponse(this ILogger logger, string peer);

    [LoggerMessage(DiscoveryEventId.ResponseFromAnotherPeer, LogLevel.Debug, "Discovery response of {Peer} to a question for {Asked}")]
    public static partial void DiscoveryResponseFromAnotherPeer(this ILogger logger, string peer, string asked);

    [LoggerMessage(DiscoveryEventId.ResponseRefused, LogLevel.Debug, "Discovery response of {Peer} refused: {Reason}")]
    public static partial void DiscoveryResponseRefused(this ILogger logger, string peer, string reason);

    [LoggerMessage(DiscoveryEventId.PeerDiscovered, LogLevel.Debug, "Discovered {Peer} for {Callers} callers")]
    public static partial void PeerDiscovered(this ILogger logger, string peer, int callers);

    [LoggerMessage(DiscoveryEventId.PeerNotStored, LogLevel.Warning, "The peer store did not take {Peer}, which was discovered")]
    public static partial void DiscoveredPeerNotStored(this ILogger logger, string peer, Exception error);
}
