namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>A work that is ready to run.</summary>
internal interface IWorkRun : IAsyncDisposable
{
    /// <summary>Memory that stays in use for an operation, in bytes, as of the last slice; null where it is not of interest.</summary>
    double? BytesPerOperation => null;

    /// <summary>What has to be done before a slice and is not measured.</summary>
    void Prepare()
    {
    }

    /// <summary>The next slice.</summary>
    Task RunAsync();

    /// <summary>What has to be done after a slice and is not measured.</summary>
    void Finish()
    {
    }
}
