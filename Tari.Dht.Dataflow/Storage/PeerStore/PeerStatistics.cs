namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>Counts of the records of a <see cref="PeerManager"/>; a record counts in every state that it is in.</summary>
/// <param name="Known">All records, deleted ones included.</param>
/// <param name="Nodes">Records that offer something to others.</param>
/// <param name="Clients">Records that offer nothing, those that only carry a ban included.</param>
/// <param name="Banned">Records whose ban has not ended.</param>
/// <param name="Deleted">Records that were deleted and are kept for a while.</param>
/// <param name="Seeds">Seeds.</param>
/// <param name="SeenRecently">Records with an address that was reached within the last 24 hours.</param>
/// <param name="UnwrittenChanges">Records that differ from the file; 0 without one.</param>
/// <param name="SkippedAddresses">
/// Addresses left out since the store opened, because they were empty or their text does not read back.
/// </param>
public readonly record struct PeerStatistics(
    int Known,
    int Nodes,
    int Clients,
    int Banned,
    int Deleted,
    int Seeds,
    int SeenRecently,
    int UnwrittenChanges,
    long SkippedAddresses);
