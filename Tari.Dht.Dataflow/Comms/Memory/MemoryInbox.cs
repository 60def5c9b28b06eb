using System.Threading.Tasks.Dataflow;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>The messages that a node has received and its graph has not taken: a bounded source.</summary>
/// <remarks>
/// As a dataflow block's source, but all of it happens on one scheduler, its end too, so that a simulation repeats. A message belongs to
/// the target that takes it, and to the inbox until then.
/// </remarks>
internal sealed class MemoryInbox : ISourceBlock<InboundMessage>
{
    // Offering and taking exclude each other; a target may take within an offer.
    private readonly Lock _gate = new();
    private readonly Queue<InboundMessage> _messages = new();
    private readonly List<Link> _links = [];
    private readonly TaskCompletionSource _completion = new();
    private readonly TurnQueue _turns;
    private readonly int _capacity;
    private readonly Action _roomMade;
    private long _head = 1;
    private ITargetBlock<InboundMessage>? _reservedBy;
    private bool _wasFull;
    private bool _offering;
    private bool _stopped;
    private bool _ended;

    /// <param name="turns">Where it runs.</param>
    /// <param name="capacity">Messages that it holds.</param>
    /// <param name="roomMade">Called when there is room again after a refusal.</param>
    public MemoryInbox(TurnQueue turns, int capacity, Action roomMade)
    {
        _turns = turns;
        _capacity = capacity;
        _roomMade = roomMade;
    }

    public Task Completion => _completion.Task;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _messages.Count;
            }
        }
    }

    /// <summary>Takes a message over.</summary>
    /// <returns>False if there is no room now; the message is still the caller's. After the end it is taken and dropped.</returns>
    public bool TryAdd(InboundMessage message)
    {
        lock (_gate)
        {
            if (_stopped)
            {
                message.Dispose();
                return true;
            }

            if (_messages.Count == _capacity)
            {
                _wasFull = true;
                return false;
            }

            _messages.Enqueue(message);
            StartOffering();
        }

        return true;
    }

    /// <summary>No more messages; those that are left are dropped.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _stopped = true;
            while (_messages.TryDequeue(out InboundMessage? message))
            {
                message.Dispose();
            }

            StartOffering();
        }
    }

    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Complete();
    }

    public IDisposable LinkTo(ITargetBlock<InboundMessage> target, DataflowLinkOptions linkOptions)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(linkOptions);
        var link = new Link(this, target, linkOptions);
        lock (_gate)
        {
            if (_ended)
            {
                if (linkOptions.PropagateCompletion)
                {
                    target.Complete();
                }

                return link;
            }

            _links.Insert(linkOptions.Append ? _links.Count : 0, link);
            StartOffering();
        }

        return link;
    }

    public InboundMessage? ConsumeMessage(
        DataflowMessageHeader messageHeader, ITargetBlock<InboundMessage> target, out bool messageConsumed)
    {
        ArgumentNullException.ThrowIfNull(target);
        InboundMessage? message = null;
        bool roomMade = false;
        lock (_gate)
        {
            messageConsumed = IsHead(messageHeader) && (_reservedBy is null || ReferenceEquals(_reservedBy, target));
            if (messageConsumed)
            {
                _reservedBy = null;
                message = Take(out roomMade);
                NoteTaken(target);
                StartOffering();
            }
        }

        if (roomMade)
        {
            _roomMade();
        }

        return message;
    }

    public bool ReserveMessage(DataflowMessageHeader messageHeader, ITargetBlock<InboundMessage> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_gate)
        {
            if (!IsHead(messageHeader) || _reservedBy is not null)
            {
                return false;
            }

            _reservedBy = target;
            return true;
        }
    }

    public void ReleaseReservation(DataflowMessageHeader messageHeader, ITargetBlock<InboundMessage> target)
    {
        ArgumentNullException.ThrowIfNull(target);
        lock (_gate)
        {
            if (!ReferenceEquals(_reservedBy, target))
            {
                throw new InvalidOperationException("The message is not reserved by this target.");
            }

            _reservedBy = null;
            StartOffering();
        }
    }

    private bool IsHead(DataflowMessageHeader header) => header.IsValid && header.Id == _head && _messages.Count > 0;

    private InboundMessage Take(out bool roomMade)
    {
        InboundMessage message = _messages.Dequeue();
        _head++;
        roomMade = _wasFull;
        _wasFull = false;
        return message;
    }

    // Called with the lock held.
    private void StartOffering()
    {
        if (!_offering && !_ended && (_stopped || (_messages.Count > 0 && _links.Count > 0 && _reservedBy is null)))
        {
            _offering = true;
            _turns.Start(static state => ((MemoryInbox)state!).Offer(), this);
        }
    }

    private void Offer()
    {
        bool more = true;
        while (more)
        {
            bool roomMade = false;
            lock (_gate)
            {
                more = !_stopped && _reservedBy is null && _messages.Count > 0 && OfferHead(out roomMade);
                if (!more)
                {
                    _offering = false;
                }
            }

            if (roomMade)
            {
                _roomMade();
            }
        }

        EndIfStopped();
    }

    /// <summary>Offers the first message. Called with the lock held.</summary>
    /// <returns>Whether a target has it, so that the next one can be offered.</returns>
    private bool OfferHead(out bool roomMade)
    {
        roomMade = false;
        long head = _head;
        InboundMessage message = _messages.Peek();
        for (int i = 0; i < _links.Count; i++)
        {
            Link link = _links[i];
            switch (link.Target.OfferMessage(new DataflowMessageHeader(head), message, this, consumeToAccept: false))
            {
                case DataflowMessageStatus.Accepted:
                    if (_head == head)
                    {
                        Take(out roomMade);
                    }

                    NoteTaken(link.Target);
                    return true;
                case DataflowMessageStatus.DecliningPermanently:
                    _links.Remove(link);
                    i--;
                    break;
                default:
                    if (_head != head)
                    {
                        return true;
                    }

                    break;
            }
        }

        return false;
    }

    // One more message for a link that may have a limit.
    private void NoteTaken(ITargetBlock<InboundMessage> target)
    {
        Link? link = _links.Find(link => ReferenceEquals(link.Target, target));
        if (link is not null && link.CountDown())
        {
            _links.Remove(link);
        }
    }

    private void EndIfStopped()
    {
        Link[] links;
        lock (_gate)
        {
            if (!_stopped || _ended)
            {
                return;
            }

            _ended = true;
            links = [.. _links];
            _links.Clear();
        }

        foreach (Link link in links)
        {
            if (link.PropagatesCompletion)
            {
                link.Target.Complete();
            }
        }

        _completion.TrySetResult();
    }

    private void Unlink(Link link)
    {
        lock (_gate)
        {
            _links.Remove(link);
        }
    }

    private sealed class Link(MemoryInbox owner, ITargetBlock<InboundMessage> target, DataflowLinkOptions options) : IDisposable
    {
        private int _left = options.MaxMessages;

        public ITargetBlock<InboundMessage> Target => target;

        public bool PropagatesCompletion { get; } = options.PropagateCompletion;

        /// <summary>Counts a message.</summary>
        /// <returns>Whether it was the last one.</returns>
        public bool CountDown() => _left != DataflowBlockOptions.Unbounded && --_left == 0;

        public void Dispose() => owner.Unlink(this);
    }
}
