using System.Diagnostics;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A secret key: a scalar of the Ristretto255 group, and the public key that belongs to it.</summary>
/// <remarks>
/// The scalar lies in memory that the garbage collector never moves, so that no copy of it is left behind, and is zeroed by
/// <see cref="Dispose"/>. The object never shows it: it can't be printed, compared or serialised. Thread safe: what overlaps with
/// <see cref="Dispose"/> is done with the whole secret or throws an <see cref="ObjectDisposedException"/>.
/// </remarks>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class CommsSecretKey : IDisposable
{
    /// <summary>Bytes of an encoded secret key.</summary>
    public const int Length = RistrettoScalar.Length;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _scalar;
    private readonly CommsPublicKey _publicKey;
    private volatile bool _disposed;

    // The scalar has to be canonical.
    private CommsSecretKey(ReadOnlySpan<byte> scalar)
    {
        // First what may fail, so that no secret stays behind in memory that nobody zeroes.
        Span<byte> publicKey = stackalloc byte[CommsPublicKey.Length];
        Ristretto255.MultiplyBase(scalar, publicKey);
        _publicKey = new CommsPublicKey(publicKey);
        _scalar = GC.AllocateUninitializedArray<byte>(Length, pinned: true);
        scalar.CopyTo(_scalar);
    }

    /// <summary>The public key, scalar · G. It outlives the disposal of the secret.</summary>
    public CommsPublicKey PublicKey => _publicKey;

    /// <summary>
    /// The 32 bytes of the scalar, borrowed: not to be kept, and zeros once the key is disposed of. Whoever hands out what was made with
    /// them calls <see cref="ThrowIfDisposed"/> before.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal ReadOnlySpan<byte> Scalar
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _scalar;
        }
    }

    /// <summary>Makes a new random key.</summary>
    /// <returns>A key that the caller owns.</returns>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static CommsSecretKey Generate()
    {
        Span<byte> scalar = stackalloc byte[Length];
        try
        {
            RistrettoScalar.Random(scalar);
            return new CommsSecretKey(scalar);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scalar);
        }
    }

    /// <summary>Reads a key from its canonical encoding.</summary>
    /// <param name="bytes">
    /// 32 little-endian bytes, a number below the order of the group; zero is one. Copied; the caller's bytes stay the caller's to zero.
    /// </param>
    /// <returns>A key that the caller owns.</returns>
    /// <exception cref="KeyFormatException">Another length or value.</exception>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static CommsSecretKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        KeyFormatError error = TryFromBytes(bytes, out CommsSecretKey? key);
        return error == KeyFormatError.None ? key! : throw new KeyFormatException(error);
    }

    /// <summary>Reads a key from its canonical encoding, without an exception for bytes that are none.</summary>
    /// <param name="bytes">
    /// 32 little-endian bytes, a number below the order of the group; zero is one. Copied; the caller's bytes stay the caller's to zero.
    /// </param>
    /// <param name="key">A key that the caller owns; null unless the result is <see cref="KeyFormatError.None"/>.</param>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static KeyFormatError TryFromBytes(ReadOnlySpan<byte> bytes, out CommsSecretKey? key)
    {
        key = null;
        if (bytes.Length != Length)
        {
            return KeyFormatError.IncorrectLength;
        }

        if (!RistrettoScalar.IsCanonical(bytes))
        {
            return KeyFormatError.ConversionError;
        }

        key = new CommsSecretKey(bytes);
        return KeyFormatError.None;
    }

    /// <summary>Reads a key from 64 hexadecimal digits.</summary>
    /// <param name="hex">
    /// The digits in either case; white space around them and a leading <c>0x</c> do not count. The caller's to zero.
    /// </param>
    /// <returns>A key that the caller owns.</returns>
    /// <exception cref="KeyFormatException">Not 64 digits, or not the canonical encoding of a key.</exception>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static CommsSecretKey FromHex(ReadOnlySpan<char> hex)
    {
        KeyFormatError error = TryFromHex(hex, out CommsSecretKey? key);
        return error == KeyFormatError.None ? key! : throw new KeyFormatException(error);
    }

    /// <summary>Reads a key from 64 hexadecimal digits, without an exception for a text that is none.</summary>
    /// <param name="hex">
    /// The digits in either case; white space around them and a leading <c>0x</c> do not count. The caller's to zero.
    /// </param>
    /// <param name="key">A key that the caller owns; null unless the result is <see cref="KeyFormatError.None"/>.</param>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static KeyFormatError TryFromHex(ReadOnlySpan<char> hex, out CommsSecretKey? key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        try
        {
            key = null;
            return HexText.TryDecode(hex, bytes) ? TryFromBytes(bytes, out key) : KeyFormatError.NotHexadecimal;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Reads a key from 64 hexadecimal digits in UTF-8, without an exception for bytes that are none.</summary>
    /// <param name="utf8Hex">
    /// The digits in either case; white space around them and a leading <c>0x</c> do not count. The caller's to zero.
    /// </param>
    /// <param name="key">A key that the caller owns; null unless the result is <see cref="KeyFormatError.None"/>.</param>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static KeyFormatError TryFromHex(ReadOnlySpan<byte> utf8Hex, out CommsSecretKey? key)
    {
        Span<byte> bytes = stackalloc byte[Length];
        try
        {
            key = null;
            return HexText.TryDecode(utf8Hex, bytes) ? TryFromBytes(bytes, out key) : KeyFormatError.NotHexadecimal;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Writes the 32 bytes of the secret, for the application to store them.</summary>
    /// <param name="destination">At least 32 bytes; the caller keeps them safe and zeroes them.</param>
    /// <exception cref="ArgumentException">Less than 32 bytes.</exception>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    public void ExportTo(Span<byte> destination)
    {
        Scalar.CopyTo(destination);
        if (WasDisposed())
        {
            CryptographicOperations.ZeroMemory(destination[..Length]);
            ObjectDisposedException.ThrowIf(true, this);
        }
    }

    /// <summary>Zeroes the secret. Harmless the second time.</summary>
    public void Dispose()
    {
        _disposed = true;

        // No byte is zeroed before everyone can see why.
        Interlocked.MemoryBarrier();
        CryptographicOperations.ZeroMemory(_scalar);
    }

    /// <summary>Throws if <see cref="Scalar"/>, taken before, may have been zeroed while it was used.</summary>
    /// <exception cref="ObjectDisposedException">The key was disposed of.</exception>
    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(WasDisposed(), this);

    /// <summary>The public key, never the secret.</summary>
    public override string ToString() => $"secret key of {_publicKey}";

    private bool WasDisposed()
    {
        // Reads of the scalar do not slip behind that of the flag.
        Interlocked.MemoryBarrier();
        return _disposed;
    }
}
