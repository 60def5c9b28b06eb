using System.Net;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>What became of resolving an address.</summary>
/// <param name="Error">Why there is no end point; <see cref="AddressResolutionError.None"/> when there is one.</param>
/// <param name="EndPoint">Where the address leads; null when resolving failed.</param>
public readonly record struct AddressResolution(AddressResolutionError Error, IPEndPoint? EndPoint);
