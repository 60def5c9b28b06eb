using System.Threading.Channels;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>Puts the states of messages into the order of their verdicts, at a cost that each state causes once.</summary>
/// <remarks>For one reader. What happens here runs on the scheduler of whoever adds.</remarks>
internal sealed class VerdictQueue
{
    private readonly Channel<MessageSendState> _ready =
        Channel.CreateUnbounded<MessageSendState>(new UnboundedChannelOptions { SingleReader = true });

    private Action<Task, object?>? _enqueue;

    /// <summary>States added.</summary>
    public int Count { get; private set; }

    public void Add(MessageSendState state)
    {
        Count++;
        _enqueue ??= (_, added) => _ready.Writer.TryWrite((MessageSendState)added!);
        state.Result.ContinueWith(_enqueue, state, CancellationToken.None, TaskContinuationOptions.DenyChildAttach, TaskScheduler.Current);
    }

    /// <summary>The next state that has its verdict.</summary>
    public ValueTask<MessageSendState> TakeAsync(CancellationToken cancellationToken) => _ready.Reader.ReadAsync(cancellationToken);
}
