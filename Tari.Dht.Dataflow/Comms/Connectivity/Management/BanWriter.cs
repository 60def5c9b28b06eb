namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>Writes bans to the store; when it fails, some more times a little later.</summary>
/// <remarks>
/// Thread safe. Of bans that wait to be written again there are <see cref="MaxWaiting"/> at most; a further one stays unwritten.
/// </remarks>
internal sealed class BanWriter(Deadlines deadlines)
{
    /// <summary>Bans that wait at most.</summary>
    public const int MaxWaiting = 16;

    /// <summary>Tries after the first one.</summary>
    public const int Retries = 3;

    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(8);

    private readonly Deadlines _deadlines = deadlines;
    private int _waiting;

    /// <summary>Bans that wait to be written again.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The pause before a try: twice the last one, up to a limit.</summary>
    /// <param name="retry">The try, 0 for the first that comes after a failure.</param>
    /// <param name="first">The first pause.</param>
    /// <param name="longest">The limit.</param>
    public static TimeSpan DelayBefore(int retry, TimeSpan first, TimeSpan longest)
    {
        TimeSpan delay = first;
        for (int i = 0; i < retry && delay < longest; i++)
        {
            delay *= 2;
        }

        return delay < longest ? delay : longest;
    }

    /// <summary>Writes a ban.</summary>
    /// <param name="write">Writes it; false if that failed and may succeed later. Must neither wait nor throw.</param>
    /// <param name="isInForce">Whether it is still to be written. Must neither wait nor throw.</param>
    public void Write(Func<bool> write, Func<bool> isInForce)
    {
        if (write())
        {
            return;
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            return;
        }

        new Retry(this, write, isInForce).Begin();
    }

    private sealed class Retry(BanWriter writer, Func<bool> write, Func<bool> isInForce) : IDeadline
    {
        private int _tries;

        public bool IsObsolete => false;

        public void Begin() => Wait();

        public void OnDue()
        {
            _tries++;
            if (isInForce() && !write() && _tries < Retries)
            {
                Wait();
            }
            else
            {
                Interlocked.Decrement(ref writer._waiting);
            }
        }

        private void Wait() => writer._deadlines.Add(this, DelayBefore(_tries, s_firstDelay, s_longestDelay));
    }
}
