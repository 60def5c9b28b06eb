using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Remembers where messages ended, and why.</summary>
internal sealed class RecordingDiscardObserver : IDiscardObserver
{
    private readonly ConcurrentQueue<Discard> _discards = new();

    public IReadOnlyList<Discard> Discards => [.. _discards];

    public void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer) =>
        _discards.Enqueue(new Discard(stage, reason, tag, peer));

    internal readonly record struct Discard(StageName Stage, DropReason Reason, ulong Tag, NodeId Peer);
}
