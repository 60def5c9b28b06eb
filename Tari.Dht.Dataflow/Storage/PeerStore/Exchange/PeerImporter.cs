using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Json;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>Puts peers from a stream of JSON into a store: an application's seeds, or what <see cref="PeerExporter"/> wrote.</summary>
/// <remarks>
/// <para>
/// The input is UTF-8: an array of peers, or a peer on each line, in any form that <see cref="PeerJson"/> reads. A bad entry is reported
/// and
/// passed over. Within an array, what is not JSON ends the import, because nobody knows where the next entry begins; what came before stays
/// imported.
/// </para>
/// <para>
/// An entry is merged into the record of a known peer, as <see cref="PeerManager.AddOrUpdatePeer"/> does; but features, flags and metadata
/// that the entry does not give stay as they are.
/// </para>
/// <para>
/// Nothing that the input claims is taken on trust: the signature of every claim has to be that of the entry's key, and an address that is
/// said to come from a claim has to be in it. An entry for which this does not hold is refused as a whole. Addresses of the configuration
/// need no claim.
/// </para>
/// <para>Holds one entry at a time. Peers that were imported reach the disk as others do: <see cref="PeerManager.FlushAsync"/> waits for
/// it.</para>
/// </remarks>
public static class PeerImporter
{
    /// <summary>Imports peers.</summary>
    /// <param name="manager">The store.</param>
    /// <param name="utf8">The input, read to its end; the caller's to dispose of.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the import; what was imported stays.</param>
    /// <returns>What became of the entries.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="IOException">The input cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed of.</exception>
    /// <exception cref="OperationCanceledException">The import was cancelled.</exception>
    public static async Task<PeerImportResult> ImportAsync(
        PeerManager manager, Stream utf8, PeerImportOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(manager);
        ArgumentNullException.ThrowIfNull(utf8);
        options ??= new PeerImportOptions();
        options.Validate();
        using var reader = new PeerEntryReader(utf8, options.MaxEntryBytes);
        var import = new Run(manager, options, reader);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            PeerEntryReader.Found found = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!import.Take(found))
            {
                return import.Result;
            }
        }
    }

    /// <summary>One import.</summary>
    private sealed class Run(PeerManager manager, PeerImportOptions options, PeerEntryReader reader)
    {
        private readonly ImmutableArray<PeerImportProblem>.Builder _problems = ImmutableArray.CreateBuilder<PeerImportProblem>();
        private long _added;
        private long _updated;
        private long _refused;
        private bool _isComplete = true;

        public PeerImportResult Result => new(_added, _updated, _refused, _problems.ToImmutable(), _isComplete);

        /// <summary>Deals with what was found.</summary>
        /// <returns>Whether to read on.</returns>
        public bool Take(PeerEntryReader.Found found)
        {
            switch (found)
            {
                case PeerEntryReader.Found.Nothing:
                    return false;
                case PeerEntryReader.Found.TooLong:
                    Refuse(PeerImportError.TooLong, "", string.Create(
                        CultureInfo.InvariantCulture, $"is longer than {options.MaxEntryBytes} bytes"));
                    return true;
                case PeerEntryReader.Found.OpenArray:
                    Refuse(PeerImportError.Syntax, "", "the input ends within the array");
                    return EndEarly();
                case PeerEntryReader.Found.Trailing:
                    Refuse(PeerImportError.Syntax, "", "follows the end of the array");
                    return EndEarly();
                default:
                    return TryImport() || found == PeerEntryReader.Found.Line || EndEarly();
            }
        }

        /// <returns>False when the entry is not JSON.</returns>
        private bool TryImport()
        {
            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(reader.Entry);
            }
            catch (JsonException exception)
            {
                Refuse(PeerImportError.Syntax, "", "is not JSON, or is nested too deeply", exception.LineNumber ?? 0);
                return false;
            }

            using (document)
            {
                if (!PeerJson.TryRead(document.RootElement, out Peer? peer, out PeerJsonMembers given, out PeerJsonProblem problem))
                {
                    Refuse(PeerImportError.Content, problem.Member, problem.Explanation);
                }
                else if (HaveProof(peer))
                {
                    Save(peer, given);
                }
            }

            return true;
        }

        private bool HaveProof(Peer peer)
        {
            PeerIdentityClaim? verified = null;
            ImmutableArray<MultiaddrWithStats> entries = peer.Addresses.Entries;
            for (int i = 0; i < entries.Length; i++)
            {
                if (entries[i].Source.Claim is not { } claim)
                {
                    continue;
                }

                // Addresses of one claim follow each other and share it.
                if (!ReferenceEquals(claim, verified))
                {
                    IdentitySignatureStatus status = claim.Verify(peer.PublicKey, options.TimeProvider.GetUtcNow());
                    if (status != IdentitySignatureStatus.Ok)
                    {
                        RefuseClaim(i, status == IdentitySignatureStatus.FromFuture
                            ? "holds a claim that is dated in the future" : "holds a claim that the peer did not sign");
                        return false;
                    }

                    verified = claim;
                }

                if (!claim.Addresses.Contains(entries[i].Address))
                {
                    RefuseClaim(i, "holds a claim without this address");
                    return false;
                }
            }

            return true;
        }

        private void Save(Peer peer, PeerJsonMembers given)
        {
            Peer? known = manager.Find(peer.NodeId);
            if (known is not null)
            {
                peer = peer with
                {
                    Features = (given & PeerJsonMembers.Features) != 0 ? peer.Features : known.Features,
                    Flags = (given & PeerJsonMembers.Flags) != 0 ? peer.Flags : known.Flags,
                    Metadata = (given & PeerJsonMembers.Metadata) != 0 ? peer.Metadata : known.Metadata,
                };
            }

            if (options.AsSeeds)
            {
                peer = peer with { Flags = peer.Flags | PeerFlags.Seed };
            }

            try
            {
                manager.AddOrUpdatePeer(peer);
            }
            catch (PeerManagerException exception)
            {
                Refuse(PeerImportError.Store, "", "cannot be stored: " + exception.Message);
                return;
            }

            _added += known is null ? 1 : 0;
            _updated += known is null ? 0 : 1;
        }

        private void RefuseClaim(int index, string explanation) =>
            Refuse(PeerImportError.Claim, string.Create(CultureInfo.InvariantCulture, $"addresses[{index}].source"), explanation);

        private void Refuse(PeerImportError error, string member, string explanation, long linesDown = 0)
        {
            _refused++;
            if (_problems.Count < options.MaxProblems)
            {
                _problems.Add(new PeerImportProblem(reader.Number, reader.Line + linesDown, error, member, explanation));
            }
        }

        private bool EndEarly()
        {
            _isComplete = false;
            return false;
        }
    }
}
