using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>Looks at a graph's queues at intervals. A thread of its own, because the pool's are busy with the graph.</summary>
internal sealed class QueueSampler : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(10);

    private readonly InboundPipeline _pipeline;
    private readonly QueueDepths _depths;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;

    /// <summary>Starts sampling.</summary>
    /// <param name="pipeline">The graph.</param>
    /// <param name="depths">Takes the samples; nobody else's until this is disposed.</param>
    public QueueSampler(InboundPipeline pipeline, QueueDepths depths)
    {
        _pipeline = pipeline;
        _depths = depths;
        _thread = new Thread(Sample) { IsBackground = true, Name = "queue sampler" };
        _thread.Start();
    }

    /// <summary>Ends the sampling; returns when the thread has ended.</summary>
    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    private void Sample()
    {
        do
        {
            foreach ((StageName stage, int count) in _pipeline.GetQueueDepths())
            {
                _depths.Add(stage, count);
            }
        }
        while (!_stop.Wait(s_interval));
    }
}
