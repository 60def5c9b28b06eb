using System.Text;
using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Exchange;
using Tari.Dht.Dataflow.Tests.Peers.Json;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Exchange;

[TestFixture]
internal sealed class PeerExporterTests
{
    private readonly ManualTimeProvider _time = new(JsonPeers.Now);

    [Test]
    public async Task An_export_imported_into_an_empty_store_makes_equal_records()
    {
        const int count = 200;
        await using PeerManager from = Open(), to = Open();
        for (int i = 0; i < count; i++)
        {
            from.AddOrUpdatePeer(JsonPeers.Full(i));
        }

        byte[] exported = await ExportAsync(from.All());
        using var input = new MemoryStream(exported);
        PeerImportResult result = await PeerImporter.ImportAsync(to, input, new PeerImportOptions { TimeProvider = _time });

        Assert.That((result.Added, result.Refused), Is.EqualTo(((long)count, 0L)), result.Problems.FirstOrDefault()?.ToString());
        Assert.That(to.Count, Is.EqualTo(count));
        foreach (Peer peer in from.All())
        {
            JsonPeers.AssertSame(to.Find(peer.NodeId)!, peer);
        }
    }

    [Test]
    public async Task An_export_is_an_array_with_a_peer_on_each_line()
    {
        Peer[] peers = [JsonPeers.Full(1), JsonPeers.Full(2), JsonPeers.Full(3)];

        byte[] exported = await ExportAsync(peers);

        string[] lines = Encoding.UTF8.GetString(exported).Split('\n');
        Assert.That(JsonNode.Parse(exported)!.AsArray(), Has.Count.EqualTo(3));
        Assert.That(lines, Has.Length.EqualTo(6));
        Assert.That(lines[0], Is.EqualTo("["));
        Assert.That(lines[4..], Is.EqualTo(new[] { "]", "" }));
        Assert.That(lines[2], Is.EqualTo(JsonPeers.Write(peers[1]) + ","));
        Assert.That(exported, Has.All.LessThan((byte)0x7F));
    }

    [Test]
    public async Task No_peers_are_an_empty_array() =>
        Assert.That(Encoding.UTF8.GetString(await ExportAsync([])), Is.EqualTo("[]\n"));

    [Test]
    public async Task The_placeholder_of_a_peer_without_addresses_is_not_exported()
    {
        Peer peer = JsonPeers.Full(1) with
        {
            Addresses = MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config)]),
        };

        JsonNode exported = JsonNode.Parse(await ExportAsync([peer]))!;

        Assert.That(exported[0]!["addresses"]!["addresses"]!.AsArray(), Is.Empty);
    }

    [Test]
    public void A_cancelled_export_ends()
    {
        using var output = new MemoryStream();

        Assert.That(
            async () => await PeerExporter.ExportAsync([JsonPeers.Full(1)], output, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static async Task<byte[]> ExportAsync(IReadOnlyCollection<Peer> peers)
    {
        using var output = new MemoryStream();
        PeerExportResult result = await PeerExporter.ExportAsync(peers, output);
        Assert.That(result, Is.EqualTo(new PeerExportResult(peers.Count, 0)));
        return output.ToArray();
    }

    private PeerManager Open() => PeerManager.Open(new PeerManagerOptions { TimeProvider = _time });
}
