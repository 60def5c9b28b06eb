using System.Buffers;
using System.Numerics;

namespace Tari.Dht.Dataflow.Buffers;

/// <summary>The pool that message buffers come from: sized for a full graph, with a bound on what it keeps.</summary>
/// <remarks>
/// <para>
/// A message's buffer is rented by one thread and returned by another, and a full graph holds hundreds of them. The runtime's shared pool
/// keeps too few arrays for that and allocates the rest anew; this one keeps, for every power of two from 256 bytes to 16 MiB, up to 8 MiB
/// of arrays (at least two, at most 2048). Larger arrays are not kept.
/// </para>
/// <para>Thread safe. Arrays keep what was in them. What is kept is freed by <see cref="Trim"/> or with the pool.</para>
/// </remarks>
public sealed class DhtBufferPool : ArrayPool<byte>
{
    private const int SmallestBits = 8;
    private const int LargestBits = 24;
    private const int KeptBytesPerBucket = 8 * 1024 * 1024;
    private const int MinKeptArrays = 2;
    private const int MaxKeptArrays = 2048;

    private readonly Bucket[] _buckets;
    private long _oversizeRented;

    /// <summary>An empty pool.</summary>
    public DhtBufferPool()
    {
        _buckets = new Bucket[LargestBits - SmallestBits + 1];
        for (int i = 0; i < _buckets.Length; i++)
        {
            int length = 1 << (SmallestBits + i);
            _buckets[i] = new Bucket(length, Math.Clamp(KeptBytesPerBucket / length, MinKeptArrays, MaxKeptArrays));
        }
    }

    /// <summary>The pool of everything that is not given another one.</summary>
    public static new DhtBufferPool Shared { get; } = new();

    /// <summary>Bytes of the arrays that are out.</summary>
    public long RentedBytes
    {
        get
        {
            long bytes = Interlocked.Read(ref _oversizeRented);
            foreach (Bucket bucket in _buckets)
            {
                bytes += bucket.RentedBytes;
            }

            return bytes;
        }
    }

    /// <summary>Bytes of the arrays that wait to be rented again.</summary>
    public long KeptBytes
    {
        get
        {
            long bytes = 0;
            foreach (Bucket bucket in _buckets)
            {
                bytes += bucket.KeptBytes;
            }

            return bytes;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="minimumLength"/> is negative.</exception>
    public override byte[] Rent(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        int index = IndexOf(minimumLength);
        if (index < _buckets.Length)
        {
            return _buckets[index].Rent();
        }

        Interlocked.Add(ref _oversizeRented, minimumLength);
        return GC.AllocateUninitializedArray<byte>(minimumLength);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The array has a length that this pool does not hand out.</exception>
    public override void Return(byte[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        if (clearArray)
        {
            Array.Clear(array);
        }

        int index = IndexOf(array.Length);
        if (index >= _buckets.Length)
        {
            Interlocked.Add(ref _oversizeRented, -array.Length);
        }
        else if (array.Length == _buckets[index].Length)
        {
            _buckets[index].Return(array);
        }
        else
        {
            throw new ArgumentException($"An array of {array.Length} bytes is not from this pool.", nameof(array));
        }
    }

    /// <summary>Lets go of everything that waits to be rented again.</summary>
    public void Trim()
    {
        foreach (Bucket bucket in _buckets)
        {
            bucket.Trim();
        }
    }

    private static int IndexOf(int length) =>
        length <= 1 << SmallestBits ? 0 : BitOperations.Log2((uint)length - 1) + 1 - SmallestBits;

    private sealed class Bucket(int length, int capacity)
    {
        private readonly Lock _lock = new();

        // Grows with use: most sizes are never asked for.
        private byte[]?[] _kept = [];
        private int _count;
        private long _rented;

        public int Length => length;

        public long RentedBytes => Math.Max(0, Interlocked.Read(ref _rented)) * length;

        public long KeptBytes => (long)Volatile.Read(ref _count) * length;

        public byte[] Rent()
        {
            lock (_lock)
            {
                _rented++;
                if (_count > 0)
                {
                    byte[] array = _kept[--_count]!;
                    _kept[_count] = null;
                    return array;
                }
            }

            return GC.AllocateUninitializedArray<byte>(length);
        }

        public void Return(byte[] array)
        {
            lock (_lock)
            {
                _rented--;
                if (_count == capacity)
                {
                    return;
                }

                if (_count == _kept.Length)
                {
                    Array.Resize(ref _kept, Math.Min(capacity, Math.Max(8, 2 * _count)));
                }

                _kept[_count++] = array;
            }
        }

        public void Trim()
        {
            lock (_lock)
            {
                _kept = [];
                _count = 0;
            }
        }
    }
}
