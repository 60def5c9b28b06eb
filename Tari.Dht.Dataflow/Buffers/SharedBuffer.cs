namespace Tari.Dht.Dataflow.Buffers;

/// <summary>A lease that several holders share: the array goes back when the last of them lets go.</summary>
/// <remarks>
/// Made with one reference, held by its maker. Every further holder calls <see cref="Retain"/> once and
/// <see cref="Release"/> once, from any thread. A holder that may be disposed twice guards its own release; a release too
/// many throws, because it would take the bytes from under another holder.
/// </remarks>
public sealed class SharedBuffer
{
    private readonly BufferLease _lease;
    private readonly int _offset;
    private int _references;

    /// <summary>
    /// Takes over <paramref name="lease"/>, of which <paramref name="length"/> bytes from <paramref name="offset"/> are shared.
    /// </summary>
    /// <param name="lease">The lease; owned by this object from here on.</param>
    /// <param name="offset">Where the shared bytes start.</param>
    /// <param name="length">How many bytes are shared.</param>
    /// <param name="references">How many references the maker holds at the start, 1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is outside the lease, or there is no reference.</exception>
    public SharedBuffer(BufferLease lease, int offset, int length, int references = 1)
    {
        ArgumentNullException.ThrowIfNull(lease);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, lease.Length - offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(references);
        _lease = lease;
        _offset = offset;
        Length = length;
        _references = references;
    }

    /// <summary>Shared bytes.</summary>
    public int Length { get; }

    /// <summary>The shared bytes; valid while the caller holds a reference.</summary>
    /// <exception cref="ObjectDisposedException">The last reference was released.</exception>
    public ReadOnlyMemory<byte> Memory => _lease.Memory.Slice(_offset, Length);

    /// <summary>Adds a reference.</summary>
    /// <exception cref="ObjectDisposedException">The last reference was released before.</exception>
    public void Retain()
    {
        int seen = Volatile.Read(ref _references);
        while (true)
        {
            ObjectDisposedException.ThrowIf(seen <= 0, this);
            int found = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    /// <summary>Gives a reference back; the last one returns the array.</summary>
    /// <exception cref="InvalidOperationException">There was no reference left: a holder released twice.</exception>
    public void Release()
    {
        int left = Interlocked.Decrement(ref _references);
        if (left == 0)
        {
            _lease.Dispose();
        }
        else if (left < 0)
        {
            throw new InvalidOperationException("A shared buffer was released more often than it was retained.");
        }
    }
}
