namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Shows how a run goes on.</summary>
internal interface IProgressDisplay
{
    /// <summary>Shows it until the run has ended.</summary>
    /// <param name="run">Starts the run, and tells the monitor what happens.</param>
    /// <returns>What the run found; fails as the run does.</returns>
    Task<T> ShowAsync<T>(Func<NetworkMonitor, Task<T>> run);
}
