using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>Runs a node as long as the application's host runs.</summary>
/// <remarks>
/// <para>
/// Start: options, peer store, transport, node, <see cref="DhtHostOptions.Started"/>. Stop: the other way round, within
/// <see cref="DhtOptions.ShutdownTimeout"/> or until the host loses patience; then messages inside are discarded, and what has to be stored
/// is stored all the same. A start that fails closes what it opened. May be started again after it was stopped, with new options.
/// </para>
/// <para>
/// Services that need the node take this class and ask for <see cref="Dht"/> when they work, as the host makes all of them before it starts
/// any. Thread safe.
/// </para>
/// </remarks>
public sealed class DhtHost : IHostedService, IAsyncDisposable, IDisposable
{
    private readonly IServiceProvider _provider;
    private readonly Func<IServiceProvider, DhtHostOptions> _options;
    private readonly Lock _gate = new();
    private HostedNode? _node;
    private bool _isBusy;

    /// <param name="provider">The application's services.</param>
    /// <param name="options">Gives the options of each start.</param>
    internal DhtHost(IServiceProvider provider, Func<IServiceProvider, DhtHostOptions> options)
    {
        _provider = provider;
        _options = options;
    }

    /// <summary>The node.</summary>
    /// <exception cref="InvalidOperationException">It has not started, or was stopped.</exception>
    public Dht Dht =>
        TryGetDht(out Dht? dht) ? dht : throw new InvalidOperationException("The node does not run: it has not started, or was stopped.");

    /// <summary>The node, if it has started and was not stopped.</summary>
    /// <param name="dht">The node.</param>
    public bool TryGetDht([NotNullWhen(true)] out Dht? dht)
    {
        lock (_gate)
        {
            dht = _node?.Dht;
            return dht is not null;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">It runs already.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_isBusy)
            {
                throw new InvalidOperationException("The node runs already.");
            }

            _isBusy = true;
        }

        HostedNode? node = null;
        try
        {
            DhtHostOptions options = _options(_provider);
            try
            {
                options.Validate();
            }
            catch
            {
                options.Identity?.Dispose();
                throw;
            }

            node = await HostedNode.OpenAsync(options, _provider, cancellationToken);
        }
        finally
        {
            lock (_gate)
            {
                _node = node;
                _isBusy = node is not null;
            }
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken) => await CloseAsync(cancellationToken);

    /// <summary>Stops the node, if the host has not.</summary>
    public async ValueTask DisposeAsync() => await CloseAsync(CancellationToken.None);

    /// <summary><see cref="DisposeAsync"/>; blocks until the node has stopped.</summary>
    public void Dispose() => CloseAsync(CancellationToken.None).GetAwaiter().GetResult();

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        HostedNode? node;
        lock (_gate)
        {
            node = _node;
        }

        if (node is null)
        {
            return;
        }

        try
        {
            await node.CloseAsync(null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            lock (_gate)
            {
                if (ReferenceEquals(_node, node))
                {
                    _node = null;
                    _isBusy = false;
                }
            }
        }
    }
}
