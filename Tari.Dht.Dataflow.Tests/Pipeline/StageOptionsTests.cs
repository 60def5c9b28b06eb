using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class StageOptionsTests
{
    private static readonly (StageOptions Options, string Named)[] s_invalid =
    [
        (new StageOptions { BoundedCapacity = 0 }, "BoundedCapacity"),
        (new StageOptions { BoundedCapacity = -1 }, "BoundedCapacity"),
        (new StageOptions { MaxDegreeOfParallelism = 0 }, "MaxDegreeOfParallelism"),
        (new StageOptions { MaxDegreeOfParallelism = 5, BoundedCapacity = 4 }, "MaxDegreeOfParallelism"),
        (new StageOptions { MaxBatchSize = 0 }, "MaxBatchSize"),
        (new StageOptions { MaxBatchSize = 257 }, "MaxBatchSize"),
    ];

    [Test]
    public void Defaults_pass_their_own_validation()
    {
        Assert.That(() => new StageOptions().Validate("Stage"), Throws.Nothing);
        Assert.That(() => new InboundPipelineOptions().Validate(), Throws.Nothing);
        Assert.That(() => new OutboundPipelineOptions().Validate(), Throws.Nothing);
    }

    [Test]
    public void A_value_out_of_range_is_refused_by_name([Range(0, 5)] int index)
    {
        (StageOptions options, string named) = s_invalid[index];
        Assert.That(
            () => options.Validate("DedupStage"),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("DedupStage." + named));
    }

    [Test]
    public void A_pipeline_checks_every_stages_options_and_names_the_stage([Range(0, 5)] int index)
    {
        StageOptions invalid = s_invalid[index].Options;
        InboundPipelineOptions[] inbound =
        [
            new() { MetricsStage = invalid }, new() { DeserializeStage = invalid }, new() { DecryptionStage = invalid },
            new() { DedupStage = invalid }, new() { LoggingStage = invalid },
        ];
        string[] inboundNames = ["MetricsStage.", "DeserializeStage.", "DecryptionStage.", "DedupStage.", "LoggingStage."];
        OutboundPipelineOptions[] outbound =
        [
            new() { RequestLoggingStage = invalid }, new() { BroadcastStage = invalid }, new() { LoggingStage = invalid },
            new() { SerializeStage = invalid },
        ];
        string[] outboundNames = ["RequestLoggingStage.", "BroadcastStage.", "LoggingStage.", "SerializeStage."];
        Assert.Multiple(() =>
        {
            for (int i = 0; i < inbound.Length; i++)
            {
                Assert.That(inbound[i].Validate, Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains(inboundNames[i]));
            }

            for (int i = 0; i < outbound.Length; i++)
            {
                Assert.That(outbound[i].Validate, Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains(outboundNames[i]));
            }
        });
    }

    [Test]
    public void A_stage_without_options_is_refused_by_name()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                new InboundPipelineOptions { DedupStage = null! }.Validate,
                Throws.TypeOf<ArgumentNullException>().With.Property("ParamName").EqualTo("DedupStage"));
            Assert.That(
                new OutboundPipelineOptions { SerializeStage = null! }.Validate,
                Throws.TypeOf<ArgumentNullException>().With.Property("ParamName").EqualTo("SerializeStage"));
        });
    }

    [Test]
    public void Other_options_are_checked_and_named()
    {
        Assert.Multiple(() =>
        {
            Assert.That(
                new InboundPipelineOptions { DedupAllowedMessageOccurrences = -1 }.Validate,
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("DedupAllowedMessageOccurrences"));
            Assert.That(
                new InboundPipelineOptions { ShutdownTimeout = TimeSpan.FromSeconds(-1) }.Validate,
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ShutdownTimeout"));
            Assert.That(
                new OutboundPipelineOptions { ProtocolVersion = (DhtProtocolVersion)3 }.Validate,
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("ProtocolVersion"));
            Assert.That(new InboundPipelineOptions { TaskScheduler = null! }.Validate, Throws.TypeOf<ArgumentNullException>());
            Assert.That(new InboundPipelineOptions { TimeProvider = null! }.Validate, Throws.TypeOf<ArgumentNullException>());
            Assert.That(new InboundPipelineOptions { Logger = null! }.Validate, Throws.TypeOf<ArgumentNullException>());
            Assert.That(new InboundPipelineOptions { BufferPool = null! }.Validate, Throws.TypeOf<ArgumentNullException>());
        });
    }

    [Test]
    public void The_bound_on_messages_held_follows_from_the_options()
    {
        var one = new StageOptions { BoundedCapacity = 1, MaxBatchSize = 1 };
        var options = new InboundPipelineOptions
        {
            MetricsStage = one, DeserializeStage = one, DecryptionStage = one, DedupStage = one, LoggingStage = one,
            ForwardStage = one, DhtHandlerStage = one,
        };

        // Six blocks with one place, the batch block with two places and one worker, and the two places where refused messages wait.
        Assert.That(options.MaxMessagesHeld, Is.EqualTo(6 + 3 + (2 * PipelineGraph.RefusedCapacity)));
    }
}
