using Tari.Dht.Dataflow.Samples.Peers.Reporting;

namespace Tari.Dht.Dataflow.Samples.Peers;

/// <summary>Ends a command with one line and an exit code.</summary>
internal sealed class CommandException : Exception
{
    /// <param name="exitCode">One of <see cref="Peers.ExitCode"/>.</param>
    /// <param name="message">What is wrong; made one line.</param>
    public CommandException(int exitCode, string message)
        : base(SafeText.OneLine(message)) => ExitCode = exitCode;

    public int ExitCode { get; }
}
