using Tari.Dht.Dataflow.Samples.Replay.Judging;

namespace Tari.Dht.Dataflow.Samples.Replay.Reporting;

/// <summary>Shows how a run goes on.</summary>
internal interface IProgressDisplay
{
    /// <summary>Shows it until the run has ended, in whatever way; the run's own error is its awaiter's.</summary>
    Task ShowAsync(Task run, Judge judge);
}
