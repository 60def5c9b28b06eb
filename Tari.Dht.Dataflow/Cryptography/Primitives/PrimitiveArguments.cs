using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Checks of lengths in front of native code, which trusts them.</summary>
internal static class PrimitiveArguments
{
    /// <summary>Throws unless a buffer has the length that native code will read or write.</summary>
    /// <exception cref="ArgumentException">Another length.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void ThrowIfNotLength(
        ReadOnlySpan<byte> buffer, int length, [CallerArgumentExpression(nameof(buffer))] string? name = null)
    {
        if (buffer.Length != length)
        {
            Throw(buffer.Length, length, name);
        }
    }

    [DoesNotReturn]
    private static void Throw(int actual, int expected, string? name) =>
        throw new ArgumentException($"{expected} bytes are needed, not {actual}.", name);
}
