namespace Tari.Dht.Dataflow.Samples.Replay;

/// <summary>What the program answers its caller.</summary>
internal static class ExitCode
{
    /// <summary>Every case ended as expected.</summary>
    public const int Success = 0;

    /// <summary>At least one case did not.</summary>
    public const int Different = 1;

    /// <summary>Nothing was replayed: options, input or the installation are at fault.</summary>
    public const int NotRun = 2;

    /// <summary>Ctrl-C.</summary>
    public const int Cancelled = 130;
}
