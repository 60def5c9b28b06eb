using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A call over a connection in the process: the reader at one end, the service at the other.</summary>
internal sealed class MemoryRpcStream : IRpcStream, IRpcResponder, IMemoryCall, ITurnTarget
{
    // Responses that wait at the service when the way is full, as many as the reference's.
    private const int Buffer = 10;

    private const int BeginTurn = 0;
    private const int ItemTurn = 1;
    private const int TimeoutTurn = 2;
    private const int StopTurn = 3;

    private readonly Lock _gate = new();
    private readonly MemoryRpcSession _session;
    private readonly MemoryNetwork _network;
    private readonly MemoryConnection _connection;
    private readonly IRpcService _service;
    private readonly RpcRequest _request;
    private readonly CancellationTokenSource _gone = new();

    // Responses that are not read, those on their way too, with the time of their arrival. Those up to the last turn have come.
    private readonly Queue<(TimeSpan Arrival, ReadOnlyMemory<byte> Body)> _responses = new();
    private TimeSpan _arrived = TimeSpan.MinValue;
    private RpcItem? _comingEnd;

    // The turn that is not run yet, if there is one, serves all that arrives with it.
    private TimeSpan? _posted;
    private TaskCompletionSource<RpcItem>? _reader;
    private TaskCompletionSource<bool>? _writer;
    private TimeSpan _lastArrival = TimeSpan.MinValue;
    private TimeSpan _readLimit;
    private TimeSpan? _armedFor;
    private RpcItem? _end;
    private int _unread;
    private bool _disposed;

    // Until the first response is here.
    private TimeSpan? _startedAt;

    public MemoryRpcStream(
        MemoryRpcSession session, MemoryNetwork network, MemoryConnection connection, IRpcService service, RpcRequest request)
    {
        _session = session;
        _startedAt = network.Turns.Now;
        _network = network;
        _connection = connection;
        _service = service;
        _request = request;
    }

    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _end is not null;
            }
        }
    }

    private NodeId Client => _connection.Node.Identity.NodeId;

    private NodeId Server => _connection.Peer;

    public void Begin() =>
        _network.Turns.PostAt(_network.Turns.Now + _network.LinkOf(Client, Server).Latency, new Turn(this, BeginTurn));

    public ValueTask<RpcItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        TaskCompletionSource<RpcItem> reader;
        TaskCompletionSource<bool>? writer = null;
        RpcItem? item = null;
        bool isArmed = true;
        TimeSpan limit = timeout != Timeout.InfiniteTimeSpan && timeout < _request.Deadline ? timeout : _request.Deadline;
        TimeSpan due = limit == Timeout.InfiniteTimeSpan ? TimeSpan.MaxValue : TimerLimit.After(_network.Turns.Now, limit);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (TryTake(out RpcItem next))
            {
                item = next;
                writer = FreeCredit();
            }
            else
            {
                item = _end;
            }

            reader = item is null ? _reader = new TaskCompletionSource<RpcItem>() : null!;
            if (item is null)
            {
                // Items come fast, so a turn that is under way serves all readers until it comes.
                _readLimit = due;
                isArmed = _armedFor <= due || due == TimeSpan.MaxValue;
                _armedFor = isArmed ? _armedFor : due;
            }
        }

        if (writer is not null)
        {
            _network.Complete(writer, true);
        }

        if (item is { } known)
        {
            return ValueTask.FromResult(known);
        }

        if (!isArmed)
        {
            _network.Turns.PostAt(due, new Turn(this, TimeoutTurn, Number: due.Ticks));
        }

        return new ValueTask<RpcItem>(cancellationToken.CanBeCanceled ? MemoryComms.WaitAsync(reader, cancellationToken) : reader.Task);
    }

    /// <summary>Sends a response: the service's end.</summary>
    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
        TrySend(body, out TaskCompletionSource<bool>? writer) is { } isSent
            ? ValueTask.FromResult(isSent)
            : SendLaterAsync(body, writer!, cancellationToken);


    public void OnTurn(in Turn turn)
    {
        if (turn.Kind == ItemTurn && _startedAt is { } startedAt && !HasEnded)
        {
            _startedAt = null;
            _session.OnAnswered(_network.Turns.Now - startedAt);
        }

        switch (turn.Kind)
        {
            case BeginTurn:
                if (_connection.IsConnected && _connection.Other.IsConnected)
                {
                    _connection.Add(this);
                    _connection.Other.Add(this);
                    _network.Turns.Start(static state => _ = ((MemoryRpcStream)state!).ServeAsync(), this);
                }
                else
                {
                    OnConnectionEnded();
                }

                break;
            case ItemTurn:
                OnItems(new TimeSpan(turn.Number));
                break;
            case TimeoutTurn:
                OnTimeout(turn.Number);
                break;
            case StopTurn:
                _gone.Cancel();
                break;
        }
    }

    /// <summary>The connection has ended at either end.</summary>
    public void OnConnectionEnded()
    {
        TaskCompletionSource<RpcItem>? reader;
        TaskCompletionSource<bool>? writer;
        RpcItem end;
        lock (_gate)
        {
            end = _end ??= new RpcItem(RpcItemKind.ConnectionLost);
            reader = _reader;
            _reader = null;
            writer = _writer;
            _writer = null;
        }

        if (reader is not null)
        {
            _network.Complete(reader, end);
        }

        if (writer is not null)
        {
            _network.Complete(writer, false);
        }

        _network.Turns.Post(new Turn(this, StopTurn));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _responses.Clear();
        }

        OnConnectionEnded();
    }

    private async ValueTask<bool> SendLaterAsync(
        ReadOnlyMemory<byte> body, TaskCompletionSource<bool> first, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool>? writer = first;
        bool? isSent;
        do
        {
            using (cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), writer))
            {
                await writer!.Task;
            }

            isSent = TrySend(body, out writer);
        }
        while (isSent is null);

        return isSent.Value;
    }

    /// <summary>Sends a response if there is room.</summary>
    /// <param name="body">The bytes.</param>
    /// <param name="writer">What to wait for, if there is none.</param>
    /// <returns>False when the caller is gone; null when there is no room.</returns>
    private bool? TrySend(ReadOnlyMemory<byte> body, out TaskCompletionSource<bool>? writer)
    {
        writer = null;
        int credit = _network.LinkOf(Server, Client).Window + Buffer;
        lock (_gate)
        {
            if (_disposed || _end is not null || !_connection.IsConnected)
            {
                return false;
            }

            if (_unread >= credit)
            {
                writer = _writer = new TaskCompletionSource<bool>();
                return null;
            }

            _unread++;
        }

        Post(body, null);
        return true;
    }

    private async Task ServeAsync()
    {
        RpcStatus status;
        try
        {
            status = await _service.ServeAsync(_request, this, _gone.Token);
        }
        catch (Exception)
        {
            // The boundary says so: whatever a service throws, the caller hears that it failed, and no more.
            status = new RpcStatus(RpcStatusCode.General, "The service failed.");
        }

        Post(default, status.IsOk ? new RpcItem(RpcItemKind.End) : new RpcItem(RpcItemKind.Failed, default, status));
    }

    /// <summary>Sends a response, or the end, on its way.</summary>
    private void Post(ReadOnlyMemory<byte> body, RpcItem? end)
    {
        TimeSpan arrival = _network.Turns.Now + _network.LinkOf(Server, Client).Latency;
        lock (_gate)
        {
            _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
            if (end is not null)
            {
                _comingEnd = end;
            }
            else if (!_disposed)
            {
                _responses.Enqueue((_lastArrival, body));
            }

            if (_posted == _lastArrival)
            {
                return;
            }

            _posted = arrival = _lastArrival;
        }

        _network.Turns.PostAt(arrival, new Turn(this, ItemTurn, Number: arrival.Ticks));
    }

    private void OnTimeout(long armedFor)
    {
        TaskCompletionSource<RpcItem>? reader;
        lock (_gate)
        {
            if (_armedFor?.Ticks != armedFor)
            {
                return;
            }

            _armedFor = null;
            reader = _reader;
            if (reader is null or { Task.IsCompleted: true })
            {
                return;
            }

            if (_readLimit > _network.Turns.Now)
            {
                if (_readLimit < TimeSpan.MaxValue)
                {
                    _armedFor = _readLimit;
                    _network.Turns.PostAt(_readLimit, new Turn(this, TimeoutTurn, Number: _readLimit.Ticks));
                }

                return;
            }

            _reader = null;
        }

        _network.Complete(reader, new RpcItem(RpcItemKind.TimedOut));
    }

    private void OnItems(TimeSpan arrival)
    {
        TaskCompletionSource<RpcItem>? reader = null;
        TaskCompletionSource<bool>? writer = null;
        RpcItem item = default;
        bool isEnded;
        lock (_gate)
        {
            _posted = _posted == arrival ? null : _posted;
            isEnded = _comingEnd is not null && _lastArrival <= arrival;
            if (!_disposed && _end is null)
            {
                _arrived = arrival;
                _end = isEnded ? _comingEnd : null;
                if (_reader is { Task.IsCompleted: false })
                {
                    if (TryTake(out item))
                    {
                        (reader, _reader) = (_reader, null);
                        writer = FreeCredit();
                    }
                    else if (_end is { } end)
                    {
                        (reader, _reader) = (_reader, null);
                        item = end;
                    }
                }
            }
        }

        if (isEnded)
        {
            _connection.Remove(this);
            _connection.Other.Remove(this);
        }

        if (reader is not null)
        {
            _network.Complete(reader, item);
        }

        if (writer is not null)
        {
            _network.Complete(writer, true);
        }
    }

    /// <summary>The next response that has come. Called with the lock held.</summary>
    private bool TryTake(out RpcItem item)
    {
        bool hasCome = _responses.TryPeek(out (TimeSpan Arrival, ReadOnlyMemory<byte> Body) next) && next.Arrival <= _arrived;
        item = hasCome ? new RpcItem(RpcItemKind.Message, _responses.Dequeue().Body) : default;
        return hasCome;
    }

    private TaskCompletionSource<bool>? FreeCredit()
    {
        _unread--;
        TaskCompletionSource<bool>? writer = _writer;
        _writer = null;
        return writer;
    }
}
