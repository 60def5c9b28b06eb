using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A node's signature of a claim about itself: its addresses and features, at a time.</summary>
/// <remarks>The addresses, the features and the key belong to the claim and are given to <see cref="Verify"/>. Allocates nothing.</remarks>
public readonly struct IdentitySignature : IEquatable<IdentitySignature>
{
    /// <summary>The version that is signed today. Any other is verified alike.</summary>
    public const byte LatestVersion = 0;

    /// <summary>-262143-01-01T00:00:00Z: the reference has no earlier dates and takes a signature with one for none at all.</summary>
    internal const long MinUpdatedAt = -8_334_601_228_800;

    /// <summary>262142-12-31T23:59:59Z: the last date, likewise.</summary>
    internal const long MaxUpdatedAt = 8_210_266_876_799;

    // How far ahead of this node's clock a claim may be dated.
    private const long MaxSecondsAhead = 24 * 60 * 60;

    private readonly CommsPublicKey _publicNonce;
    private readonly SignatureScalar _scalar;

    /// <summary>Puts a signature together from its parts, none of which is checked except for its length.</summary>
    /// <param name="version">The version, which is only hashed.</param>
    /// <param name="publicNonce">The public nonce.</param>
    /// <param name="scalar">The scalar, 32 bytes.</param>
    /// <param name="updatedAt">When the claim was made: seconds since 1970 in UTC, any value.</param>
    /// <param name="updatedAtNanoseconds">Nanoseconds after that, 0 to 999 999 999; neither signed nor sent.</param>
    /// <exception cref="ArgumentException">The scalar has not 32 bytes, or the nanoseconds are out of their range.</exception>
    public IdentitySignature(
        byte version, in CommsPublicKey publicNonce, ReadOnlySpan<byte> scalar, long updatedAt, int updatedAtNanoseconds = 0)
    {
        PrimitiveArguments.ThrowIfNotLength(scalar, RistrettoScalar.Length);
        ArgumentOutOfRangeException.ThrowIfNegative(updatedAtNanoseconds);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(updatedAtNanoseconds, 999_999_999);
        Version = version;
        UpdatedAt = updatedAt;
        UpdatedAtNanoseconds = updatedAtNanoseconds;
        _publicNonce = publicNonce;
        scalar.CopyTo(_scalar);
    }

    /// <summary>The version, which is only hashed.</summary>
    public byte Version { get; }

    /// <summary>When the claim was made: seconds since 1970 in UTC.</summary>
    public long UpdatedAt { get; }

    /// <summary>
    /// Nanoseconds after <see cref="UpdatedAt"/>; 0 in a signature that was received, because they are neither signed nor sent.
    /// </summary>
    public int UpdatedAtNanoseconds { get; }

    /// <summary>The public nonce R.</summary>
    [UnscopedRef]
    public ref readonly CommsPublicKey PublicNonce => ref _publicNonce;

    /// <summary>The scalar s, 32 bytes.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Scalar => _scalar;

    /// <summary>Compares when two claims were made: negative when <paramref name="left"/> is the older one.</summary>
    /// <param name="left">A signature.</param>
    /// <param name="right">Another one.</param>
    public static int CompareDates(in IdentitySignature left, in IdentitySignature right)
    {
        int order = left.UpdatedAt.CompareTo(right.UpdatedAt);
        return order != 0 ? order : left.UpdatedAtNanoseconds.CompareTo(right.UpdatedAtNanoseconds);
    }

    /// <summary>Signs a claim with a fresh nonce from the system.</summary>
    /// <param name="key">The node's key.</param>
    /// <param name="features">The node's features as bits.</param>
    /// <param name="addresses">The node's addresses in binary form; their order counts.</param>
    /// <param name="updatedAt">Seconds since 1970 in UTC, 0 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="updatedAt"/> is negative.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public static IdentitySignature Sign(CommsSecretKey key, uint features, ReadOnlySpan<ReadOnlyMemory<byte>> addresses, long updatedAt)
    {
        ArgumentNullException.ThrowIfNull(key);
        Span<byte> nonceSecret = stackalloc byte[RistrettoScalar.Length];
        try
        {
            RistrettoScalar.Random(nonceSecret);
            return Sign(key, nonceSecret, LatestVersion, features, addresses, updatedAt);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(nonceSecret);
        }
    }

    /// <summary>Signs a claim with a given nonce and version. Two claims with one nonce give the secret away.</summary>
    /// <param name="key">The node's key.</param>
    /// <param name="nonceSecret">A canonical scalar of 32 bytes, the caller's to zero.</param>
    /// <param name="version">The version to hash.</param>
    /// <param name="features">The node's features as bits.</param>
    /// <param name="addresses">The node's addresses in binary form; their order counts.</param>
    /// <param name="updatedAt">Seconds since 1970 in UTC, 0 or more.</param>
    internal static IdentitySignature Sign(
        CommsSecretKey key,
        ReadOnlySpan<byte> nonceSecret,
        byte version,
        uint features,
        ReadOnlySpan<ReadOnlyMemory<byte>> addresses,
        long updatedAt)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(updatedAt);
        Span<byte> publicNonce = stackalloc byte[CommsPublicKey.Length];
        Span<byte> challenge = stackalloc byte[Schnorr.ChallengeLength];
        Span<byte> scalar = stackalloc byte[RistrettoScalar.Length];
        Ristretto255.MultiplyBase(nonceSecret, publicNonce);
        Challenge(key.PublicKey, publicNonce, version, features, addresses, updatedAt, challenge);
        Schnorr.Sign(key.Scalar, nonceSecret, challenge, scalar);
        key.ThrowIfDisposed();
        return new IdentitySignature(version, new CommsPublicKey(publicNonce), scalar, updatedAt);
    }

    /// <summary>The challenge before its reduction; every address is an input of its own.</summary>
    internal static void Challenge(
        in CommsPublicKey publicKey,
        ReadOnlySpan<byte> publicNonce,
        byte version,
        uint features,
        ReadOnlySpan<ReadOnlyMemory<byte>> addresses,
        long updatedAt,
        Span<byte> challenge)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        DomainHasher hasher = DomainHasher.IdentitySignature();
        hasher.Append(publicKey.Bytes);
        hasher.Append(publicNonce);
        hasher.Append(new ReadOnlySpan<byte>(in version));
        BinaryPrimitives.WriteInt64LittleEndian(number, updatedAt);
        hasher.Append(number);
        BinaryPrimitives.WriteUInt32LittleEndian(number, features);
        hasher.Append(number[..sizeof(uint)]);
        foreach (ReadOnlyMemory<byte> address in addresses)
        {
            hasher.Append(address.Span);
        }

        hasher.Finish(challenge);
    }

    /// <summary>Whether this is the signature of a claim by the owner of <paramref name="publicKey"/>.</summary>
    /// <param name="publicKey">Whose claim it is said to be; any 32 bytes.</param>
    /// <param name="features">The claimed features as bits.</param>
    /// <param name="addresses">The claimed addresses in binary form, in the claim's order.</param>
    /// <param name="now">The clock of this node.</param>
    /// <remarks>
    /// The date is looked at last: only the owner of the key can bring about <see cref="IdentitySignatureStatus.FromFuture"/>.
    /// </remarks>
    public IdentitySignatureStatus Verify(
        in CommsPublicKey publicKey, uint features, ReadOnlySpan<ReadOnlyMemory<byte>> addresses, DateTimeOffset now)
    {
        if (UpdatedAt is < 0 or > MaxUpdatedAt)
        {
            return IdentitySignatureStatus.Invalid;
        }

        Span<byte> challenge = stackalloc byte[Schnorr.ChallengeLength];
        Challenge(publicKey, _publicNonce.Bytes, Version, features, addresses, UpdatedAt, challenge);
        if (!VerifiedSignatures.Contains(challenge, Scalar))
        {
            if (!Schnorr.Verify(publicKey.Bytes, _publicNonce.Bytes, challenge, Scalar))
            {
                return IdentitySignatureStatus.Invalid;
            }

            VerifiedSignatures.Add(challenge, Scalar);
        }

        return VerifyDate(now);
    }

    /// <summary>As <see cref="Verify"/> for a signature that was verified before, with a clock that need not agree.</summary>
    /// <param name="now">The clock of this node.</param>
    internal IdentitySignatureStatus VerifyDate(DateTimeOffset now)
    {
        // Not with the clock's own type, which has no nanoseconds and no day after its last one.
        long latest = now.ToUnixTimeSeconds() + MaxSecondsAhead;
        long nanoseconds = now.UtcTicks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        return UpdatedAt > latest || (UpdatedAt == latest && UpdatedAtNanoseconds > nanoseconds)
            ? IdentitySignatureStatus.FromFuture
            : IdentitySignatureStatus.Ok;
    }

    /// <inheritdoc/>
    public bool Equals(IdentitySignature other) =>
        Version == other.Version
        && UpdatedAt == other.UpdatedAt
        && UpdatedAtNanoseconds == other.UpdatedAtNanoseconds
        && _publicNonce == other._publicNonce
        && Scalar.SequenceEqual(other.Scalar);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is IdentitySignature other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(UpdatedAt, _publicNonce);

    /// <summary>Equality of all parts.</summary>
    public static bool operator ==(in IdentitySignature left, in IdentitySignature right) => left.Equals(right);

    /// <summary>Inequality of any part.</summary>
    public static bool operator !=(in IdentitySignature left, in IdentitySignature right) => !left.Equals(right);
}
