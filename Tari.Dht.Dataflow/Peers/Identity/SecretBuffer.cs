using System.Buffers;
using System.Security.Cryptography;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A growing buffer for bytes among which is a secret: it leaves no copies behind and is zeroed when it is disposed of.</summary>
internal sealed class SecretBuffer : IBufferWriter<byte>, IDisposable
{
    private const int MinLength = 1024;

    private byte[] _buffer = Allocate(MinLength);
    private int _written;

    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _written);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _buffer.Length - _written);
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        if (_buffer.Length - _written < Math.Max(1, sizeHint))
        {
            byte[] larger = Allocate(Math.Max(_buffer.Length * 2, checked(_written + sizeHint)));
            Written.CopyTo(larger);
            CryptographicOperations.ZeroMemory(_buffer);
            _buffer = larger;
        }

        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose() => CryptographicOperations.ZeroMemory(_buffer);

    // The garbage collector never moves it, so that zeroing it zeroes all there is.
    private static byte[] Allocate(int length) => GC.AllocateUninitializedArray<byte>(length, pinned: true);
}
