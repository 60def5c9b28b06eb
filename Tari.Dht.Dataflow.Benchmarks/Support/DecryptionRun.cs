using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>The decryption stage alone, without blocks: messages are read beforehand and disposed afterwards.</summary>
internal sealed class DecryptionRun
{
    private readonly Traffic _traffic;
    private readonly DeserializeStage _deserialize = new(Parties.KnownPeers, NullLogger.Instance);
    private readonly DecryptionStage _decryption = new(Parties.Node, DhtBufferPool.Shared);
    private readonly DhtInboundMessage[] _messages;
    private readonly StageResult<DecryptedDhtMessage>[] _results;

    public DecryptionRun(Traffic traffic)
    {
        _traffic = traffic;
        _messages = new DhtInboundMessage[traffic.Messages.Length];
        _results = new StageResult<DecryptedDhtMessage>[_messages.Length];
    }

    /// <summary>Copies and reads all messages. Decryption is in place, so that has to be done before each <see cref="Decrypt"/>.</summary>
    public void Prepare()
    {
        for (int i = 0; i < _messages.Length; i++)
        {
            TrafficMessage sent = _traffic.Messages[i];
            var received = InboundMessage.CopyOf((ulong)i, sent.Source, sent.Envelope);
            _messages[i] = _deserialize.Process(received).Message ?? throw new InvalidOperationException($"Message {i} can't be read.");
        }
    }

    /// <summary>Decrypts all messages on this thread; this is the part to measure.</summary>
    /// <param name="batchSize">Messages in a batch.</param>
    public void Decrypt(int batchSize)
    {
        for (int i = 0; i < _messages.Length; i += batchSize)
        {
            int count = Math.Min(batchSize, _messages.Length - i);
            _decryption.Process(_messages.AsSpan(i, count), _results.AsSpan(i, count));
        }
    }

    /// <summary>Looks at the results and disposes the messages.</summary>
    public void Finish()
    {
        for (int i = 0; i < _messages.Length; i++)
        {
            DecryptedDhtMessage message = _results[i].Message ?? throw new InvalidOperationException($"Message {i}: {_results[i].Reason}.");
            string? fault = InboundSink.Check(_traffic.Messages[i], message);
            message.Dispose();
            if (fault is not null)
            {
                throw new InvalidOperationException(fault);
            }
        }

        Array.Clear(_messages);
        Array.Clear(_results);
    }
}
