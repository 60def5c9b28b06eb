using System.Globalization;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Why a sync with a peer, or a round of them, failed; <see cref="SyncOffence"/> says what it costs the peer.</summary>
/// <remarks>Immutable. The text is fit for a log and for the reason of a ban: it has nothing that a peer wrote.</remarks>
internal sealed record NetworkDiscoveryFailure
{
    /// <summary>Opening a session took too long.</summary>
    public const string ConnectRpc = "connect_rpc";

    /// <summary>The answer to a request for peers did not begin in time.</summary>
    public const string GetPeers = "get_peers";

    /// <summary>The next response did not come in time.</summary>
    public const string GetPeerResponse = "get_peer_response";

    private NetworkDiscoveryFailure(NetworkDiscoveryFailureKind kind, string text)
    {
        Kind = kind;
        Text = text;
    }

    /// <summary>A response had no peer.</summary>
    public static NetworkDiscoveryFailure EmptyPeerMessageReceived { get; } =
        new(NetworkDiscoveryFailureKind.EmptyPeerMessageReceived, "The peer sent a response without a peer.");

    /// <summary>A peer came twice.</summary>
    public static NetworkDiscoveryFailure DuplicatePeerReceived { get; } =
        new(NetworkDiscoveryFailureKind.DuplicatePeerReceived, "The peer sent the same peer twice.");

    /// <summary>What failed.</summary>
    public NetworkDiscoveryFailureKind Kind { get; }

    /// <summary>What failed, in a sentence.</summary>
    public string Text { get; }

    /// <summary>What went wrong with the call, for <see cref="NetworkDiscoveryFailureKind.RpcError"/>.</summary>
    public DhtRpcFault? RpcFault { get; private init; }

    /// <summary>
    /// What the peer answered, for <see cref="NetworkDiscoveryFailureKind.RpcStatus"/>; its details are the peer's words.
    /// </summary>
    public RpcStatus? Status { get; private init; }

    /// <summary>A call failed.</summary>
    /// <param name="fault">In what way.</param>
    public static NetworkDiscoveryFailure RpcError(DhtRpcFault fault) =>
        new(NetworkDiscoveryFailureKind.RpcError, "A call for peers failed: " + Describe(fault)) { RpcFault = fault };

    /// <summary>The peer answered with a status.</summary>
    /// <param name="status">The status.</param>
    public static NetworkDiscoveryFailure RpcStatus(RpcStatus status) =>
        new(
            NetworkDiscoveryFailureKind.RpcStatus,
            string.Create(CultureInfo.InvariantCulture, $"The peer answered a call for peers with status {(int)status.Code}."))
        {
            Status = status,
        };

    /// <summary>No session could be opened with a peer: <see cref="ConnectRpc"/> took too long, or the call failed.</summary>
    /// <param name="error">What the connector said.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="limit">How long it was allowed to take.</param>
    public static NetworkDiscoveryFailure NotOpened(ConnectivityException error, in NodeId peer, TimeSpan limit) =>
        error.Error == ConnectivityError.RequestTimedOut
            ? Timeout(ConnectRpc, peer, limit)
            : RpcError(DhtRpcFault.Handshake);

    /// <summary>The peer store did not take a record.</summary>
    /// <param name="error">What it said.</param>
    public static NetworkDiscoveryFailure PeerManagerError(Exception error) =>
        new(NetworkDiscoveryFailureKind.PeerManagerError, "The peer store failed: " + error.Message);

    /// <summary>More peers came than were asked for.</summary>
    /// <param name="asked">How many were.</param>
    public static NetworkDiscoveryFailure TooManyPeersReceived(uint asked) =>
        new(
            NetworkDiscoveryFailureKind.TooManyPeersReceived,
            string.Create(CultureInfo.InvariantCulture, $"The peer sent more peers than the {asked} it was asked for."));

    /// <summary>Too many records came that those they name did not sign.</summary>
    /// <param name="count">How many.</param>
    public static NetworkDiscoveryFailure TooManyInvalidPeersReceived(int count) =>
        new(
            NetworkDiscoveryFailureKind.TooManyInvalidPeersReceived,
            string.Create(CultureInfo.InvariantCulture, $"The peer sent {count} peers with claims that they did not sign."));

    /// <summary>Something took too long.</summary>
    /// <param name="operation">What: <see cref="ConnectRpc"/>, <see cref="GetPeers"/> or <see cref="GetPeerResponse"/>.</param>
    /// <param name="peer">Who was asked.</param>
    /// <param name="limit">How long it was allowed to take.</param>
    public static NetworkDiscoveryFailure Timeout(string operation, in NodeId peer, TimeSpan limit) =>
        new(
            NetworkDiscoveryFailureKind.Timeout,
            string.Create(CultureInfo.InvariantCulture, $"{operation} with {peer} took longer than {limit.TotalSeconds:0.###} s."));

    /// <summary>The connection had ended before the sync began.</summary>
    /// <param name="peer">Whose.</param>
    public static NetworkDiscoveryFailure PeerConnectionClosed(in NodeId peer) =>
        new(NetworkDiscoveryFailureKind.PeerConnectionClosed, $"The connection to {peer} has ended.");

    /// <summary>What an item of an answer ends a sync with; null if it doesn't: a response of any kind, or the end of the stream.</summary>
    /// <param name="item">The item. A session that broke is an end, as on the network's other nodes.</param>
    /// <param name="peer">Who was asked.</param>
    /// <param name="limit">How long the item was allowed to take.</param>
    public static NetworkDiscoveryFailure? OfItem(in GetPeersItem item, in NodeId peer, TimeSpan limit) => item.Kind switch
    {
        GetPeersItemKind.Status => RpcStatus(item.Status),
        GetPeersItemKind.DecodeError => RpcError(DhtRpcFault.DecodeError),
        GetPeersItemKind.BudgetExceeded => RpcError(DhtRpcFault.DecodeBudgetExceeded),
        GetPeersItemKind.TimedOut => Timeout(GetPeerResponse, peer, limit),
        _ => null,
    };

    private static string Describe(DhtRpcFault fault) => fault switch
    {
        DhtRpcFault.DecodeError => "a response cannot be decoded.",
        DhtRpcFault.DecodeBudgetExceeded => "a response holds more objects than are allowed.",
        DhtRpcFault.BadPing => "a ping was not answered as it should be.",
        _ => "no session was opened.",
    };
}
