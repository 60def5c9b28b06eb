#:project ../Tari.Dht.Dataflow/Tari.Dht.Dataflow.csproj
#:property PublishAot=false

using System.IO.Pipelines;
using System.Text;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Framing;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.PeerStore;

using NodeIdentity alice = NodeIdentity.Generate(), bob = NodeIdentity.Generate();
await using PeerManager peers = PeerManager.Open(new());
peers.AddOrUpdatePeer(alice.ToPeer());
peers.AddOrUpdatePeer(bob.ToPeer());
await using DedupCache aliceSaw = DedupCache.Open(new()), bobSaw = DedupCache.Open(new());
await using var outbound = new OutboundPipeline(alice, new KnownPeerSelector(peers), aliceSaw);
await using var inbound = new InboundPipeline(bob, peers, bobSaw);

// Alice's messages go over the wire, here a pipe in memory, to Bob.
var wire = new Pipe();
outbound.LinkTo(new OutboundFrameSink(wire.Writer));
Task reading = new InboundFrameSource(wire.Reader, alice.NodeId, inbound).RunAsync();

var hello = new OutboundDomainMessage(messageType: 1, "Hello, Bob!"u8.ToArray());
var requester = new OutboundMessageRequester(outbound);
await requester.SendDirectEncryptedAsync(bob.PublicKey, hello, OutboundEncryption.EncryptFor(bob.PublicKey));

using var received = await inbound.ReceiveAsync();
Console.WriteLine($"{received.AuthenticatedOrigin} says: {Encoding.UTF8.GetString(received.Body[1].Span)}");

await wire.Writer.CompleteAsync();
await reading;
