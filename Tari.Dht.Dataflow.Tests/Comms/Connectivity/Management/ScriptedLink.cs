using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

/// <summary>A connection of a <see cref="ScriptedTransport"/>.</summary>
internal sealed class ScriptedLink(
    ScriptedTransport transport, long id, NodeId peer, PeerFeatures features, ConnectionDirection direction, DateTimeOffset connectedAt)
    : PeerConnectionBase(id, peer, features, Multiaddr.Parse("/memory/1"), direction, connectedAt)
{
    private bool _isOpen = true;

    public override bool IsConnected => _isOpen;

    public override TimeSpan WriteStalledFor => StalledNow?.Invoke() ?? Stalled;

    /// <summary>Says at each look for how long it is stalled, in place of <see cref="Stalled"/>.</summary>
    public Func<TimeSpan>? StalledNow { get; set; }

    public TimeSpan Stalled { get; set; }

    /// <summary>Whether it ignores that it is to close, as a peer that does not answer makes it.</summary>
    public bool Hangs { get; set; }

    /// <summary>How often it was asked to close.</summary>
    public int Asked { get; private set; }

    public override ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default)
    {
        Asked++;
        if (Hangs)
        {
            return new ValueTask(new TaskCompletionSource().Task);
        }

        if (!_isOpen)
        {
            return ValueTask.FromException(new ConnectivityException(ConnectivityError.PeerConnectionError, "It has ended."));
        }

        End(isMinimized);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends, and reports it.</summary>
    public void End(bool isMinimized = false)
    {
        _isOpen = false;
        transport.Manager.ReportDisconnected(this, isMinimized);
    }

    /// <summary>Ends without a report, as if that was lost.</summary>
    public void Die() => _isOpen = false;

    public void UseSubstreams(int count)
    {
        for (int i = 0; i < count; i++)
        {
            OnSubstreamOpened();
        }
    }

    public void OpenSession() => OnRpcSessionOpened();

    protected override void OnUnheld()
    {
        if (_isOpen && !Hangs)
        {
            End(isMinimized: true);
        }
    }
}
