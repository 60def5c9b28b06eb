namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>What became of an export.</summary>
/// <param name="Peers">Peers written.</param>
/// <param name="LeftOutAddresses">
/// Addresses left out, because their text would read back as others. A peer whose claim lacks one is refused by an import.
/// </param>
public readonly record struct PeerExportResult(long Peers, long LeftOutAddresses);
