using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A small reserve of key pairs that are used once: ephemeral keys of encrypted messages and nonces of signatures.</summary>
/// <remarks>
/// <para>
/// Both are a random secret and secret · G, which depend on nothing else, so that a processor without work can make them before they are
/// wanted. A thread of the pool fills the reserve when half of it or more is gone, as long as it finds an idle processor; who finds the
/// reserve empty makes a pair itself. So nobody ever waits for a pair to be made by another thread.
/// </para>
/// <para>
/// A pair is handed out to one caller, once, and zeroed here at that moment; what is left is zeroed when the process ends. The secrets lie in
/// memory that the garbage collector never moves.
/// </para>
/// <para>
/// What runs on a scheduler of its own or in virtual time has no use for it: when the reserve is filled depends on the machine. Thread safe.
/// </para>
/// </remarks>
internal sealed class OneTimeKeys : IThreadPoolWorkItem
{
    /// <summary>Pairs at most: three are used for a discovery, so that this is enough for some twenty at once.</summary>
    internal const int Capacity = 64;

    private const int Length = RistrettoScalar.Length;

    // About 70 us: for so long other work of the pool may have to wait.
    private const int Batch = 8;

    private readonly Lock _lock = new();
    private readonly byte[] _secrets = GC.AllocateArray<byte>(Capacity * Length, pinned: true);
    private readonly byte[] _keys = new byte[Capacity * CommsPublicKey.Length];
    private int _count;
    private bool _isClosed;
    private int _isFilling;

    /// <summary>The reserve of the process.</summary>
    internal static OneTimeKeys Shared { get; } = CreateShared();

    /// <summary>Pairs that are there now.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _count;
            }
        }
    }

    /// <summary>Makes a pair on the spot.</summary>
    /// <param name="secret">32 bytes, written whole: a random scalar, not zero. The caller's to zero.</param>
    /// <param name="publicKey">32 bytes, written whole: secret · G.</param>
    internal static void Make(Span<byte> secret, Span<byte> publicKey)
    {
        RistrettoScalar.Random(secret);
        SecretMultiple.MultiplyBase(secret, publicKey);
    }

    /// <summary>A pair that nobody else gets: from the reserve, or made on the spot when that is empty.</summary>
    /// <param name="secret">32 bytes, written whole. The caller's to zero.</param>
    /// <param name="publicKey">32 bytes, written whole: secret · G.</param>
    internal void Take(Span<byte> secret, Span<byte> publicKey)
    {
        bool isFound;
        bool isHalfGone;
        lock (_lock)
        {
            isFound = _count > 0;
            if (isFound)
            {
                _count--;
                Span<byte> own = SecretAt(_count);
                own.CopyTo(secret);
                CryptographicOperations.ZeroMemory(own);
                KeyAt(_count).CopyTo(publicKey);
            }

            isHalfGone = _count <= Capacity / 2 && !_isClosed;
        }

        if (isHalfGone && Volatile.Read(ref _isFilling) == 0 && HasIdleProcessor() && Interlocked.Exchange(ref _isFilling, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        if (!isFound)
        {
            Make(secret, publicKey);
        }
    }

    /// <summary>Zeroes what is left; from now on pairs are made on the spot.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _count = 0;
            CryptographicOperations.ZeroMemory(_secrets);
        }
    }

    /// <summary>Fills the reserve, or as much of it as other work of the pool leaves time for.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Span<byte> secret = stackalloc byte[Length];
        Span<byte> publicKey = stackalloc byte[CommsPublicKey.Length];
        try
        {
            int made = 0;
            do
            {
                Make(secret, publicKey);
                made++;
            }
            while (TryAdd(secret, publicKey) && (made % Batch != 0 || ThreadPool.PendingWorkItemCount == 0));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            Volatile.Write(ref _isFilling, 0);
        }
    }

    /// <summary>Adds a pair unless the reserve is closed.</summary>
    /// <returns>Whether there is room for more.</returns>
    private bool TryAdd(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> publicKey)
    {
        lock (_lock)
        {
            if (_isClosed || _count == Capacity)
            {
                return false;
            }

            secret.CopyTo(SecretAt(_count));
            publicKey.CopyTo(KeyAt(_count));
            _count++;
            return _count < Capacity;
        }
    }

    private Span<byte> SecretAt(int index) => _secrets.AsSpan(index * Length, Length);

    private Span<byte> KeyAt(int index) => _keys.AsSpan(index * CommsPublicKey.Length, CommsPublicKey.Length);

    // Whether fewer threads of the pool are at work than there are processors. A guess: it may have changed when the answer comes.
    private static bool HasIdleProcessor()
    {
        ThreadPool.GetMaxThreads(out int most, out _);
        ThreadPool.GetAvailableThreads(out int available, out _);
        return most - available < Environment.ProcessorCount;
    }

    private static OneTimeKeys CreateShared()
    {
        var shared = new OneTimeKeys();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => shared.Close();
        return shared;
    }
}
