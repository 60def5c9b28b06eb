namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>The repository that the tests were built in.</summary>
internal static class RepositoryFiles
{
    /// <summary>Its top folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file's text, with line feeds alone.</summary>
    /// <param name="path">Seen from the top folder.</param>
    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path)).ReplaceLineEndings("\n");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tari.Dht.Dataflow.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The tests do not run from a folder of the repository.");
    }
}
