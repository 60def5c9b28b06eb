using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>The forms that a message has on its way in, without a graph, in buffers of a checking pool.</summary>
internal sealed class InboundForms
{
    private ulong _nextTag = 1;

    public InboundForms()
    {
        using NodeIdentity source = NodeIdentity.Generate();
        Source = new Peer(source.PublicKey);
    }

    public CheckingArrayPool Pool { get; } = new();

    /// <summary>Who delivers every message.</summary>
    public Peer Source { get; }

    /// <summary>As it came; the tag counts from 1.</summary>
    public InboundMessage Received(byte[] envelope) => new(_nextTag++, Source.NodeId, BufferLease.CopyOf(Pool, envelope));

    /// <summary>With its header read, whatever the ephemeral key is.</summary>
    public DhtInboundMessage Deserialized(byte[] envelope)
    {
        InboundMessage received = Received(envelope);
        Assert.That(EnvelopeReader.Read(received.Body.Span, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        return DhtInboundMessage.Create(received, Source, new DhtMessageHeader(received.Body, layout));
    }

    /// <summary>What <paramref name="node"/> makes of it, as a batch of one. A discarded message is disposed here.</summary>
    public StageResult<DecryptedDhtMessage> Decrypted(NodeIdentity node, byte[] envelope) =>
        DecryptedBatch(node, [envelope])[0];

    /// <summary>What <paramref name="node"/> makes of them, as one batch. Discarded messages are disposed here.</summary>
    public StageResult<DecryptedDhtMessage>[] DecryptedBatch(NodeIdentity node, IReadOnlyList<byte[]> envelopes)
    {
        DhtInboundMessage[] batch = [.. envelopes.Select(Deserialized)];
        var results = new StageResult<DecryptedDhtMessage>[batch.Length];
        new DecryptionStage(node, Pool).Process(batch, results);
        for (int i = 0; i < batch.Length; i++)
        {
            if (results[i].IsDiscarded)
            {
                batch[i].Dispose();
            }
        }

        return results;
    }
}
