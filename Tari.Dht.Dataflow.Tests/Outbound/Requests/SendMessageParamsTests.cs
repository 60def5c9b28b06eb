using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Outbound.Requests;

[TestFixture]
internal sealed class SendMessageParamsTests
{
    [Test]
    public void Defaults_are_a_clear_unsigned_domain_message_to_everyone()
    {
        FinalSendMessageParams parameters = new SendMessageParams().Finish();
        Assert.Multiple(() =>
        {
            Assert.That(parameters.Strategy, Is.InstanceOf<BroadcastStrategy.Flood>());
            Assert.That(parameters.Destination.IsUnknown);
            Assert.That(parameters.Encryption.IsEncrypt, Is.False);
            Assert.That(parameters.MessageType, Is.EqualTo(DhtMessageType.None));
            Assert.That(parameters.Flags, Is.EqualTo(DhtMessageFlags.None));
            Assert.That(parameters.ForceOrigin, Is.False);
            Assert.That(parameters.HasCustomHeader, Is.False);
        });
    }

    [Test]
    public void The_tag_comes_from_the_given_source_and_is_drawn_when_the_builder_is_made()
    {
        ulong first = new SendMessageParams(new Random(1)).Finish().Tag;
        ulong again = new SendMessageParams(new Random(1)).Finish().Tag;
        ulong other = new SendMessageParams(new Random(2)).Finish().Tag;
        Assert.Multiple(() =>
        {
            Assert.That(again, Is.EqualTo(first));
            Assert.That(other, Is.Not.EqualTo(first));
            Assert.That(new SendMessageParams().WithTag(ulong.MaxValue).Finish().Tag, Is.EqualTo(ulong.MaxValue));
        });
    }

    [Test]
    public void The_last_strategy_counts_and_propagate_sets_no_destination()
    {
        FinalSendMessageParams parameters = new SendMessageParams()
            .Broadcast([])
            .Propagate(new NodeDestination(default), [])
            .Finish();
        Assert.That(parameters.Strategy, Is.InstanceOf<BroadcastStrategy.Propagate>());
        Assert.That(parameters.Destination.IsUnknown);
    }

    [Test]
    public void A_builder_is_used_up_once_finished()
    {
        var builder = new SendMessageParams();
        builder.Finish();
        Assert.That(() => builder.Flood([]), Throws.InvalidOperationException);
        Assert.That(builder.Finish, Throws.InvalidOperationException);
    }

    [Test]
    public void A_negative_number_of_random_peers_is_refused() =>
        Assert.That(() => new SendMessageParams().Random(-1), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Encryption_brings_its_flag() => Assert.Multiple(() =>
    {
        Assert.That(OutboundEncryption.ClearText.Flags, Is.EqualTo(DhtMessageFlags.None));
        Assert.That(OutboundEncryption.EncryptFor(default).Flags, Is.EqualTo(DhtMessageFlags.Encrypted));
        Assert.That(OutboundEncryption.EncryptFor(default).IsEncrypt);
        Assert.That(default(OutboundEncryption).IsEncrypt, Is.False);
    });
}
