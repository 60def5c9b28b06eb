namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Asks a peer for others that it knows.</summary>
/// <param name="Count">Peers at most; 0 for as many as the peer gives anybody.</param>
/// <param name="IncludeClients">Whether clients are wanted beside nodes.</param>
/// <param name="MaxClaims">Claims of a peer at most; a peer that is asked with 0 refuses.</param>
/// <param name="MaxAddressesPerClaim">Addresses of a claim at most; a peer that is asked with 0 refuses.</param>
public readonly record struct GetPeersRequest(uint Count, bool IncludeClients, uint MaxClaims, uint MaxAddressesPerClaim);
