using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>One run of a hosted node: what was opened for it, to be closed the other way round.</summary>
internal sealed class HostedNode : IAsyncDisposable
{
    private readonly DhtHostOptions _options;
    private readonly Lock _gate = new();
    private DhtMetrics? _ownMetrics;
    private PeerManager? _peers;
    private IComms? _comms;
    private Dht? _dht;
    private Task? _closing;

    private HostedNode(DhtHostOptions options) => _options = options;

    /// <summary>The node.</summary>
    public Dht Dht => _dht!;

    /// <summary>Opens everything; what was opened is closed again when something fails.</summary>
    /// <param name="options">Valid options. Their identity belongs to the run.</param>
    /// <param name="provider">Where the application's loggers and meters come from.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<HostedNode> OpenAsync(DhtHostOptions options, IServiceProvider provider, CancellationToken cancellationToken)
    {
        var node = new HostedNode(options);
        try
        {
            await node.OpenCoreAsync(provider, cancellationToken);
            return node;
        }
        catch
        {
            // Without waiting: nobody is there to take messages.
            await node.CloseAsync(TimeSpan.Zero, CancellationToken.None);
            throw;
        }
    }

    /// <summary>Closes everything, in order, whatever fails; the same task each time.</summary>
    /// <param name="deadline">How long messages inside may take to get out; null for as long as the options say.</param>
    /// <param name="cancellationToken">Brings the deadline forward.</param>
    public Task CloseAsync(TimeSpan? deadline, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _closing ??= CloseCoreAsync(deadline ?? _options.Options.ShutdownTimeout, cancellationToken);
        }
    }

    /// <summary>Closes everything within the time of the options.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync(null, CancellationToken.None);

    private async Task OpenCoreAsync(IServiceProvider provider, CancellationToken cancellationToken)
    {
        DhtMetrics? metrics = _options.Options.Metrics ?? _options.Peers.Metrics;
        if (metrics is null)
        {
            metrics = _ownMetrics = new DhtMetrics(provider.GetService<IMeterFactory>());
        }

        ILogger logger = provider.GetService<ILoggerFactory>()?.CreateLogger("Tari.Dht.Dataflow") ?? NullLogger.Instance;
        _peers = await PeerManager.OpenAsync(
            _options.Peers with
            {
                Logger = OwnOr(_options.Peers.Logger, logger),
                Metrics = _options.Peers.Metrics ?? metrics,
            },
            cancellationToken);
        _comms = await _options.OpenComms(new DhtTransportContext(_options.Identity, _peers, _options.Config), cancellationToken);
        _dht = await Dht.CreateBuilder()
            .WithConfig(_options.Config)
            .WithOptions(_options.Options with
            {
                Logger = OwnOr(_options.Options.Logger, logger),
                Metrics = _options.Options.Metrics ?? metrics,
            })
            .BuildAsync(_options.Identity, _peers, _comms, cancellationToken);
        await _options.Started(_dht, cancellationToken);
    }

    private static ILogger OwnOr(ILogger own, ILogger other) => ReferenceEquals(own, NullLogger.Instance) ? other : own;

    private async Task CloseCoreAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        try
        {
            if (_dht is not null)
            {
                await _dht.StopAsync(deadline, cancellationToken);
            }
        }
        finally
        {
            await CloseTransportAsync();
        }
    }

    private async Task CloseTransportAsync()
    {
        try
        {
            if (_comms is not null)
            {
                await _options.CloseComms(_comms);
            }
        }
        finally
        {
            // The store does not throw when it closes.
            if (_peers is not null)
            {
                await _peers.DisposeAsync();
            }

            _options.Identity.Dispose();
            _ownMetrics?.Dispose();
        }
    }
}
