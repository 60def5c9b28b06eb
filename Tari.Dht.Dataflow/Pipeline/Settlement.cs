using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>The one place where messages end early: counts them, says why, returns their buffers.</summary>
/// <remarks>Thread safe; nothing here throws: logger, instruments, observer and the callbacks of the stopping token are guarded.</remarks>
[SuppressMessage(
    "Reliability", "CA1001", Justification = "A source without timer and wait handle holds nothing to dispose of, and may be raised late.")]
internal sealed class Settlement
{
    private readonly ILogger _logger;
    private readonly IDiscardObserver? _observer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly long[] _counts = new long[Enum.GetValues<DropReason>().Length];
    private int _isStopping;

    public Settlement(ILogger logger, DhtMetrics metrics, IDiscardObserver? observer)
    {
        _logger = logger;
        _observer = observer;
        Metrics = metrics;
        StoppingToken = _stopping.Token;
    }

    public DhtMetrics Metrics { get; }

    /// <summary>After the shutdown deadline: adapters settle messages without calling their stages.</summary>
    public bool Stopping => Volatile.Read(ref _isStopping) != 0;

    public CancellationToken StoppingToken { get; }

    public long Count(DropReason reason) => Volatile.Read(ref _counts[(int)reason]);

    public void Discard(StageName stage, IDhtMessage message, DropReason reason)
    {
        Interlocked.Increment(ref _counts[(int)reason]);
        Metrics.Discarded(stage.Name(), reason.Name());
        _logger.MessageDiscarded(message.Tag, stage, reason);
        if (_observer is not null)
        {
            Notify(_observer, stage, message, reason);
        }

        message.Dispose();
    }

    /// <summary>A stage threw: the error goes to the log, the message gets this reason.</summary>
    public DropReason Fault(StageName stage, Exception error)
    {
        _logger.StageFaulted(stage, error);
        return DropReason.StageFaulted;
    }

    public void Stop()
    {
        if (Interlocked.Exchange(ref _isStopping, 1) == 0)
        {
            try
            {
                _stopping.Cancel();
            }
            catch (AggregateException error)
            {
                // A callback of somebody who waits outside the graph; the others were called all the same.
                _logger.StoppingCallbackFaulted(error);
            }
        }
    }

    private void Notify(IDiscardObserver observer, StageName stage, IDhtMessage message, DropReason reason)
    {
        try
        {
            observer.OnDiscarded(stage, reason, message.Tag, message.Peer);
        }
        catch (Exception error)
        {
            _logger.ObserverFaulted(message.Tag, error);
        }
    }
}
