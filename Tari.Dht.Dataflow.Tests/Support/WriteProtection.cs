using System.Diagnostics;
using System.Runtime.Versioning;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Keeps a file from being written, or a folder from getting and losing files, until disposed of; binds root too.</summary>
/// <remarks>Ignores the test where the platform has no way.</remarks>
[UnsupportedOSPlatform("windows")]
internal sealed class WriteProtection : IDisposable
{
    private readonly string _path;
    private readonly UnixFileMode _mode;

    public WriteProtection(string path)
    {
        _path = path;
        _mode = File.GetUnixFileMode(path);
        const UnixFileMode Write = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        if (!Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(path, _mode & ~Write);
        }
        else if (!Change("+i"))
        {
            Assert.Ignore("This user may write anything, and the file system has no immutable files.");
        }
    }

    public void Dispose()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            File.SetUnixFileMode(_path, _mode);
        }
        else
        {
            Change("-i");
        }
    }

    private bool Change(string attribute)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("chattr", [attribute, _path]) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
