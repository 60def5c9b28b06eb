using System.Buffers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A pool that proves its users honest: everything rented comes back, once, and is not touched after that.</summary>
/// <remarks>Arrays are never reused. What comes back is filled with a pattern, which <see cref="AssertWhole"/> looks at again.</remarks>
internal sealed class CheckingArrayPool : ArrayPool<byte>
{
    private const byte Pattern = 0xdd;

    private readonly Lock _lock = new();
    private readonly HashSet<byte[]> _rented = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<byte[]> _returned = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _offences = [];

    public int RentCount { get; private set; }

    public int Outstanding
    {
        get
        {
            lock (_lock)
            {
                return _rented.Count;
            }
        }
    }

    public override byte[] Rent(int minimumLength)
    {
        // Longer than asked for, and not zero: both happen with the shared pool.
        byte[] array = new byte[minimumLength + 7];
        array.AsSpan().Fill(0xa5);
        lock (_lock)
        {
            RentCount++;
            _rented.Add(array);
        }

        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        lock (_lock)
        {
            if (!_rented.Remove(array))
            {
                _offences.Add(_returned.Contains(array)
                    ? $"{array.Length} bytes were returned twice"
                    : $"{array.Length} bytes of somebody else were returned");
                return;
            }

            _returned.Add(array);
            array.AsSpan().Fill(Pattern);
        }
    }

    /// <summary>Fails unless everything is back, once, and untouched since.</summary>
    public void AssertWhole()
    {
        lock (_lock)
        {
            Assert.Multiple(() =>
            {
                Assert.That(_offences, Is.Empty, "returns");
                Assert.That(_rented, Is.Empty, "not returned");
                Assert.That(
                    _returned.Count(array => array.AsSpan().IndexOfAnyExcept(Pattern) >= 0),
                    Is.Zero,
                    "arrays written to after their return");
            });
        }
    }
}
