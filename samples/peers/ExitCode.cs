namespace Tari.Dht.Dataflow.Samples.Peers;

/// <summary>What the program answers its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>Done, but some entries were refused; or there is no such peer.</summary>
    public const int Partial = 1;

    /// <summary>Nothing was done: the options or the input are at fault.</summary>
    public const int BadInput = 2;

    /// <summary>Nothing was done: the store or the identity file cannot be used.</summary>
    public const int Unusable = 3;

    /// <summary>Ctrl-C.</summary>
    public const int Cancelled = 130;
}
