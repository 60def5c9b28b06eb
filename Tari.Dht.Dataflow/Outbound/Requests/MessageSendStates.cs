using System.Collections;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>The states of all messages of a request.</summary>
/// <remarks>Immutable. The waits take verdicts that are there already in list order, the others as they come.</remarks>
public sealed class MessageSendStates : IReadOnlyList<MessageSendState>
{
    private readonly MessageSendState[] _states;

    /// <summary>Of these messages.</summary>
    /// <param name="states">The states, in list order.</param>
    public MessageSendStates(params ReadOnlySpan<MessageSendState> states) => _states = states.ToArray();

    internal MessageSendStates(MessageSendState[] states) => _states = states;

    /// <inheritdoc/>
    public int Count => _states.Length;

    /// <inheritdoc/>
    public MessageSendState this[int index] => _states[index];

    /// <summary>The messages' tags, in list order.</summary>
    public ulong[] ToTags() => Array.ConvertAll(_states, static state => state.Tag);

    /// <summary>Verdicts as they come, with their tags.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async IAsyncEnumerable<(ulong Tag, MessageSendResult Result)> AsTheyComeAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        VerdictQueue? queue = null;
        foreach (MessageSendState state in _states)
        {
            if (state.Result.IsCompleted)
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return (state.Tag, await state.Result);
            }
            else
            {
                queue ??= new VerdictQueue();
                queue.Add(state);
            }
        }

        for (int i = queue?.Count ?? 0; i > 0; i--)
        {
            MessageSendState state = await queue!.TakeAsync(cancellationToken);
            yield return (state.Tag, await state.Result);
        }
    }

    /// <summary>Waits for every verdict.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The tags, in list order.</returns>
    public async Task<SendOutcome> WaitAllAsync(CancellationToken cancellationToken = default)
    {
        var succeeded = new List<ulong>();
        var failed = new List<ulong>();
        foreach (MessageSendState state in _states)
        {
            (await state.Result.WaitHereAsync(cancellationToken) == MessageSendResult.Sent ? succeeded : failed).Add(state.Tag);
        }

        return new SendOutcome(succeeded, failed);
    }

    /// <summary>Waits until the share of successes is reached, or every verdict is in.</summary>
    /// <param name="ratio">Successes over all messages; 0 or less ends after the first verdict.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<SendOutcome> WaitPercentageSuccessAsync(float ratio, CancellationToken cancellationToken = default) =>
        WaitUntilAsync((succeeded, total) => (float)succeeded / total >= ratio, cancellationToken);

    /// <summary>Waits until so many messages succeeded, every verdict is in, or the time is up; the latter is no error.</summary>
    /// <param name="timeout">The longest wait, measured from the call.</param>
    /// <param name="count">Successes to wait for; 0 ends after the first verdict.</param>
    /// <param name="timeProvider">The clock; null for the system's.</param>
    /// <param name="cancellationToken">Ends the wait with an exception.</param>
    /// <remarks>The reference subtracts elapsed time twice and so ends early; this waits the whole time.</remarks>
    public async Task<SendOutcome> WaitNTimeoutAsync(
        TimeSpan timeout, int count, TimeProvider? timeProvider = null, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using var timer = new CancellationTokenSource(timeout, timeProvider ?? TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        var succeeded = new List<ulong>();
        var failed = new List<ulong>();
        try
        {
            await CollectAsync(succeeded, failed, (successes, _) => successes >= count, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up: what came in is the answer, also what has not been looked at yet.
            succeeded.Clear();
            failed.Clear();
            foreach (MessageSendState state in _states)
            {
                if (state.Result.IsCompleted)
                {
                    (await state.Result == MessageSendResult.Sent ? succeeded : failed).Add(state.Tag);
                }
            }
        }

        return new SendOutcome(succeeded, failed);
    }

    /// <summary>The verdict of the last message: of the only one, where a request has one recipient.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">There is no message.</exception>
    public Task<MessageSendResult> WaitSingleAsync(CancellationToken cancellationToken = default) => _states.Length == 0
        ? throw new InvalidOperationException("There is no message to wait for.")
        : _states[^1].Result.WaitHereAsync(cancellationToken);

    /// <inheritdoc/>
    public IEnumerator<MessageSendState> GetEnumerator() => ((IEnumerable<MessageSendState>)_states).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private async Task<SendOutcome> WaitUntilAsync(Func<int, int, bool> enough, CancellationToken cancellationToken)
    {
        var succeeded = new List<ulong>();
        var failed = new List<ulong>();
        await CollectAsync(succeeded, failed, enough, cancellationToken);
        return new SendOutcome(succeeded, failed);
    }

    private async Task CollectAsync(
        List<ulong> succeeded, List<ulong> failed, Func<int, int, bool> enough, CancellationToken cancellationToken)
    {
        await foreach ((ulong tag, MessageSendResult result) in AsTheyComeAsync(cancellationToken))
        {
            (result == MessageSendResult.Sent ? succeeded : failed).Add(tag);
            if (enough(succeeded.Count, _states.Length))
            {
                return;
            }
        }
    }
}

/// <summary>What became of a request's messages.</summary>
/// <param name="Succeeded">Tags of those the transport took.</param>
/// <param name="Failed">Tags of those it did not.</param>
public sealed record SendOutcome(IReadOnlyList<ulong> Succeeded, IReadOnlyList<ulong> Failed);
