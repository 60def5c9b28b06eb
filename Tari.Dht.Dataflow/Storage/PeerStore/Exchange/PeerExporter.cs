using System.Buffers;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Json;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>Writes peers as a JSON array, one on each line, which <see cref="PeerImporter"/> and other nodes read.</summary>
/// <remarks>
/// Nothing of a record is left out but addresses whose text would read back as others, and the empty one that stands for none: an import
/// into
/// an empty store makes equal records. Only ASCII is written.
/// </remarks>
public static class PeerExporter
{
    private const int WriteSize = 64 * 1024;

    /// <summary>Exports peers.</summary>
    /// <param name="peers">The peers, such as <see cref="PeerManager.All"/> or <see cref="PeerManager.GetSeedPeers"/> has them.</param>
    /// <param name="utf8">Where to; the caller's to flush and to dispose of.</param>
    /// <param name="cancellationToken">Ends the export, and leaves the array open.</param>
    /// <returns>How much was written.</returns>
    /// <exception cref="IOException">The stream cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The export was cancelled.</exception>
    public static async Task<PeerExportResult> ExportAsync(
        IEnumerable<Peer> peers, Stream utf8, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(utf8);
        var buffer = new ArrayBufferWriter<byte>(2 * WriteSize);
        using var writer = new Utf8JsonWriter(buffer);
        long count = 0;
        long leftOut = 0;
        foreach (Peer peer in peers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            buffer.Write(count == 0 ? "[\n"u8 : ",\n"u8);
            writer.Reset();
            leftOut += PeerJson.Write(writer, WithoutPlaceholder(peer));
            writer.Flush();
            count++;
            if (buffer.WrittenCount >= WriteSize)
            {
                await utf8.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                buffer.ResetWrittenCount();
            }
        }

        buffer.Write(count == 0 ? "[]\n"u8 : "\n]\n"u8);
        await utf8.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        return new PeerExportResult(count, leftOut);
    }

    private static Peer WithoutPlaceholder(Peer peer)
    {
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (entry.Address.IsEmpty)
            {
                return peer with
                {
                    Addresses = MultiaddressesWithStats.FromEntries(peer.Addresses.Entries.RemoveAll(static one => one.Address.IsEmpty)),
                };
            }
        }

        return peer;
    }
}
