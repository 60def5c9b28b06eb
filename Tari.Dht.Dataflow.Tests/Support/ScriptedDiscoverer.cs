using System.Collections.Concurrent;
using System.Threading.Channels;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Discovers when a test says so, and remembers what it was asked.</summary>
internal sealed class ScriptedDiscoverer : IPeerDiscoverer
{
    private readonly Channel<bool> _asked = Channel.CreateUnbounded<bool>();

    /// <summary>The questions, in order, each with the place for its answer.</summary>
    public ConcurrentQueue<(CommsPublicKey Key, NodeDestination Destination, TaskCompletionSource<Peer> Answer)> Questions { get; } = new();

    /// <summary>Answers at once instead; null to wait.</summary>
    public Func<CommsPublicKey, Peer>? AnswerAtOnce { get; set; }

    /// <summary>Whether the token ends a question.</summary>
    public bool Listens { get; set; } = true;

    /// <summary>Ends with the next question.</summary>
    public async Task WaitForQuestionAsync() => await _asked.Reader.ReadAsync();

    public async ValueTask<Peer> DiscoverPeerAsync(
        CommsPublicKey publicKey, NodeDestination destination, CancellationToken cancellationToken = default)
    {
        var answer = new TaskCompletionSource<Peer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Questions.Enqueue((publicKey, destination, answer));
        _asked.Writer.TryWrite(true);
        if (AnswerAtOnce is not null)
        {
            return AnswerAtOnce(publicKey);
        }

        return await answer.Task.WaitAsync(Listens ? cancellationToken : default);
    }
}
