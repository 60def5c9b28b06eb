using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Builds envelopes step by step, so that a test can spoil any of the steps.</summary>
internal sealed class EnvelopeFactory
{
    public DhtProtocolVersion Version { get; set; } = DhtProtocolVersion.V2;

    public NodeDestination Destination { get; set; }

    public DhtMessageType MessageType { get; set; }

    public DhtMessageFlags Flags { get; set; }

    public ulong Tag { get; set; } = 1;

    public ulong? Expires { get; set; }

    public byte[] EphemeralPublicKey { get; set; } = [];

    public byte[] Signature { get; set; } = [];

    public byte[] Body { get; set; } = [];

    /// <summary>A clear, unsigned message to nobody in particular.</summary>
    public static EnvelopeFactory ClearText(params byte[][] parts) => new() { Body = EncodeBody(parts) };

    /// <summary>A message encrypted for one key and signed with a masked one.</summary>
    public static EnvelopeFactory Encrypted(NodeIdentity sender, in CommsPublicKey recipient, params byte[][] parts) =>
        EncryptedPlaintext(sender, recipient, EncodeBody(parts));

    /// <summary>As <see cref="Encrypted"/>, of a plaintext that need not be a body.</summary>
    public static EnvelopeFactory EncryptedPlaintext(
        NodeIdentity sender, in CommsPublicKey recipient, byte[] plaintext, DhtMessageType type = DhtMessageType.None)
    {
        using CommsSecretKey ephemeral = CommsSecretKey.Generate();
        byte[] shared = new byte[32];
        byte[] key = new byte[32];
        byte[] mask = new byte[32];
        byte[] maskedSecret = new byte[32];
        Assert.That(KeyExchange.TryAgree(ephemeral.Scalar, recipient, shared), "the recipient's key is a point");
        KeyExchange.DeriveMessageKey(shared, key);
        KeyExchange.DeriveMask(shared, mask);
        CommsPublicKey maskedKey = KeyMask.Mask(mask, sender.SecretKey.Scalar, maskedSecret);
        Assert.That(MessageCipher.GetSealedLength(plaintext.Length, out long length), Is.EqualTo(DhtEncryptError.None));
        byte[] body = new byte[length];
        plaintext.CopyTo(body, MessageCipher.PrefixLength);
        Sealing.Seal(key, maskedKey.Bytes, body, plaintext.Length);
        var factory = new EnvelopeFactory
        {
            Destination = new NodeDestination(recipient),
            Flags = DhtMessageFlags.Encrypted,
            EphemeralPublicKey = ephemeral.PublicKey.Bytes.ToArray(),
            MessageType = type,
            Body = body,
        };
        factory.Signature = factory.SignatureBy(maskedSecret, maskedKey);
        return factory;
    }

    /// <summary>Signs what stands in the header and body now.</summary>
    public EnvelopeFactory SignedBy(NodeIdentity signer)
    {
        Signature = SignatureBy(signer.SecretKey.Scalar, signer.PublicKey);
        return this;
    }

    public byte[] SignatureBy(ReadOnlySpan<byte> secret, in CommsPublicKey publicKey)
    {
        byte[] wire = new byte[MessageSignature.WireLength];
        MessageSignature.Sign(secret, publicKey, BindingHashNow()).WriteTo(wire);
        return wire;
    }

    public byte[] BindingHashNow()
    {
        byte[] digest = new byte[BindingHash.Length];
        BindingHash.Compute(View(), Body, digest);
        return digest;
    }

    public EnvelopeFactory With(Action<EnvelopeFactory> change)
    {
        change(this);
        return this;
    }

    public byte[] Build()
    {
        byte[] envelope = new byte[EnvelopeWriter.GetLength(View(), Body.Length)];
        EnvelopeWriter.Write(View(), Body, envelope);
        return envelope;
    }

    public static byte[] EncodeBody(params byte[][] parts)
    {
        using var stream = new MemoryStream();
        Span<byte> prefix = stackalloc byte[16];
        foreach (byte[] part in parts)
        {
            stream.Write(prefix[..EnvelopeBodyWriter.WritePrefix(part.Length, prefix)]);
            stream.Write(part);
        }

        return stream.ToArray();
    }

    /// <summary>A message with its u32 length in front, as a raw body for encryption needs it.</summary>
    public static byte[] LengthPrefixed(byte[] message)
    {
        byte[] prefixed = new byte[4 + message.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(prefixed, (uint)message.Length);
        message.CopyTo(prefixed, 4);
        return prefixed;
    }

    private DhtHeaderView View() => new(Version, Destination, Signature, EphemeralPublicKey, MessageType, Flags, Tag, Expires);
}
