using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>Nodes and the messages that they send to the DHT.</summary>
internal static class DhtMessages
{
    public const string Address = "/ip4/23.23.23.1/tcp/18189";

    public const ulong Nonce = 7;

    /// <summary>A node whose key is that of <see cref="SignedClaims"/> under the same number.</summary>
    public static NodeIdentity Node(int key) => new(SignedClaims.Key(key));

    /// <summary>A signed join, addressed to its signer unless something else is said.</summary>
    public static EnvelopeFactory Join(NodeIdentity signer, byte[] message, NodeDestination? destination = null) =>
        Signed(DhtMessageType.Join, signer, message, destination ?? new NodeDestination(signer.PublicKey));

    public static EnvelopeFactory Discovery(NodeIdentity signer, byte[] message, NodeDestination destination = default) =>
        Signed(DhtMessageType.Discovery, signer, message, destination);

    public static EnvelopeFactory Response(NodeIdentity signer, byte[] message) =>
        Signed(DhtMessageType.DiscoveryResponse, signer, message, default);

    public static EnvelopeFactory Signed(DhtMessageType type, NodeIdentity signer, byte[] message, NodeDestination destination) =>
        EnvelopeFactory.ClearText(message).With(factory =>
        {
            factory.MessageType = type;
            factory.Destination = destination;
        }).SignedBy(signer);

    /// <summary>The message of a node's claim; all three kinds have this form.</summary>
    public static byte[] Message(int key, params string[] addresses) =>
        SignedClaims.JoinOf(SignedClaims.Claim(key, SignedClaims.Now, addresses.Length == 0 ? [Address] : addresses), key, Nonce);

    public static Peer PeerOf(NodeIdentity identity) => new(identity.PublicKey);
}
