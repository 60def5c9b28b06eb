using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>What a <see cref="DhtHost"/> makes its node of.</summary>
public sealed record DhtHostOptions
{
    /// <summary>Who the node is. Belongs to the host, which disposes it after everything else.</summary>
    public required NodeIdentity Identity { get; init; }

    /// <summary>Makes the transport, when the peer store is open.</summary>
    public required Func<DhtTransportContext, CancellationToken, Task<IComms>> OpenComms { get; init; }

    /// <summary>Ends the transport, when the node has stopped. Default: disposes it, if it can be disposed.</summary>
    public Func<IComms, Task> CloseComms { get; init; } = DisposeAsync;

    /// <summary>
    /// Called when the node runs, before the host goes on: the place to link blocks to <see cref="Dht.Messages"/>. If it fails, the node is
    /// stopped again. Default: nothing.
    /// </summary>
    public Func<Dht, CancellationToken, Task> Started { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>What the node does on the network. A section given to <c>AddTariDht</c> takes its place.</summary>
    public DhtConfig Config { get; init; } = new();

    /// <summary>
    /// How the node runs. Without a logger of its own it writes to the application's, without instruments it takes the application's
    /// meters.
    /// </summary>
    public DhtOptions Options { get; init; } = new();

    /// <summary>
    /// The peer store, which is opened before the node and closed after it. Logger and instruments as for <see cref="Options"/>.
    /// </summary>
    public PeerManagerOptions Peers { get; init; } = new();

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is missing or out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Identity);
        ArgumentNullException.ThrowIfNull(OpenComms);
        ArgumentNullException.ThrowIfNull(CloseComms);
        ArgumentNullException.ThrowIfNull(Started);
        ArgumentNullException.ThrowIfNull(Config);
        ArgumentNullException.ThrowIfNull(Options);
        ArgumentNullException.ThrowIfNull(Peers);
        Config.Validate();
        Options.Validate();
        Peers.Validate();
    }

    private static async Task DisposeAsync(IComms comms)
    {
        switch (comms)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }
}
