using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Soak;

/// <summary>
/// Random traffic from one node to another, with random stalls, faults, stops and cancellations, and an account of every message.
/// </summary>
[TestFixture]
internal sealed class TwoNodeSoakTests
{
    // Passed only by a round that hangs.
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(2);

    // A few in the normal run; thousands with TARI_DHT_LONG=1.
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("TARI_DHT_LONG") == "1" ? 4_000 : 5;

    private NodeIdentity _alice = null!;
    private NodeIdentity _bob = null!;
    private NodeIdentity _carol = null!;

    [OneTimeSetUp]
    public void CreateIdentities()
    {
        _alice = NodeIdentity.Generate();
        _bob = NodeIdentity.Generate();
        _carol = NodeIdentity.Generate();
    }

    [OneTimeTearDown]
    public void DisposeIdentities()
    {
        _alice.Dispose();
        _bob.Dispose();
        _carol.Dispose();
    }

    [Test]
    public async Task Undisturbed_every_message_arrives_once() => await RunAsync(firstSeed: 1_000_000, disturbed: false);

    [Test]
    public async Task Disturbed_every_message_ends_once_and_every_buffer_comes_back([Range(1, 6)] int block) =>
        await RunAsync(firstSeed: block * 10_000, disturbed: true);

    private async Task RunAsync(int firstSeed, bool disturbed)
    {
        for (int seed = firstSeed; seed < firstSeed + s_rounds; seed++)
        {
            using var round = new TwoNodeRound(_alice, _bob, _carol, seed, disturbed);
            try
            {
                await Task.Run(round.RunAsync).WaitAsync(s_hang);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"The round of seed {seed} hangs: {round}");
            }

            round.AssertAccounts();
        }
    }
}
