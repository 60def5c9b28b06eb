using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>What became of an import.</summary>
/// <param name="Added">Peers that were not known before.</param>
/// <param name="Updated">Entries merged into a record that was there.</param>
/// <param name="Refused">Entries that were not imported, all of them.</param>
/// <param name="Problems">Why not: the first <see cref="PeerImportOptions.MaxProblems"/> of them, in the order of the entries.</param>
/// <param name="IsComplete">False when the import ended before the input did, because what followed could not be told apart.</param>
public sealed record PeerImportResult(
    long Added, long Updated, long Refused, ImmutableArray<PeerImportProblem> Problems, bool IsComplete);
