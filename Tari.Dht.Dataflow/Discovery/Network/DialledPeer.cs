using Tari.Dht.Dataflow.Comms.Connectivity;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A connection to a peer that is to be asked.</summary>
/// <param name="Handle">The right to use it; given up by <see cref="PeerCaller.HangUp"/>.</param>
/// <param name="WasConnected">Whether it was there before.</param>
internal readonly record struct DialledPeer(PeerConnectionHandle Handle, bool WasConnected);
