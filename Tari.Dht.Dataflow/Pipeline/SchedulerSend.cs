using System.Threading.Tasks.Dataflow;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Sends that wait for room and don't leave the scheduler of whoever waits.</summary>
/// <remarks>
/// <see cref="DataflowBlock.SendAsync{TInput}(ITargetBlock{TInput}, TInput, CancellationToken)"/> to a full block passes through the thread
/// pool when there is room, and so gives up a scheduler's order.
/// </remarks>
internal static class SchedulerSend
{
    private static readonly DataflowMessageHeader s_header = new(1);

    /// <summary>Gives a message to a block, once it has room.</summary>
    /// <typeparam name="T">The message.</typeparam>
    /// <param name="target">The block.</param>
    /// <param name="message">The message; the block's from when the answer is true.</param>
    /// <param name="cancellationToken">Ends the waiting; the block does not get the message then.</param>
    /// <returns>False if the block takes no messages any more.</returns>
    /// <exception cref="OperationCanceledException">The token was first.</exception>
    public static Task<bool> SendHereAsync<T>(this ITargetBlock<T> target, T message, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        return target.Post(message) ? Task.FromResult(true) : OfferAsync(target, message, cancellationToken);
    }

    private static async Task<bool> OfferAsync<T>(ITargetBlock<T> target, T message, CancellationToken cancellationToken)
    {
        var offer = new Offer<T>(target, message);
        using (cancellationToken.UnsafeRegister(static (state, token) => ((Offer<T>)state!).Cancel(token), offer))
        {
            offer.Make();
            return await offer.Task;
        }
    }

    /// <summary>A source of one message.</summary>
    private sealed class Offer<T>(ITargetBlock<T> target, T message)
        : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), ISourceBlock<T>
    {
        private const int Open = 0;
        private const int Reserved = 1;
        private const int Over = 2;

        private int _state;
        private CancellationToken _cancelled;

        Task IDataflowBlock.Completion => Task;

        public void Make()
        {
            // A target that accepts fetches the message, so that it is either cancelled or consumed.
            DataflowMessageStatus status = target.OfferMessage(s_header, message, this, consumeToAccept: true);
            if (status is not (DataflowMessageStatus.Postponed or DataflowMessageStatus.Accepted)
                && Interlocked.CompareExchange(ref _state, Over, Open) == Open)
            {
                TrySetResult(false);
            }
        }

        public void Cancel(CancellationToken token)
        {
            _cancelled = token;
            if (Interlocked.CompareExchange(ref _state, Over, Open) == Open)
            {
                TrySetCanceled(token);
            }
        }

        public T? ConsumeMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> consumer, out bool messageConsumed)
        {
            messageConsumed = Interlocked.Exchange(ref _state, Over) != Over;
            if (!messageConsumed)
            {
                return default;
            }

            TrySetResult(true);
            return message;
        }

        public bool ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<T> consumer) =>
            Interlocked.CompareExchange(ref _state, Reserved, Open) == Open;

        public void ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<T> consumer)
        {
            Interlocked.Exchange(ref _state, Open);
            if (_cancelled.IsCancellationRequested)
            {
                Cancel(_cancelled);
            }
            else
            {
                // A block that ends lets go of what it postponed in this way; it is asked again, and refuses.
                Make();
            }
        }

        public IDisposable LinkTo(ITargetBlock<T> other, DataflowLinkOptions linkOptions) => throw new NotSupportedException();

        public void Complete() => throw new NotSupportedException();

        public void Fault(Exception exception) => throw new NotSupportedException();
    }
}
