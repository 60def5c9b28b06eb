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
    private readonly OneTimeKeys? _reserve;

    /// <param name="identity">Who signs. Borrowed.</param>
    /// <param name="version">The version in the header.</param>
    /// <param name="reserve">Where ephemeral keys and nonces come from; null to make them on the spot.</param>
    public MessageSealer(NodeIdentity identity, DhtProtocolVersion version, OneTimeKeys? reserve = null)
    {
        _identity = identity;
        _version = version;
        _reserve = reserve;
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
        MessageSignature signature = Sign(_identity.SecretKey.Scalar, _identity.PublicKey, bindingHash);
        _identity.SecretKey.ThrowIfDisposed();
        result = new SealedMessage { Flags = flags, IsSigned = true, Signature = signature };
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
            TakePair(ephemeralSecret, ephemeralKey);
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
                Signature = Sign(maskedSecret, maskedKey, bindingHash),
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

    private MessageSignature Sign(ReadOnlySpan<byte> secret, in CommsPublicKey publicKey, ReadOnlySpan<byte> bindingHash)
    {
        Span<byte> nonceSecret = stackalloc byte[RistrettoScalar.Length];
        Span<byte> publicNonce = stackalloc byte[CommsPublicKey.Length];
        try
        {
            TakePair(nonceSecret, publicNonce);
            return MessageSignature.Sign(secret, publicKey, nonceSecret, publicNonce, bindingHash);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(nonceSecret);
        }
    }

    private void TakePair(Span<byte> secret, Span<byte> publicKey)
    {
        if (_reserve is null)
        {
            OneTimeKeys.Make(secret, publicKey);
        }
        else
        {
            _reserve.Take(secret, publicKey);
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
