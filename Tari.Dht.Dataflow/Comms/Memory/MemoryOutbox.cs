using System.Threading.Tasks.Dataflow;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Where a node's graph puts what it sends: a bounded target, which passes messages on in order.</summary>
/// <remarks>As a dataflow block's target, but all of it happens on one scheduler, its end too, so that a simulation repeats.</remarks>
internal sealed class MemoryOutbox : ITargetBlock<OutboundMessage>
{
    private readonly Lock _gate = new();
    private readonly Queue<ISourceBlock<OutboundMessage>> _order = new();
    private readonly Dictionary<ISourceBlock<OutboundMessage>, DataflowMessageHeader> _postponed = [];
    private readonly TaskCompletionSource _completion = new();
    private readonly TurnQueue _turns;
    private readonly ITurnTarget _node;
    private readonly int _kind;
    private readonly int _capacity;
    private int _count;
    private bool _completing;
    private bool _ended;

    /// <param name="turns">Where it runs.</param>
    /// <param name="node">Takes the messages, each in a turn, and then calls <see cref="Done"/>.</param>
    /// <param name="kind">The kind of these turns.</param>
    /// <param name="capacity">Messages that wait for their turn.</param>
    public MemoryOutbox(TurnQueue turns, ITurnTarget node, int kind, int capacity)
    {
        _turns = turns;
        _node = node;
        _kind = kind;
        _capacity = capacity;
    }

    public Task Completion => _completion.Task;

    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, OutboundMessage messageValue, ISourceBlock<OutboundMessage>? source, bool consumeToAccept)
    {
        if (!messageHeader.IsValid)
        {
            throw new ArgumentException("The header is not valid.", nameof(messageHeader));
        }

        if (consumeToAccept && source is null)
        {
            throw new ArgumentException("There is no source to consume from.", nameof(consumeToAccept));
        }

        lock (_gate)
        {
            if (_completing)
            {
                return DataflowMessageStatus.DecliningPermanently;
            }

            if (_count >= _capacity || _order.Count > 0)
            {
                if (source is null)
                {
                    return DataflowMessageStatus.Declined;
                }

                if (!_postponed.ContainsKey(source))
                {
                    _order.Enqueue(source);
                }

                _postponed[source] = messageHeader;
                return DataflowMessageStatus.Postponed;
            }

            OutboundMessage? message = messageValue;
            if (consumeToAccept)
            {
                message = source!.ConsumeMessage(messageHeader, this, out bool consumed);
                if (!consumed)
                {
                    return DataflowMessageStatus.NotAvailable;
                }
            }

            _count++;
            _turns.Post(new Turn(_node, _kind, message));
            return DataflowMessageStatus.Accepted;
        }
    }

    public void Complete()
    {
        List<(ISourceBlock<OutboundMessage> Source, DataflowMessageHeader Header)> released = [];
        lock (_gate)
        {
            _completing = true;
            foreach ((ISourceBlock<OutboundMessage> source, DataflowMessageHeader header) in _postponed)
            {
                released.Add((source, header));
            }

            _postponed.Clear();
            _order.Clear();
        }

        foreach ((ISourceBlock<OutboundMessage> source, DataflowMessageHeader header) in released)
        {
            // Tells the source that somebody else may have it.
            if (source.ReserveMessage(header, this))
            {
                source.ReleaseReservation(header, this);
            }
        }

        EndIfDone();
    }

    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Complete();
    }

    /// <summary>A message had its turn: there is room for one that was postponed.</summary>
    public void Done()
    {
        lock (_gate)
        {
            _count--;
        }

        while (true)
        {
            ISourceBlock<OutboundMessage> source;
            DataflowMessageHeader header;
            lock (_gate)
            {
                if (_count >= _capacity || !_order.TryDequeue(out source!))
                {
                    break;
                }

                _postponed.Remove(source, out header);
                _count++;
            }

            OutboundMessage? message = source.ConsumeMessage(header, this, out bool consumed);
            if (consumed)
            {
                _turns.Post(new Turn(_node, _kind, message));
            }
            else
            {
                lock (_gate)
                {
                    _count--;
                }
            }
        }

        EndIfDone();
    }

    private void EndIfDone()
    {
        lock (_gate)
        {
            if (!_completing || _count > 0 || _ended)
            {
                return;
            }

            _ended = true;
        }

        _turns.Start(static state => ((TaskCompletionSource)state!).TrySetResult(), _completion);
    }
}
