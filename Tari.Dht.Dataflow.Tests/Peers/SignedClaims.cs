using System.Text;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto;
using Tari.Dht.Dataflow.Protocol.Proto.Identity;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Tests.Peers;

/// <summary>Claims with real signatures, and messages that carry them.</summary>
internal static class SignedClaims
{
    /// <summary>When claims are made if nothing else is said, and the clock of those who check them.</summary>
    public const long Now = 1_900_000_000;

    public const string GoodOnion3 = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234";

    public static DateTimeOffset NowTime => DateTimeOffset.FromUnixTimeSeconds(Now);

    public static CommsSecretKey Key(int number = 1)
    {
        byte[] bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, number);
        return CommsSecretKey.FromBytes(bytes);
    }

    public static CommsPublicKey PublicKey(int number = 1)
    {
        using CommsSecretKey key = Key(number);
        return key.PublicKey;
    }

    /// <summary>A multiaddress of a text, or <c>name:</c> and any DNS name, also one that no text can hold.</summary>
    public static Multiaddr Address(string text) =>
        text.StartsWith("name:", StringComparison.Ordinal) ? Dns4(text["name:".Length..]) : Multiaddr.Parse(text);

    /// <summary><c>/dns4/name/tcp/18189</c>, put together from its bytes.</summary>
    public static Multiaddr Dns4(string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        byte[] length = bytes.Length < 128 ? [(byte)bytes.Length] : [(byte)(bytes.Length | 0x80), (byte)(bytes.Length >> 7)];
        return Multiaddr.FromBytes([0x36, .. length, .. bytes, 0x06, 0x47, 0x0d]);
    }

    public static PeerIdentityClaim Claim(params string[] addresses) => Claim(1, Now, addresses);

    public static PeerIdentityClaim Claim(int key, long updatedAt, params string[] addresses) =>
        Claim(key, PeerFeatures.CommunicationNode, updatedAt, addresses);

    public static PeerIdentityClaim Claim(int key, PeerFeatures features, long updatedAt, params string[] addresses)
    {
        using CommsSecretKey secret = Key(key);
        Multiaddr[] parsed = [.. addresses.Select(Address)];
        ReadOnlyMemory<byte>[] bytes = [.. parsed.Select(address => address.Memory)];
        IdentitySignature signature = IdentitySignature.Sign(secret, (uint)features, bytes, updatedAt);
        return new PeerIdentityClaim([.. parsed], features, signature);
    }

    /// <summary>The claim with other contents than were signed.</summary>
    public static PeerIdentityClaim With(this PeerIdentityClaim claim, PeerFeatures? features = null, params string[] addresses) =>
        new(addresses.Length == 0 ? claim.Addresses : [.. addresses.Select(Address)], features ?? claim.Features, claim.Signature);

    public static byte[] JoinOf(PeerIdentityClaim claim, int key = 1, ulong nonce = 7)
    {
        var message = new JoinMessage
        {
            PublicKey = ByteString.CopyFrom(PublicKey(key).Bytes),
            PeerFeatures = (uint)claim.Features,
            Nonce = nonce,
            IdentitySignature = new Dataflow.Protocol.Proto.IdentitySignature
            {
                Version = claim.Signature.Version,
                Signature = ByteString.CopyFrom(claim.Signature.Scalar),
                PublicNonce = ByteString.CopyFrom(claim.Signature.PublicNonce.Bytes),
                UpdatedAt = claim.Signature.UpdatedAt,
            },
        };
        message.Addresses.AddRange(claim.Addresses.Select(address => ByteString.CopyFrom(address.Bytes)));
        return message.ToByteArray();
    }

    public static PeerIdentityMsg IdentityOf(PeerIdentityClaim claim, string userAgent = "tari/basenode/6.2.0", params string[] protocols)
    {
        var message = new PeerIdentityMsg
        {
            Features = (uint)claim.Features,
            UserAgent = userAgent,
            IdentitySignature = new Dataflow.Protocol.Proto.Identity.IdentitySignature
            {
                Version = claim.Signature.Version,
                Signature = ByteString.CopyFrom(claim.Signature.Scalar),
                PublicNonce = ByteString.CopyFrom(claim.Signature.PublicNonce.Bytes),
                UpdatedAt = claim.Signature.UpdatedAt,
            },
        };
        message.Addresses.AddRange(claim.Addresses.Select(address => ByteString.CopyFrom(address.Bytes)));
        message.SupportedProtocols.AddRange(protocols.Select(ByteString.CopyFromUtf8));
        return message;
    }
}
