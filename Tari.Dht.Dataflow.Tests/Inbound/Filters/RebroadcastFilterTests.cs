using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Filters;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Filters;

[TestFixture]
internal sealed class RebroadcastFilterTests
{
    [Test]
    public void Duplicates_pass_only_as_domain_messages_for_everyone(
        [Values(0u, 1u, 2u, 3u, uint.MaxValue)] uint hits, [Values] DhtMessageType type, [Values] bool hasDestination)
    {
        var forms = new InboundForms();
        using NodeIdentity node = NodeIdentity.Generate();
        NodeDestination destination = hasDestination ? new NodeDestination(node.PublicKey) : NodeDestination.Unknown;
        byte[] envelope = EnvelopeFactory.ClearText([1]).With(f => (f.MessageType, f.Destination) = (type, destination)).Build();
        using (DecryptedDhtMessage message = forms.Decrypted(node, envelope).Message!)
        {
            message.DedupHitCount = hits;
            bool passes = hits <= 1 || (type == DhtMessageType.None && !hasDestination);
            Assert.That(new RebroadcastFilter().Accepts(message), Is.EqualTo(passes));
        }

        forms.Pool.AssertWhole();
    }

    [Test]
    public void A_permitted_duplicate_for_another_node_is_refused_in_spite_of_its_type()
    {
        var forms = new InboundForms();
        using NodeIdentity node = NodeIdentity.Generate();
        using NodeIdentity other = NodeIdentity.Generate();
        using (DecryptedDhtMessage message = forms.Decrypted(node, EnvelopeFactory.Encrypted(other, other.PublicKey, [1]).Build()).Message!)
        {
            message.DedupHitCount = 2;
            Assert.That(new RebroadcastFilter().Accepts(message), Is.False);
        }

        forms.Pool.AssertWhole();
    }

    [Test]
    public void A_refusal_is_filed_under_the_filter_and_is_no_error()
    {
        var filter = new RebroadcastFilter();
        Assert.That((filter.Name, filter.Reason), Is.EqualTo((StageName.RebroadcastFilter, DropReason.NotRebroadcastable)));
        Assert.That(filter.Reason.IsError(), Is.False);
    }
}
