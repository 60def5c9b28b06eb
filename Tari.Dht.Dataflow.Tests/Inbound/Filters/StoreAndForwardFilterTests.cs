using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Inbound.Filters;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Filters;

[TestFixture]
internal sealed class StoreAndForwardFilterTests
{
    [Test]
    public void Only_requests_for_stored_messages_are_refused([Values] DhtMessageType type, [Values] DhtMessageFlags flags)
    {
        var forms = new InboundForms();
        using (DhtInboundMessage message = forms.Deserialized(
            EnvelopeFactory.ClearText([1]).With(f => (f.MessageType, f.Flags) = (type, flags)).Build()))
        {
            // Quirk Q13: stored messages (21) pass.
            Assert.That(new StoreAndForwardFilter().Accepts(message), Is.EqualTo(type != DhtMessageType.SafRequestMessages));
        }

        forms.Pool.AssertWhole();
    }

    [Test]
    public void The_types_tested_are_those_of_the_protocol() =>
        Assert.That(Enum.GetValues<DhtMessageType>().Select(type => (int)type), Is.EquivalentTo((int[])[0, 1, 2, 3, 20, 21]));

    [Test]
    public void A_refusal_is_filed_under_the_filter_and_is_no_error()
    {
        var filter = new StoreAndForwardFilter();
        Assert.That((filter.Name, filter.Reason), Is.EqualTo((StageName.StoreAndForwardFilter, DropReason.StoreAndForwardRequest)));
        Assert.That(filter.Reason.IsError(), Is.False);
    }
}
