using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>Puts a <see cref="Dht"/> together.</summary>
/// <remarks>
/// The presets and <see cref="WithConfig"/> replace the whole configuration, and with it what single setters said before. One builder may
/// build any number of nodes. Not thread safe.
/// </remarks>
public sealed class DhtBuilder
{
    private DhtConfig _config = new();
    private DhtOptions _options = new();

    /// <summary>Replaces the configuration.</summary>
    /// <param name="config">What the node does on the network.</param>
    public DhtBuilder WithConfig(DhtConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        _config = config;
        return this;
    }

    /// <summary>Replaces the configuration by the one for tests on one machine.</summary>
    public DhtBuilder LocalTest() => WithConfig(DhtConfig.DefaultLocalTest);

    /// <summary>Replaces the configuration by the one for a test network.</summary>
    public DhtBuilder Testnet() => WithConfig(DhtConfig.DefaultTestnet);

    /// <summary>Replaces the configuration by the one for the main network.</summary>
    public DhtBuilder Mainnet() => WithConfig(DhtConfig.DefaultMainnet);

    /// <summary>How the node runs.</summary>
    /// <param name="options">The options.</param>
    public DhtBuilder WithOptions(DhtOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        return this;
    }

    /// <summary>Sets <see cref="DhtConfig.ProtocolVersion"/>.</summary>
    /// <param name="version">The version.</param>
    public DhtBuilder WithProtocolVersion(DhtProtocolVersion version) => WithConfig(_config with { ProtocolVersion = version });

    /// <summary>Sets <see cref="DhtConfig.DatabaseUrl"/>.</summary>
    /// <param name="databaseUrl">A path, or <c>:memory:</c>.</param>
    public DhtBuilder WithDatabaseUrl(string databaseUrl) => WithConfig(_config with { DatabaseUrl = databaseUrl });

    /// <summary>Sets <see cref="DhtConfig.NumRandomNodes"/>.</summary>
    /// <param name="count">How many.</param>
    public DhtBuilder WithNumRandomNodes(int count) => WithConfig(_config with { NumRandomNodes = count });

    /// <summary>Sets <see cref="DhtConfig.NumNeighbouringNodes"/>.</summary>
    /// <param name="count">How many.</param>
    public DhtBuilder WithNumNeighbouringNodes(int count) => WithConfig(_config with { NumNeighbouringNodes = count });

    /// <summary>Sets <see cref="DhtConfig.PropagationFactor"/>.</summary>
    /// <param name="count">How many.</param>
    public DhtBuilder WithPropagationFactor(int count) => WithConfig(_config with { PropagationFactor = count });

    /// <summary>Sets <see cref="DhtConfig.BroadcastFactor"/>.</summary>
    /// <param name="count">How many.</param>
    public DhtBuilder WithBroadcastFactor(int count) => WithConfig(_config with { BroadcastFactor = count });

    /// <summary>Sets <see cref="DhtConfig.DiscoveryRequestTimeout"/>.</summary>
    /// <param name="timeout">How long.</param>
    public DhtBuilder WithDiscoveryTimeout(TimeSpan timeout) => WithConfig(_config with { DiscoveryRequestTimeout = timeout });

    /// <summary>Sets <see cref="DhtConfig.AutoJoin"/>; as in the reference, nothing but another configuration takes it back.</summary>
    public DhtBuilder EnableAutoJoin() => WithConfig(_config with { AutoJoin = true });

    /// <summary>Sets <see cref="DhtOptions.SeedPeerProvider"/>.</summary>
    /// <param name="provider">Tells the network's seeds. Borrowed.</param>
    public DhtBuilder WithSeedPeerProvider(ISeedPeerProvider provider)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return WithOptions(_options with { SeedPeerProvider = provider });
    }

    /// <summary>Builds a node and links it to its transport: it runs from here on.</summary>
    /// <param name="identity">Who the node is. Borrowed: it has to outlive the node.</param>
    /// <param name="peers">The peers it knows. Borrowed.</param>
    /// <param name="comms">The transport. Borrowed.</param>
    /// <param name="cancellationToken">Ends the building; what was opened is closed again.</param>
    /// <returns>The node, which the caller disposes.</returns>
    /// <exception cref="ArgumentException">
    /// A setting or an option is out of its range; the message names it. Nothing was opened.
    /// </exception>
    /// <exception cref="Storage.DhtStorageException">A database file cannot be used; it is as it was before.</exception>
    public Task<Dht> BuildAsync(NodeIdentity identity, PeerManager peers, IComms comms, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(comms);
        _options.Validate();
        _config.Validate();
        return Dht.CreateAsync(identity, peers, comms, _config, _options, cancellationToken);
    }
}
