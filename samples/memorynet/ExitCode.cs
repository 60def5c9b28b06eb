namespace Tari.Dht.Dataflow.Samples.MemoryNet;

/// <summary>What the program answers its caller.</summary>
internal static class ExitCode
{
    /// <summary>The first message reached every node.</summary>
    public const int Success = 0;

    /// <summary>It did not.</summary>
    public const int NotReached = 1;

    /// <summary>Nothing was done, or nothing could be written: the options or the installation are at fault.</summary>
    public const int BadInput = 2;

    /// <summary>Ctrl-C.</summary>
    public const int Cancelled = 130;
}
