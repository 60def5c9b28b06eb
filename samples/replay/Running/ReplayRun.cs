using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Judging;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>Replays a capture file: one graph after the other, one for each set of settings that its cases ask for.</summary>
internal sealed class ReplayRun
{
    private readonly CaptureFile _file;
    private readonly Judge _judge;
    private readonly int _repeat;
    private readonly int _workers;

    /// <param name="file">What to replay.</param>
    /// <param name="judge">Told what becomes of every message.</param>
    /// <param name="repeat">How often.</param>
    /// <param name="workers">Batches decrypted at the same time.</param>
    public ReplayRun(CaptureFile file, Judge judge, int repeat, int workers)
    {
        _file = file;
        _judge = judge;
        _repeat = repeat;
        _workers = workers;
    }

    /// <summary>Replays everything.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; what was inside the graph is discarded.</exception>
    public async Task<RunFigures> RunAsync(CancellationToken cancellationToken)
    {
        // Off the caller's thread, which shows the progress.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var queues = new QueueDepths();
        long messages = 0;
        long bytes = 0;
        var meter = new Meter();
        foreach (IGrouping<CaptureSettings, Capture> group in _file.Captures.GroupBy(static capture => capture.Settings))
        {
            Capture[] captures = [.. group];
            await using var lane = new ReplayLane(_file.Context, group.Key, _judge, _workers);
            using (new QueueSampler(lane.Pipeline, queues))
            {
                await lane.RunAsync(captures, _repeat, cancellationToken);
            }

            messages += (long)captures.Length * _repeat;
            bytes += captures.Sum(static capture => (long)capture.Envelope.Length) * _repeat;
        }

        return meter.Read(messages, bytes, _workers, queues);
    }
}
