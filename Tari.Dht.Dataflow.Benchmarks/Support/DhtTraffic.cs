using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Envelopes that make a node send something; no two are the same message.</summary>
internal static class DhtTraffic
{
    private const int PayloadLength = 1024;
    private const int Signers = 64;

    public static TrafficMessage[] Create(DhtTrafficKind kind, int count) =>
        kind == DhtTrafficKind.Forwarded
            ? Traffic.Create(TrafficKind.EncryptedForAnother, PayloadLength, count).Messages
            : CreateClaims(kind, count);

    private static TrafficMessage[] CreateClaims(DhtTrafficKind kind, int count)
    {
        var signers = new NodeIdentity[Signers];
        for (int i = 0; i < signers.Length; i++)
        {
            signers[i] = NodeIdentity.Generate([Multiaddr.Parse($"/ip4/23.23.23.{i + 1}/tcp/18189")]);
        }

        var messages = new TrafficMessage[count];
        for (int i = 0; i < count; i++)
        {
            NodeIdentity signer = signers[i % Signers];
            messages[i] = new TrafficMessage(
                kind == DhtTrafficKind.Join
                    ? Seal(signer, DhtMessageType.Join, new NodeDestination(signer.PublicKey), (ulong)i)
                    : Seal(signer, DhtMessageType.Discovery, new NodeDestination(Parties.Node.PublicKey), (ulong)i),
                Parties.Senders[i % Parties.Senders.Length].NodeId,
                signer.PublicKey,
                IsReadable: true,
                BodyLength: null);
        }

        return messages;
    }

    /// <summary>A signed clear envelope with the signer's claim, whose nonce makes it a message of its own.</summary>
    private static byte[] Seal(NodeIdentity signer, DhtMessageType type, NodeDestination destination, ulong nonce)
    {
        byte[] claim = OwnClaimMessage.Encode(signer, nonce);
        byte[] body = new byte[EnvelopeBodyWriter.GetLength(claim.Length)];
        EnvelopeBodyWriter.Write(claim, body);
        byte[] signature = new byte[MessageSignature.WireLength];
        byte[] digest = new byte[BindingHash.Length];
        BindingHash.Compute(Header(default), body, digest);
        MessageSignature.Sign(signer.SecretKey, digest).WriteTo(signature);
        byte[] envelope = new byte[EnvelopeWriter.GetLength(Header(signature), body.Length)];
        EnvelopeWriter.Write(Header(signature), body, envelope);
        return envelope;

        DhtHeaderView Header(ReadOnlySpan<byte> signed) =>
            new(DhtProtocolVersion.V2, destination, signed, default, type, DhtMessageFlags.None, nonce, expires: null);
    }
}
