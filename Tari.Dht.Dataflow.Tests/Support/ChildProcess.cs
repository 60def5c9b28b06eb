using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Another process that runs this assembly's <c>Program</c>, and is killed at the end whatever happens.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    /// <param name="arguments">A verb of <c>Program</c> and what it takes.</param>
    public ChildProcess(params string[] arguments)
    {
        // <root>/shared/Microsoft.NETCore.App/<version>/: the host that runs these tests.
        string host = Path.GetFullPath(Path.Combine(
            RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        var start = new ProcessStartInfo(host)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(typeof(ChildProcess).Assembly.Location);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        _process = Process.Start(start) ?? throw new InvalidOperationException($"'{host}' cannot be started.");
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>The next line that the process prints.</summary>
    /// <exception cref="InvalidOperationException">It ended instead; the message holds its complaints.</exception>
    public string ReadLine() =>
        _process.StandardOutput.ReadLine()
        ?? throw new InvalidOperationException("The process ended: " + _errors.GetAwaiter().GetResult());

    /// <summary>Ends the process without a warning and returns what it had printed by then, line by line.</summary>
    public IReadOnlyList<string> Kill()
    {
        _process.Kill();
        var lines = new List<string>();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        _process.WaitForExit();
        return lines;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
