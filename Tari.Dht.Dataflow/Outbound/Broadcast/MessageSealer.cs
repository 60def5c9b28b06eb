using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Encrypts a body in place and signs the message, as its parameters ask.</summary>
/// <remarks>Thread safe. Secrets live on the stack and are zeroed.</remarks>
internal sealed class MessageSealer
{
    private readonly NodeIdentity _identity;
    private readonly DhtProtocolVersion _version;

    public MessageSealer(NodeIdentity identity, DhtProtocolVersion version)
    {
        _identity = identity;
        _version = version;
    }

    /// <summary>Seals and signs.</summary>
    /// <param name="parameters">What to send, and how.</param>
    /// <param name="body">The body; encrypted in place, and longer by the tag then.</param>
    /// <param name="expires">The header's expiry, seconds since 1970.</param>
    /// <param name="result">What goes into the header.</param>
    /// <returns>False when the recipient's key is not a curve point.</returns>
    /// <remarks>
    /// With a given header the body is still encrypted where the parameters ask for it, as in the reference; a signature would be thrown away there,
    /// so it is not made.
    /// </remarks>
    public bool TrySeal(FinalSendMessageParams parameters, OutboundBody body, ulong expires, out SealedMessage result)
    {
        DhtMessageFlags flags = parameters.Flags | parameters.Encryption.Flags;
        if (parameters.Encryption.Recipient is { } recipient)
        {
            return TryEncrypt(parameters, recipient, flags, body, expires, out result);
        }

        if (!parameters.ForceOrigin || parameters.HasCustomHeader)
        {
            result = new SealedMessage { Flags = flags };
            return true;
        }

        Span<byte> bindingHash = stackalloc byte[BindingHash.Length];
        ComputeBindingHash(parameters, flags, ephemeralKey: default, body, expires, bindingHash);
        result = new SealedMessage { Flags = flags, IsSigned = true, Signature = MessageSignature.Sign(_identity.SecretKey, bindingHash) };
        return true;
    }

    private bool TryEncrypt(
        FinalSendMessageParams parameters,
        in CommsPublicKey recipient,
        DhtMessageFlags flags,
        OutboundBody body,
        ulong expires,
        out SealedMessage result)
    {
        result = default;
        Span<byte> secrets = stackalloc byte[5 * RistrettoScalar.Length];
        Span<byte> ephemeralSecret = secrets[..RistrettoScalar.Length];
        Span<byte> shared = secrets.Slice(RistrettoScalar.Length, KeyExchange.SharedSecretLength);
        Span<byte> key = secrets.Slice(2 * RistrettoScalar.Length, KeyExchange.MessageKeyLength);
        Span<byte> mask = secrets.Slice(3 * RistrettoScalar.Length, KeyMask.Length);
        Span<byte> maskedSecret = secrets[(4 * RistrettoScalar.Length)..];
        Span<byte> ephemeralKey = stackalloc byte[CommsPublicKey.Length];
        try
        {
            // On the stack: a key object of its own would pin memory for every message.
            RistrettoScalar.Random(ephemeralSecret);
            Ristretto255.MultiplyBase(ephemeralSecret, ephemeralKey);
            if (!KeyExchange.TryAgree(ephemeralSecret, recipient, shared))
            {
                return false;
            }

            KeyExchange.DeriveMask(shared, mask);
            KeyExchange.DeriveMessageKey(shared, key);
            CommsPublicKey maskedKey = KeyMask.Mask(mask, _identity.SecretKey.Scalar, maskedSecret);
            _identity.SecretKey.ThrowIfDisposed();
            MessageCipher.Seal(key, maskedKey.Bytes, body.ExtendForTag());
            if (parameters.HasCustomHeader)
            {
                result = new SealedMessage { Flags = flags };
                return true;
            }

            Span<byte> bindingHash = stackalloc byte[BindingHash.Length];
            ComputeBindingHash(parameters, flags, ephemeralKey, body, expires, bindingHash);
            result = new SealedMessage
            {
                Flags = flags,
                IsSigned = true,
                Signature = MessageSignature.Sign(maskedSecret, maskedKey, bindingHash),
                HasEphemeralKey = true,
                EphemeralKey = new CommsPublicKey(ephemeralKey),
            };
            return true;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    private void ComputeBindingHash(
        FinalSendMessageParams parameters,
        DhtMessageFlags flags,
        ReadOnlySpan<byte> ephemeralKey,
        OutboundBody body,
        ulong expires,
        Span<byte> bindingHash)
    {
        // The tag is not signed.
        var header = new DhtHeaderView(
            _version, parameters.Destination, messageSignature: default, ephemeralKey, parameters.MessageType, flags, messageTag: 0, expires);
        BindingHash.Compute(header, body.Span, bindingHash);
    }
}
