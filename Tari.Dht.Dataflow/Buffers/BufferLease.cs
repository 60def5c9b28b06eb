using System.Buffers;
using System.Diagnostics;

namespace Tari.Dht.Dataflow.Buffers;

/// <summary>One owner's hold on a pooled array: returned to its pool when disposed.</summary>
/// <remarks>
/// Ownership is single: a method that returns a lease gives it to the caller, a method that takes one keeps it. Views
/// (<see cref="Span"/>, <see cref="Memory"/>) are borrowed and end with the lease. Disposing twice is harmless, also from two
/// threads at once; reading a view from a disposed lease throws. Contents of a fresh lease are undefined, and they are
/// not cleared on return: what must be zeroed is zeroed by who wrote it.
/// </remarks>
public sealed class BufferLease : IDisposable
{
    private readonly ArrayPool<byte> _pool;
    private byte[]? _array;

    private BufferLease(ArrayPool<byte> pool, byte[] array, int length)
    {
        _pool = pool;
        _array = array;
        Length = length;
    }

    /// <summary>The length asked for, in bytes; the pooled array may be longer.</summary>
    public int Length { get; }

    /// <summary>The leased bytes, <see cref="Length"/> long.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public Span<byte> Span => new(Array, 0, Length);

    /// <summary>The leased bytes, <see cref="Length"/> long.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public Memory<byte> Memory => new(Array, 0, Length);

    private byte[] Array
    {
        get
        {
            byte[]? array = _array;
            ObjectDisposedException.ThrowIf(array is null, this);
            return array;
        }
    }

    /// <summary>Rents <paramref name="length"/> bytes from <paramref name="pool"/>.</summary>
    /// <param name="pool">Where the array comes from and goes back to.</param>
    /// <param name="length">Bytes needed, 0 or more.</param>
    /// <returns>A lease that the caller owns.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    public static BufferLease Rent(ArrayPool<byte> pool, int length)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        byte[] array = pool.Rent(length);
        Debug.Assert(array.Length >= length);
        return new BufferLease(pool, array, length);
    }

    /// <summary>Rents a lease and fills it with a copy of <paramref name="source"/>.</summary>
    /// <param name="pool">Where the array comes from and goes back to.</param>
    /// <param name="source">Bytes to copy.</param>
    /// <returns>A lease that the caller owns.</returns>
    public static BufferLease CopyOf(ArrayPool<byte> pool, ReadOnlySpan<byte> source)
    {
        BufferLease lease = Rent(pool, source.Length);
        source.CopyTo(lease.Span);
        return lease;
    }

    /// <summary>Gives the array and its pool away to another owner; the lease is as good as disposed.</summary>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    internal byte[] Detach(out ArrayPool<byte> pool)
    {
        byte[]? array = Interlocked.Exchange(ref _array, null);
        ObjectDisposedException.ThrowIf(array is null, this);
        pool = _pool;
        return array;
    }

    /// <summary>Returns the array to its pool. Only the first call does.</summary>
    public void Dispose()
    {
        byte[]? array = Interlocked.Exchange(ref _array, null);
        if (array is not null)
        {
            _pool.Return(array);
        }
    }
}
