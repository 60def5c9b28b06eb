using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Memory;

public sealed partial class MemoryComms
{
    // Open ones, from the oldest on. Used in turns.
    private readonly List<MemoryConnection> _connections = [];

    private enum DialStep : long
    {
        /// <summary>The address did not answer in time.</summary>
        TimedOut,

        /// <summary>Nobody listens at the address.</summary>
        Refused,

        /// <summary>The address answered.</summary>
        Opened,

        /// <summary>The exchange of identities is through.</summary>
        Exchanged,
    }

    void IConnectionDialer.Begin(PeerDial dial) => Network.Turns.Post(new Turn(this, DialTurn, dial));

    void IConnectionDialer.Cancel(PeerDial dial) => Network.Turns.Post(new Turn(this, CancelDialTurn, dial));

    /// <summary>Waits for an answer on the scheduler of whoever waits.</summary>
    internal static async Task<T> WaitAsync<T>(TaskCompletionSource<T> reply, CancellationToken cancellationToken)
    {
        // The source is cancelled itself, so that what comes too late is not lost: the network disposes it.
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), reply))
        {
            return await reply.Task;
        }
    }

    private void OnDial(PeerDial dial)
    {
        if (dial.IsOver)
        {
            return;
        }

        var attempt = new MemoryDial(dial, dial.Record with { Addresses = dial.Record.Addresses.ResetConnectionAttempts() });
        dial.State = attempt;
        foreach (MultiaddrWithStats entry in attempt.Record.Addresses.Entries)
        {
            if (MemoryNetwork.TryGetPort(entry.Address, out _))
            {
                attempt.Addresses.Add(entry.Address);
            }
        }

        if (attempt.Addresses.Count == 0)
        {
            FailDial(attempt, ConnectivityError.AllPeerAddressesAreExcluded, "There is no address that can be dialled.");
        }
        else
        {
            TryNextAddress(attempt);
        }
    }

    private void OnCancelDial(PeerDial dial)
    {
        if (_isRunning && dial.State is MemoryDial attempt)
        {
            Store(attempt.Record);
        }
    }

    private void TryNextAddress(MemoryDial dial)
    {
        if (dial.Tried == dial.Addresses.Count)
        {
            FailDial(dial, ConnectivityError.ConnectFailedMaximumAttemptsReached, "Every address was tried.");
            return;
        }

        dial.Address = dial.Addresses[dial.Tried++];
        dial.Since = Network.Turns.Now;
        MemoryComms? target = Target(dial);
        if (target is null)
        {
            // The way to nobody is as long as any other.
            Step(dial, Network.Options.Link.Latency * 2, DialStep.Refused);
        }
        else if (!Network.CanReach(Identity.NodeId, target.Identity.NodeId))
        {
            Step(dial, Network.Options.ConnectTimeout, DialStep.TimedOut);
        }
        else
        {
            Step(dial, Network.RoundTrip(Identity.NodeId, target.Identity.NodeId), DialStep.Opened);
        }
    }

    private MemoryComms? Target(MemoryDial dial) =>
        MemoryNetwork.TryGetPort(dial.Address, out ulong port) ? Network.FindListener(port) : null;

    private void Step(MemoryDial dial, TimeSpan delay, DialStep step)
    {
        if (delay == TimeSpan.Zero)
        {
            OnDialStep(dial, step);
        }
        else
        {
            Network.Turns.PostAt(Network.Turns.Now + delay, new Turn(this, DialStepTurn, dial, (long)step));
        }
    }

    private void OnDialStep(MemoryDial dial, DialStep step)
    {
        if (dial.Dial.IsOver)
        {
            return;
        }

        MemoryComms? target = Target(dial);
        switch (step)
        {
            case DialStep.TimedOut:
                FailAddress(dial, "The address did not answer.");
                break;
            case DialStep.Refused:
                FailAddress(dial, "Nobody listens at the address.");
                break;
            case var _ when target is null || !Network.CanReach(Identity.NodeId, target.Identity.NodeId):
                FailAddress(dial, "The connection was lost while it was made.");
                break;
            case DialStep.Opened:
                dial.DialTime = Network.Turns.Now - dial.Since;
                dial.Since = Network.Turns.Now;
                Step(dial, Network.RoundTrip(Identity.NodeId, target.Identity.NodeId), DialStep.Exchanged);
                break;
            default:
                if (target == this || target.Identity.NodeId != dial.Record.NodeId)
                {
                    FailAddress(dial, "Another node has the address.");
                }
                else
                {
                    ExchangeIdentities(dial, target);
                }

                break;
        }
    }

    private void FailAddress(MemoryDial dial, string reason)
    {
        Mark(dial, DialRecord.Failed(reason));
        TryNextAddress(dial);
    }

    private void Mark(MemoryDial dial, DialRecord mark) =>
        dial.Record = dial.Record with { Addresses = mark.ApplyTo(dial.Record.Addresses, dial.Address, UtcNow) };

    private void ExchangeIdentities(MemoryDial dial, MemoryComms target)
    {
        // The other side refuses a peer that it has banned before it says anything.
        if (target.Connectivity.IsBanned(Identity.NodeId))
        {
            RefuseIdentity(dial, "The peer refused this node.");
            return;
        }

        PeerIdentityError theirs = CheckIdentity(target, out ValidatedPeerIdentity? identity);
        PeerIdentityError ours = target.CheckIdentity(this, out ValidatedPeerIdentity? own);
        target.BanOffender(this, ours);
        if (identity is null || own is null)
        {
            BanOffender(target, theirs);
            RefuseIdentity(dial, identity is null ? theirs.ToString() : "The peer refused this node's identity.");
            return;
        }

        Mark(dial, DialRecord.Completed(dial.DialTime, Network.Turns.Now - dial.Since));
        Multiaddr inboundAddress = own.Claim.Addresses.IsEmpty ? Multiaddr.FromMemoryPort(ulong.MaxValue) : own.Claim.Addresses[0];
        var outbound = new MemoryConnection(
            this, target, ++_lastConnection, identity.Claim.Features, dial.Address, ConnectionDirection.Outbound, UtcNow);
        var inbound = new MemoryConnection(
            target, this, ++target._lastConnection, own.Claim.Features, inboundAddress, ConnectionDirection.Inbound, target.UtcNow);
        MemoryConnection.Join(outbound, inbound);
        _connections.Add(outbound);
        target._connections.Add(inbound);
        Network.Trace(MemoryTraceKind.Connected, Identity.NodeId, target.Identity.NodeId);

        target.Store(own.ToInboundPeer(target.Peers.Find(Identity.NodeId), target.UtcNow));
        target.Connectivity.ReportAccepted(inbound);
        Connectivity.ReportDialled(dial.Dial, outbound);
        Store(identity.ToOutboundPeer(dial.Record, UtcNow));
    }

    private void RefuseIdentity(MemoryDial dial, string reason)
    {
        Mark(dial, DialRecord.Failed(reason));
        FailDial(dial, ConnectivityError.IdentityRefused, reason);
    }

    private void BanOffender(MemoryComms offender, PeerIdentityError error)
    {
        if (error.BanDuration is { } duration)
        {
            Connectivity.BanOffender(offender.Identity.PublicKey, duration, error.ToString());
        }
    }

    private void Store(Peer peer)
    {
        try
        {
            Peers.AddOrUpdatePeer(peer);
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            // A store that ends before its node keeps nothing; the connection does not depend on it.
            Network.Trace(MemoryTraceKind.NotStored, Identity.NodeId, peer.NodeId);
        }
    }

    private void FailDial(MemoryDial dial, ConnectivityError error, string message)
    {
        Connectivity.ReportDialFailed(dial.Dial, error, message);
        Store(dial.Record);
    }
}
