using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>What makes requests: some callers, each with one request at a time.</summary>
internal sealed class Application
{
    private const int DomainMessageType = 65;

    private readonly OutboundMessageRequester _requester;
    private readonly OutboundKind _kind;
    private readonly bool _amongConnected;
    private readonly byte[] _payload;
    private readonly NodeId[] _peers;
    private int _lastRequest;

    /// <param name="pipeline">The outbound graph.</param>
    /// <param name="kind">How messages are protected.</param>
    /// <param name="payloadLength">Bytes of a message; at least 8.</param>
    /// <param name="peers">Recipients of a request: one is a direct send by key, more are selected peers.</param>
    /// <param name="amongConnected">Instead: a broadcast among connected nodes.</param>
    public Application(
        ITargetBlock<DhtOutboundRequest> pipeline, OutboundKind kind, int payloadLength, int peers, bool amongConnected = false)
    {
        _requester = new OutboundMessageRequester(pipeline);
        _kind = kind;
        _amongConnected = amongConnected;
        _payload = new byte[payloadLength];
        new Random(1).NextBytes(_payload);
        _peers = Array.ConvertAll(Parties.Recipients[..peers], static peer => peer.NodeId);
    }

    /// <summary>Sends requests; ends when the transport has taken the messages.</summary>
    /// <param name="count">How many, a multiple of <paramref name="atOnce"/>.</param>
    /// <param name="atOnce">Callers at the same time; each makes its next request when the transport has its last message.</param>
    public Task SendAsync(int count, int atOnce)
    {
        if (atOnce == 1)
        {
            return CallAsync(count);
        }

        var callers = new Task[atOnce];
        for (int i = 0; i < callers.Length; i++)
        {
            callers[i] = Task.Run(() => CallAsync(count / atOnce));
        }

        return Task.WhenAll(callers);
    }

    private async Task CallAsync(int count)
    {
        byte[] payload = [.. _payload];
        for (int i = 0; i < count; i++)
        {
            // The requester has copied the message when its call returns, so the array can be used again.
            BitConverter.TryWriteBytes(payload, (ulong)Interlocked.Increment(ref _lastRequest));
            SendMessageResponse response = await _requester.SendMessageAsync(
                Parameters(), new OutboundDomainMessage(DomainMessageType, payload));
            MessageSendStates states = response.Resolve();
            if (await states[^1].Result != MessageSendResult.Sent)
            {
                throw new InvalidOperationException("A message was not sent.");
            }
        }
    }

    private SendMessageParams Parameters()
    {
        var parameters = new SendMessageParams();
        CommsPublicKey recipient = Parties.Recipients[0].PublicKey;
        if (_amongConnected)
        {
            parameters.Broadcast([]);
        }
        else if (_peers.Length == 1)
        {
            parameters.DirectPublicKey(recipient);
        }
        else
        {
            parameters.SelectedPeers(_peers);
        }

        return _kind switch
        {
            OutboundKind.Encrypted => parameters.WithDestination(new NodeDestination(recipient)).WithEncryption(
                OutboundEncryption.EncryptFor(recipient)),
            OutboundKind.ClearSigned => parameters.ForceOrigin(),
            _ => parameters,
        };
    }
}
