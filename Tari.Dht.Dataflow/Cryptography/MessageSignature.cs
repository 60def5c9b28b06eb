using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>The Schnorr signature of a message: signer, public nonce and scalar, 32 bytes each.</summary>
/// <remarks>
/// A value of 96 bytes, best passed by reference. What it holds may come from a peer and is unchecked until <see cref="Verify"/>.
/// Allocates nothing. Its canonical encoding:
/// <code>
///   0    1    2      34   35   36     68   69   70     102
///   +----+----+------+----+----+------+----+----+------+
///   | 0a | 20 |  P   | 12 | 20 |  R   | 1a | 20 |  s   |
///   +----+----+------+----+----+------+----+----+------+
/// </code>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct MessageSignature : IEquatable<MessageSignature>
{
    /// <summary>Bytes of the canonical protobuf encoding.</summary>
    public const int WireLength = 3 * (2 + FieldLength);

    private const int FieldLength = 32;

    // Fields 1 to 3 of type bytes, 32 bytes long.
    private const byte SignerTag = 0x0a;
    private const byte NonceTag = 0x12;
    private const byte ScalarTag = 0x1a;

    private readonly CommsPublicKey _signer;
    private readonly CommsPublicKey _publicNonce;
    private readonly SignatureScalar _scalar;

    /// <summary>Puts a signature together from its parts, none of which is checked except for its length.</summary>
    /// <param name="signer">The signer's key.</param>
    /// <param name="publicNonce">The public nonce.</param>
    /// <param name="scalar">The scalar, 32 bytes.</param>
    /// <exception cref="ArgumentException">The scalar has not 32 bytes.</exception>
    public MessageSignature(in CommsPublicKey signer, in CommsPublicKey publicNonce, ReadOnlySpan<byte> scalar)
    {
        PrimitiveArguments.ThrowIfNotLength(scalar, FieldLength);
        _signer = signer;
        _publicNonce = publicNonce;
        scalar.CopyTo(_scalar);
    }

    /// <summary>The key that signed; of an encrypted message it is the masked key of the sender.</summary>
    [UnscopedRef]
    public ref readonly CommsPublicKey Signer => ref _signer;

    /// <summary>The public nonce R.</summary>
    [UnscopedRef]
    public ref readonly CommsPublicKey PublicNonce => ref _publicNonce;

    /// <summary>The scalar s, 32 bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Scalar => _scalar;

    /// <summary>Signs a message with a fresh nonce from the system.</summary>
    /// <param name="key">The signer's key.</param>
    /// <param name="message">What is signed: for messages of the DHT, the binding hash of 32 bytes.</param>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public static MessageSignature Sign(CommsSecretKey key, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(key);
        MessageSignature signature = Sign(key.Scalar, key.PublicKey, message);
        key.ThrowIfDisposed();
        return signature;
    }

    /// <summary>Signs a message with a bare secret, as that of a masked key, whose public key is known already.</summary>
    /// <param name="secret">A canonical scalar of 32 bytes.</param>
    /// <param name="publicKey">secret · G.</param>
    /// <param name="message">What is signed.</param>
    internal static MessageSignature Sign(ReadOnlySpan<byte> secret, in CommsPublicKey publicKey, ReadOnlySpan<byte> message)
    {
        Span<byte> nonceSecret = stackalloc byte[RistrettoScalar.Length];
        try
        {
            RistrettoScalar.Random(nonceSecret);
            return Sign(secret, publicKey, nonceSecret, message);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(nonceSecret);
        }
    }

    /// <summary>Signs a message with a given nonce. Two messages with one nonce give the secret away.</summary>
    /// <param name="secret">A canonical scalar of 32 bytes.</param>
    /// <param name="publicKey">secret · G.</param>
    /// <param name="nonceSecret">A canonical scalar of 32 bytes, the caller's to zero.</param>
    /// <param name="message">What is signed.</param>
    internal static MessageSignature Sign(
        ReadOnlySpan<byte> secret, in CommsPublicKey publicKey, ReadOnlySpan<byte> nonceSecret, ReadOnlySpan<byte> message)
    {
        Span<byte> publicNonce = stackalloc byte[FieldLength];
        SecretMultiple.MultiplyBase(nonceSecret, publicNonce);
        return Sign(secret, publicKey, nonceSecret, publicNonce, message);
    }

    /// <summary>Signs a message with a given nonce whose public side is known already.</summary>
    /// <param name="secret">A canonical scalar of 32 bytes.</param>
    /// <param name="publicKey">secret · G.</param>
    /// <param name="nonceSecret">A canonical scalar of 32 bytes that signs nothing else, the caller's to zero.</param>
    /// <param name="publicNonce">nonceSecret · G, 32 bytes.</param>
    /// <param name="message">What is signed.</param>
    internal static MessageSignature Sign(
        ReadOnlySpan<byte> secret,
        in CommsPublicKey publicKey,
        ReadOnlySpan<byte> nonceSecret,
        ReadOnlySpan<byte> publicNonce,
        ReadOnlySpan<byte> message)
    {
        Span<byte> challenge = stackalloc byte[Schnorr.ChallengeLength];
        Span<byte> scalar = stackalloc byte[FieldLength];
        Challenge(publicKey.Bytes, publicNonce, message, challenge);
        Schnorr.Sign(secret, nonceSecret, challenge, scalar);
        return new MessageSignature(publicKey, new CommsPublicKey(publicNonce), scalar);
    }

    /// <summary>The challenge before its reduction: signer, public nonce and message, hashed.</summary>
    internal static void Challenge(
        ReadOnlySpan<byte> signer, ReadOnlySpan<byte> publicNonce, ReadOnlySpan<byte> message, Span<byte> challenge)
    {
        DomainHasher hasher = DomainHasher.MessageSignature();
        hasher.Append(signer);
        hasher.Append(publicNonce);
        hasher.Append(message);
        hasher.Finish(challenge);
    }

    /// <summary>Reads the canonical encoding, which has always 102 bytes.</summary>
    /// <param name="wire">Bytes from a peer, of any length.</param>
    /// <param name="signature">The signature, its parts unchecked; default on failure.</param>
    /// <returns>
    /// <see langword="false"/> for everything else, be it that it doesn't decode, that it isn't canonical, or that a part has not 32 bytes.
    /// </returns>
    public static bool TryReadCanonical(ReadOnlySpan<byte> wire, out MessageSignature signature)
    {
        if (wire.Length != WireLength
            || wire[0] != SignerTag || wire[1] != FieldLength
            || wire[34] != NonceTag || wire[35] != FieldLength
            || wire[68] != ScalarTag || wire[69] != FieldLength)
        {
            signature = default;
            return false;
        }

        signature = new MessageSignature(
            new CommsPublicKey(wire.Slice(2, FieldLength)), new CommsPublicKey(wire.Slice(36, FieldLength)), wire.Slice(70, FieldLength));
        return true;
    }

    /// <summary>Writes the canonical protobuf encoding.</summary>
    /// <param name="destination">At least 102 bytes; the first 102 are written.</param>
    /// <exception cref="ArgumentException">Less than 102 bytes.</exception>
    public void WriteTo(Span<byte> destination)
    {
        if (destination.Length < WireLength)
        {
            throw new ArgumentException($"{WireLength} bytes are needed, not {destination.Length}.", nameof(destination));
        }

        destination[0] = SignerTag;
        destination[1] = FieldLength;
        _signer.Bytes.CopyTo(destination[2..]);
        destination[34] = NonceTag;
        destination[35] = FieldLength;
        _publicNonce.Bytes.CopyTo(destination[36..]);
        destination[68] = ScalarTag;
        destination[69] = FieldLength;
        Scalar.CopyTo(destination[70..]);
    }

    /// <summary>Whether this is a signature of <paramref name="message"/> by <see cref="Signer"/>.</summary>
    /// <param name="message">What was signed: for messages of the DHT, the binding hash of 32 bytes.</param>
    /// <returns><see cref="MessageSignatureError.None"/> if it is, else the reason that the reference gives.</returns>
    public MessageSignatureError Verify(ReadOnlySpan<byte> message) => IsValid(message) ? MessageSignatureError.None : FindError();

    /// <summary>
    /// <see cref="Verify"/> for those whom the reason does not concern: finding it makes forgeries dearer than good signatures.
    /// </summary>
    /// <param name="message">What was signed: for messages of the DHT, the binding hash of 32 bytes.</param>
    public bool IsValid(ReadOnlySpan<byte> message)
    {
        Span<byte> challenge = stackalloc byte[Schnorr.ChallengeLength];
        Challenge(_signer.Bytes, _publicNonce.Bytes, message, challenge);
        return Schnorr.Verify(_signer.Bytes, _publicNonce.Bytes, challenge, Scalar);
    }

    /// <inheritdoc/>
    public bool Equals(MessageSignature other) =>
        _signer == other._signer && _publicNonce == other._publicNonce && Scalar.SequenceEqual(other.Scalar);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MessageSignature other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_signer, _publicNonce);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(in MessageSignature left, in MessageSignature right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(in MessageSignature left, in MessageSignature right) => !left.Equals(right);

    // The order in which the reference looks at the parts; it blames a nonce that is no point on the scalar.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private MessageSignatureError FindError()
    {
        if (!RistrettoScalar.IsCanonical(Scalar) || !Ristretto255.IsPoint(_publicNonce.Bytes))
        {
            return MessageSignatureError.InvalidSignatureBytes;
        }

        return Ristretto255.IsPoint(_signer.Bytes)
            ? MessageSignatureError.InvalidSignature
            : MessageSignatureError.InvalidSignerPublicKeyBytes;
    }
}
