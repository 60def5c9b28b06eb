using System.Diagnostics;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>What this process holds of the operating system.</summary>
/// <param name="Handles">Open handles; file descriptors where there are such.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct ProcessResources(int Handles, int Threads)
{
    public static ProcessResources Count()
    {
        using var process = Process.GetCurrentProcess();
        int handles = OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount;
        return new ProcessResources(handles, process.Threads.Count);
    }
}
