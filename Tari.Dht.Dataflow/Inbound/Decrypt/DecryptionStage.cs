using System.Buffers;
using System.Diagnostics;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Decrypt;

/// <summary>Verifies signatures and opens, in place, what is encrypted for this node.</summary>
/// <remarks>
/// <para>
/// Every rejection is a drop without a ban: delivering a badly signed message proves nothing about who made it. What is encrypted for another node
/// passes undecrypted.
/// </para>
/// <para>
/// The masks of a batch are inverted together. Cheap checks come before dear ones where the reason stays the same: a message is opened
/// before its sender is unmasked.
/// </para>
/// </remarks>
internal sealed class DecryptionStage : IBatchStage<DhtInboundMessage, DecryptedDhtMessage>
{
    private readonly NodeIdentity _identity;
    private readonly CommsPublicKey _ownKey;
    private readonly ArrayPool<byte> _pool;

    public DecryptionStage(NodeIdentity identity, ArrayPool<byte> pool)
    {
        _identity = identity;
        _ownKey = identity.PublicKey;
        _pool = pool;
    }

    public StageName Name => StageName.Decryption;

    public void Process(ReadOnlySpan<DhtInboundMessage> batch, Span<StageResult<DecryptedDhtMessage>> results)
    {
        Debug.Assert(batch.Length <= StageOptions.MaxAllowedBatchSize && results.Length == batch.Length);
        Opened[] opened = ArrayPool<Opened>.Shared.Rent(batch.Length);
        Span<byte> masks = stackalloc byte[batch.Length * KeyMask.Length];
        int count = 0;
        int finished = 0;
        try
        {
            for (int i = 0; i < batch.Length; i++)
            {
                DhtInboundMessage message = batch[i];
                DropReason rejection = Authenticate(message, out MessageSignature signature, out DedupKey dedupKey);
                if (rejection != DropReason.None)
                {
                    results[i] = rejection;
                }
                else if ((message.Flags & DhtMessageFlags.Encrypted) == 0)
                {
                    results[i] = ReadClearText(message, signature, dedupKey);
                }
                else if (!message.Header.Destination.EqualsKey(_ownKey))
                {
                    results[i] = DecryptedDhtMessage.ForAnother(message, dedupKey);
                }
                else
                {
                    rejection = Open(message, signature.Signer, masks.Slice(count * KeyMask.Length, KeyMask.Length), out opened[count]);
                    opened[count].Index = i;
                    opened[count].DedupKey = dedupKey;
                    if (rejection == DropReason.None)
                    {
                        count++;
                    }
                    else
                    {
                        results[i] = rejection;
                    }
                }
            }

            if (count > 0)
            {
                Span<bool> invertible = stackalloc bool[count];
                KeyMask.InvertBatch(masks[..(count * KeyMask.Length)], invertible);
                for (; finished < count; finished++)
                {
                    ref Opened message = ref opened[finished];
                    ReadOnlySpan<byte> inverse = masks.Slice(finished * KeyMask.Length, KeyMask.Length);
                    results[message.Index] = Unmask(batch[message.Index], inverse, message);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(masks);
            for (; finished < count; finished++)
            {
                opened[finished].Ciphertext?.Dispose();
            }

            opened.AsSpan(0, batch.Length).Clear();
            ArrayPool<Opened>.Shared.Return(opened);
        }
    }

    /// <summary>Checks the signature, if there is one; its message's dedup key falls out on the way.</summary>
    private static DropReason Authenticate(DhtInboundMessage message, out MessageSignature signature, out DedupKey dedupKey)
    {
        signature = default;
        dedupKey = default;
        DhtMessageHeader header = message.Header;
        if (!header.IsSemanticallyValid(message.BodyLength))
        {
            return DropReason.BadEncryptedMessageSemantics;
        }

        if (!header.IsSigned)
        {
            return DropReason.None;
        }

        if (!MessageSignature.TryReadCanonical(header.MessageSignature, out signature))
        {
            return DropReason.InvalidSignature;
        }

        Span<byte> bindingHash = stackalloc byte[BindingHash.Length];
        MessageHashes.Compute(header.View, message.Body.Span, bindingHash, out dedupKey);
        return signature.IsValid(bindingHash) ? DropReason.None : DropReason.InvalidSignature;
    }

    private static StageResult<DecryptedDhtMessage> ReadClearText(
        DhtInboundMessage message, in MessageSignature signature, in DedupKey signedKey)
    {
        if (EnvelopeBody.Decode(message.Body, out EnvelopeBody body) != EnvelopeBodyStatus.Ok)
        {
            return DropReason.EnvelopeBodyDecodeFailed;
        }

        var place = new BodyPlace(body, message.Layout.BodyOffset);
        return message.IsSigned
            ? DecryptedDhtMessage.Succeeded(message, place, signedKey, signature.Signer)
            : DecryptedDhtMessage.Succeeded(message, place, DedupKey.ComputeUnsigned(body), origin: null);
    }

    /// <summary>Opens a message for this node; its mask is left in <paramref name="mask"/>, not inverted yet.</summary>
    private DropReason Open(DhtInboundMessage message, in CommsPublicKey signer, Span<byte> mask, out Opened opened)
    {
        opened = default;
        Span<byte> secrets = stackalloc byte[KeyExchange.SharedSecretLength + KeyExchange.MessageKeyLength];
        Span<byte> shared = secrets[..KeyExchange.SharedSecretLength];
        Span<byte> key = secrets[KeyExchange.SharedSecretLength..];
        try
        {
            var ephemeral = new CommsPublicKey(message.Header.EphemeralPublicKey);
            if (!KeyExchange.TryAgree(_identity.SecretKey.Scalar, ephemeral, shared))
            {
                return DropReason.BadEncryptedMessageSemantics;
            }

            // With a secret of zeros anyone could have made the message.
            _identity.SecretKey.ThrowIfDisposed();
            KeyExchange.DeriveMask(shared, mask);
            KeyExchange.DeriveMessageKey(shared, key);

            // Opening overwrites the ciphertext: what has to be kept of it comes first.
            BufferLease? ciphertext = message.MessageType.IsDhtJoin() ? BufferLease.CopyOf(_pool, message.Body.Span) : null;
            Memory<byte> buffer = message.Body;
            DropReason rejection = MessageCipher.TryOpen(key, signer.Bytes, buffer.Span, out Range plaintext) != DhtEncryptError.None
                ? DropReason.MessageRejectDecryptionFailed
                : DropReason.None;
            EnvelopeBody body = default;
            if (rejection == DropReason.None
                && (EnvelopeBody.Decode(buffer[plaintext], out body) != EnvelopeBodyStatus.Ok || body.PartCount == 0))
            {
                rejection = DropReason.EnvelopeBodyDecodeFailed;
            }

            if (rejection != DropReason.None)
            {
                ciphertext?.Dispose();
                return rejection;
            }

            var place = new BodyPlace(body, message.Layout.BodyOffset + plaintext.Start.Value);
            opened = new Opened { Body = place, MaskedKey = signer, Ciphertext = ciphertext };
            return DropReason.None;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    private static StageResult<DecryptedDhtMessage> Unmask(DhtInboundMessage message, ReadOnlySpan<byte> inverseMask, in Opened opened)
    {
        // A mask of zero has no inverse, and stays zero in a batch.
        if (inverseMask.IndexOfAnyExcept((byte)0) < 0 || !KeyMask.TryUnmask(inverseMask, opened.MaskedKey, out CommsPublicKey sender))
        {
            opened.Ciphertext?.Dispose();
            return DropReason.MessageRejectDecryptionFailed;
        }

        return DecryptedDhtMessage.Succeeded(message, opened.Body, opened.DedupKey, sender, opened.Ciphertext);
    }

    /// <summary>A message that is open and waits for its sender to be unmasked.</summary>
    private struct Opened
    {
        public int Index;
        public BodyPlace Body;
        public DedupKey DedupKey;
        public CommsPublicKey MaskedKey;
        public BufferLease? Ciphertext;
    }
}
