using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Tests.Support;
using Node = Tari.Dht.Dataflow.Hosting.Dht;

namespace Tari.Dht.Dataflow.Tests.Hosting;

[TestFixture]
internal sealed class DhtBuilderTests
{
    [Test]
    public void A_database_in_memory_builds()
    {
        using var network = new DhtNetwork();
        Assert.That(network.AddNode(config => config with { DatabaseUrl = ":memory:" }).Dht.GetStatus().AreStoresHealthy);
        DhtNode node = network.AddNode(config => config with { DatabaseUrl = "file:abcdefgh?mode=memory&cache=shared" });
        Assert.That(node.Dht.GetStatus().AreStoresHealthy);
        Assert.That(File.Exists("file:abcdefgh?mode=memory&cache=shared"), Is.False);
    }

    [Test]
    public void Setters_set_their_settings()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        DhtConfig config = BuiltConfig(network, Node.CreateBuilder()
            .WithProtocolVersion(DhtProtocolVersion.V1)
            .WithDatabaseUrl(folder["dht.db"])
            .WithNumRandomNodes(1)
            .WithNumNeighbouringNodes(2)
            .WithPropagationFactor(3)
            .WithBroadcastFactor(4)
            .WithDiscoveryTimeout(TimeSpan.FromSeconds(5))
            .EnableAutoJoin());
        Assert.That(config, Is.EqualTo(new DhtConfig
        {
            ProtocolVersion = DhtProtocolVersion.V1,
            DatabaseUrl = folder["dht.db"],
            NumRandomNodes = 1,
            NumNeighbouringNodes = 2,
            PropagationFactor = 3,
            BroadcastFactor = 4,
            DiscoveryRequestTimeout = TimeSpan.FromSeconds(5),
            AutoJoin = true,
        }));
    }

    [Test]
    public void Presets_and_a_whole_configuration_undo_what_setters_said_before()
    {
        using var network = new DhtNetwork();
        Assert.That(BuiltConfig(network, Node.CreateBuilder()), Is.EqualTo(new DhtConfig()));
        Assert.That(BuiltConfig(network, Node.CreateBuilder().EnableAutoJoin().LocalTest()), Is.EqualTo(DhtConfig.DefaultLocalTest));
        Assert.That(BuiltConfig(network, Node.CreateBuilder().EnableAutoJoin().Testnet()), Is.EqualTo(DhtConfig.DefaultTestnet));
        Assert.That(BuiltConfig(network, Node.CreateBuilder().WithBroadcastFactor(1).Mainnet()), Is.EqualTo(DhtConfig.DefaultMainnet));
        var whole = new DhtConfig { BroadcastFactor = 2 };
        Assert.That(BuiltConfig(network, Node.CreateBuilder().WithPropagationFactor(1).WithConfig(whole)), Is.EqualTo(whole));
        Assert.That(
            BuiltConfig(network, Node.CreateBuilder().LocalTest().WithBroadcastFactor(3)),
            Is.EqualTo(DhtConfig.DefaultLocalTest with { BroadcastFactor = 3 }));
    }

    [Test]
    public void Settings_of_rebootstrapping_are_brought_into_their_ranges_with_a_warning_each()
    {
        using var network = new DhtNetwork();
        var log = new LogRecorder();
        var config = new DhtConfig
        {
            Connectivity = new DhtConnectivityConfig { PoolStarvedTicks = 0, RebootstrapCooldownMin = TimeSpan.FromSeconds(1) },
        };
        DhtConfig built = BuiltConfig(network, Node.CreateBuilder().WithConfig(config), options => options with { Logger = log });
        Assert.That(
            (built.Connectivity.PoolStarvedTicks, built.Connectivity.RebootstrapCooldownMin), Is.EqualTo((1, TimeSpan.FromSeconds(60))));
        Assert.That(log.Count(HostingEventId.SettingClamped), Is.EqualTo(2));
    }

    [Test]
    public void A_setting_or_option_out_of_its_range_is_refused_by_name_before_a_file_is_made()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        MemoryComms comms = network.AddTransport();
        DhtBuilder Builder() => Node.CreateBuilder().WithDatabaseUrl(folder["dht.db"]);
        Assert.Multiple(() =>
        {
            Assert.That(
                () => network.Build(Builder().WithBroadcastFactor(-1), comms),
                Throws.InstanceOf<ArgumentException>().With.Message.Contains("BroadcastFactor"));
            Assert.That(
                () => network.Build(Builder().WithOptions(network.Options with { ShutdownTimeout = TimeSpan.FromSeconds(-1) }), comms),
                Throws.InstanceOf<ArgumentException>().With.Message.Contains("ShutdownTimeout"));
            Assert.That(
                () => network.Build(
                    Builder().WithOptions(
                        network.Options with { Inbound = new() { DedupStage = new StageOptions { BoundedCapacity = 0 } } }),
                    comms),
                Throws.InstanceOf<ArgumentException>().With.Message.Contains("DedupStage"));
            Assert.That(
                () => network.Build(Builder().WithOptions(network.Options with { Outbound = new() { MaxPendingDiscoveries = 0 } }), comms),
                Throws.InstanceOf<ArgumentException>().With.Message.Contains("MaxPendingDiscoveries"));
            Assert.That(
                () => network.Build(Builder().WithOptions(network.Options with { Random = null! }), comms), Throws.ArgumentNullException);
            Assert.That(() => Node.CreateBuilder().WithConfig(null!), Throws.ArgumentNullException);
            Assert.That(() => Node.CreateBuilder().WithOptions(null!), Throws.ArgumentNullException);
        });
        Assert.That(File.Exists(folder["dht.db"]), Is.False);
    }

    [Test]
    public void Every_configuration_that_is_valid_builds_at_the_ends_of_its_ranges()
    {
        using var network = new DhtNetwork();
        network.AddNode(
            config => config with { DedupAllowedMessageOccurrences = 0, FloodBanMaxMsgCount = 0, FloodBanTimespan = TimeSpan.Zero });
        network.AddNode(config => config with
        {
            DedupAllowedMessageOccurrences = int.MaxValue,
            FloodBanMaxMsgCount = int.MaxValue,
            DedupCacheCapacity = 0,
            DiscoveryRequestTimeout = TimeSpan.Zero,
            BanDuration = TimeSpan.Zero,
        });
    }

    [Test]
    public void A_file_that_another_node_has_open_is_refused_and_the_first_node_goes_on()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        DhtNode first = network.AddNode(config => config with { DatabaseUrl = folder["dht.db"] });
        MemoryComms comms = network.AddTransport();
        Assert.That(
            () => network.Build(Node.CreateBuilder().WithDatabaseUrl(folder["dht.db"]).WithOptions(network.Options), comms),
            Throws.TypeOf<DhtStorageException>());
        Assert.That(first.Dht.GetStatus().AreStoresHealthy);
    }

    [Test]
    public void A_metadata_file_that_cannot_be_used_closes_the_duplicate_cache_again()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        MemoryComms comms = network.AddTransport();
        DhtBuilder builder = Node.CreateBuilder().WithDatabaseUrl(folder["dht.db"]).WithOptions(network.Options);
        Directory.CreateDirectory(folder["dht.db.metadata"]);
        Assert.That(() => network.Build(builder, comms), Throws.TypeOf<DhtStorageException>());

        Directory.Delete(folder["dht.db.metadata"]);
        Node dht = network.Build(builder, comms);
        network.Finish(() => dht.StopAsync(TimeSpan.Zero));
    }

    [Test]
    public void What_was_seen_and_when_the_node_stopped_survives_a_restart_with_a_file()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        MemoryComms sender = network.AddTransport();
        DhtNode node = network.AddNode(config => config with { DatabaseUrl = folder["dht.db"] });
        network.Connect(sender, node.Comms);
        byte[] envelope = EnvelopeFactory.ClearText("once"u8.ToArray()).Build();
        network.Send(sender, node.Comms, envelope);
        network.Until(() => node.Received.Count > 0);
        Assert.That(node.Received, Has.Count.EqualTo(1));
        network.Finish(() => node.Dht.StopAsync(TimeSpan.FromSeconds(1)));
        DateTimeOffset stopped = network.Time.GetUtcNow();
        network.Settle();

        Node again = network.Build(
            Node.CreateBuilder().LocalTest().WithDatabaseUrl(folder["dht.db"]).WithOptions(network.Options), node.Comms);
        var second = new DhtNode(node.Comms, again, new RecordingDiscardObserver());
        network.TakeMessages(second);
        DateTimeOffset? stored = network.Run(() => again.Requester.GetMetadataAsync<DateTimeOffset>(DhtMetadataKey.OfflineTimestamp));
        Assert.That(stored, Is.EqualTo(stopped));
        network.Send(sender, node.Comms, envelope);
        network.Until(() => again.GetDiscardCount(DropReason.Duplicate) > 0);
        Assert.That(second.Received, Is.Empty);
        Assert.That(again.GetDiscardCount(DropReason.Duplicate), Is.EqualTo(1));
        network.Finish(() => again.StopAsync(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void A_build_that_is_cancelled_holds_nothing()
    {
        using var network = new DhtNetwork();
        using var folder = new TemporaryFolder();
        MemoryComms comms = network.AddTransport();
        DhtBuilder builder = Node.CreateBuilder().WithDatabaseUrl(folder["dht.db"]).WithOptions(network.Options);
        Assert.That(
            () => network.Run(() => builder.BuildAsync(comms.Identity, comms.Peers, comms, new CancellationToken(canceled: true))),
            Throws.InstanceOf<OperationCanceledException>());
        Node dht = network.Build(builder, comms);
        network.Finish(() => dht.StopAsync(TimeSpan.Zero));
    }

    private static DhtConfig BuiltConfig(DhtNetwork network, DhtBuilder builder, Func<DhtOptions, DhtOptions>? configure = null)
    {
        DhtOptions options = network.Options;
        Node dht = network.Build(builder.WithOptions(configure?.Invoke(options) ?? options), network.AddTransport());
        network.Finish(() => dht.StopAsync(TimeSpan.Zero));
        return dht.Config;
    }
}
