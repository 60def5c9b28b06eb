using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Discovery;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Remembers the discovery responses that reach it.</summary>
internal sealed class RecordingDiscovery : IDiscoveryResponseTarget
{
    private readonly ConcurrentQueue<ReceivedDiscoveryResponse> _received = new();

    /// <summary>Discovery has ended: it takes nothing.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Makes every hand-over wait for this; null for no waiting.</summary>
    public Task? Room { get; set; }

    public IReadOnlyList<ReceivedDiscoveryResponse> Received => [.. _received];

    public async ValueTask<bool> NotifyAsync(ReceivedDiscoveryResponse response, CancellationToken cancellationToken)
    {
        if (Room is not null)
        {
            await Room.WaitAsync(cancellationToken);
        }

        if (!HasEnded)
        {
            _received.Enqueue(response);
        }

        return !HasEnded;
    }
}
