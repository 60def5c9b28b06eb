namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A new folder that is deleted with everything in it.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tari-dht-").FullName;

    /// <summary>The path of a file in the folder.</summary>
    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>The files below the folder and their bytes, to compare before and after.</summary>
    public SortedDictionary<string, string> Snapshot()
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string entry in Directory.EnumerateFileSystemEntries(Path, "*", SearchOption.AllDirectories))
        {
            bool isFile = File.Exists(entry) && (File.GetAttributes(entry) & FileAttributes.ReparsePoint) == 0;
            files[entry] = isFile ? Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(entry))) : "";
        }

        return files;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
