using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

[TestFixture]
internal sealed class PeerManagerOptionsTests
{
    private static IEnumerable<PeerManagerOptions> Invalid =>
    [
        new() { MaxPeerRows = -1 },
        new() { MaxCandidatesPerNetgroup = -1 },
        new() { Transports = (TransportKinds)16 },
        new() { FlushInterval = TimeSpan.Zero },
        new() { FlushInterval = TimeSpan.FromDays(50) },
        new() { FlushBatch = 0 },
        new() { DatabasePath = " " },
        new() { TimeProvider = null! },
        new() { TaskScheduler = null! },
        new() { Random = null! },
        new() { Logger = null! },
    ];

    [Test]
    public void Defaults_are_valid_and_the_reference_s()
    {
        var options = new PeerManagerOptions();
        options.Validate();
        Assert.That((options.MaxPeerRows, options.MaxCandidatesPerNetgroup), Is.EqualTo((50_000, 4)));
        Assert.That(options.Transports, Is.EqualTo(TransportKinds.All));
        Assert.That(options.DatabasePath, Is.Null);
    }

    [TestCaseSource(nameof(Invalid))]
    public void Open_refuses_options_out_of_range(object options)
    {
        Assert.That(() => PeerManager.Open((PeerManagerOptions)options), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => PeerManager.OpenAsync((PeerManagerOptions)options), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void Open_refuses_no_options() => Assert.That(() => PeerManager.Open(null!), Throws.ArgumentNullException);
}
