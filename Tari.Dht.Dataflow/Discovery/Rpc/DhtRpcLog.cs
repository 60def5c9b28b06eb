using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Log messages of the peer-sharing calls; of the ids of discovery 5100 to 5199 belong to them.</summary>
internal static partial class DhtRpcLog
{
    /// <summary>The id of <see cref="PeersServed"/>.</summary>
    public const int PeersServedId = 5100;

    /// <summary>The id of <see cref="CallRefused"/>.</summary>
    public const int CallRefusedId = 5101;

    /// <summary>The id of <see cref="CallerStalled"/>.</summary>
    public const int CallerStalledId = 5102;

    /// <summary>The id of <see cref="ConnectedNotAsked"/>.</summary>
    public const int ConnectedNotAskedId = 5103;

    [LoggerMessage(PeersServedId, LogLevel.Debug, "Told {Peer} of {Sent} peers out of {Drawn}")]
    public static partial void PeersServed(this ILogger logger, NodeId peer, int sent, int drawn);

    [LoggerMessage(CallRefusedId, LogLevel.Debug, "Refused a call of {Peer}: too many are being answered")]
    public static partial void CallRefused(this ILogger logger, NodeId peer);

    [LoggerMessage(CallerStalledId, LogLevel.Debug, "{Peer} stopped taking responses after {Sent} peers")]
    public static partial void CallerStalled(this ILogger logger, NodeId peer, int sent);

    [LoggerMessage(ConnectedNotAskedId, LogLevel.Debug, "Could not tell of connected nodes")]
    public static partial void ConnectedNotAsked(this ILogger logger, Exception error);
}
