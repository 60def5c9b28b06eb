using System.Globalization;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>What a mock recorded, and how it answers.</summary>
/// <remarks>Thread safe.</remarks>
public sealed class OutboundServiceMockState
{
    private readonly Lock _lock = new();
    private readonly List<MockCall> _calls = [];
    private readonly TimeProvider _timeProvider;
    private MockBehaviour _behaviour = new();
    private SendMessageResponse? _nextResponse;
    private TaskCompletionSource<bool> _recorded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal OutboundServiceMockState(TimeProvider timeProvider) => _timeProvider = timeProvider;

    /// <summary>Calls that are held: recorded and not taken yet.</summary>
    public int CallCount
    {
        get
        {
            lock (_lock)
            {
                return _calls.Count;
            }
        }
    }

    /// <summary>How requests are answered from now on.</summary>
    public MockBehaviour Behaviour
    {
        get
        {
            lock (_lock)
            {
                return _behaviour;
            }
        }

        set
        {
            ArgumentNullException.ThrowIfNull(value);
            lock (_lock)
            {
                _behaviour = value;
            }
        }
    }

    /// <summary>Waits until so many calls are held.</summary>
    /// <param name="count">How many, 0 or more.</param>
    /// <param name="timeout">The longest wait, on the mock's clock.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>How many there are.</returns>
    /// <exception cref="TimeoutException">There were not so many in time.</exception>
    public async Task<int> WaitCallCountAsync(int count, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using var timer = new CancellationTokenSource(timeout, _timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        while (true)
        {
            int held;
            Task<bool> recorded;
            lock (_lock)
            {
                held = _calls.Count;
                recorded = _recorded.Task;
            }

            if (held >= count)
            {
                return held;
            }

            try
            {
                await recorded.WaitHereAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(
                    string.Create(CultureInfo.InvariantCulture, $"{count} calls were waited for; {held} had been made after {timeout}."));
            }
        }
    }

    /// <summary>Replaces the answer to the next recorded request, once. What becomes of its own message is not told to anybody.</summary>
    /// <param name="response">The answer.</param>
    public void SetNextResponse(SendMessageResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        lock (_lock)
        {
            _nextResponse = response;
        }
    }

    /// <summary>Takes the answer back that <see cref="SetNextResponse"/> left.</summary>
    /// <returns>The answer; null when there is none, or a request had it.</returns>
    public SendMessageResponse? TakeNextResponse()
    {
        lock (_lock)
        {
            SendMessageResponse? response = _nextResponse;
            _nextResponse = null;
            return response;
        }
    }

    /// <summary>Takes all calls, the oldest first.</summary>
    public IReadOnlyList<MockCall> TakeCalls()
    {
        lock (_lock)
        {
            MockCall[] calls = [.. _calls];
            _calls.Clear();
            return calls;
        }
    }

    /// <summary>Takes the newest call.</summary>
    /// <returns>The call, or null when there is none.</returns>
    public MockCall? PopCall()
    {
        lock (_lock)
        {
            if (_calls.Count == 0)
            {
                return null;
            }

            MockCall call = _calls[^1];
            _calls.RemoveAt(_calls.Count - 1);
            return call;
        }
    }

    /// <summary>Records a call.</summary>
    /// <returns>The answer that was set for it, if any.</returns>
    internal SendMessageResponse? Record(MockCall call)
    {
        TaskCompletionSource<bool> recorded;
        SendMessageResponse? response;
        lock (_lock)
        {
            _calls.Add(call);
            response = _nextResponse;
            _nextResponse = null;
            recorded = _recorded;
            _recorded = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        recorded.SetResult(true);
        return response;
    }
}
