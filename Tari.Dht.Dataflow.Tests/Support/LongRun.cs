namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>The long form of the randomised tests: the same number of cases for each of twenty times as many seeds.</summary>
/// <remarks>Asked for with <c>TARI_DHT_LONG=1</c> in the environment, as <c>eng/test.sh --long</c> does.</remarks>
internal static class LongRun
{
    private const int Factor = 20;

    public static bool IsAsked => Environment.GetEnvironmentVariable("TARI_DHT_LONG") == "1";

    /// <summary>The seeds to run a test with.</summary>
    /// <param name="first">The first of them, which every run has.</param>
    /// <param name="count">How many a short run has.</param>
    public static IEnumerable<int> Seeds(int first, int count) => Enumerable.Range(first, IsAsked ? count * Factor : count);
}
