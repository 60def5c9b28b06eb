using Tari.Dht.Dataflow.Discovery.Rpc;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>An answer that is written down beforehand. After its last item comes the end, unless the item repeats for ever.</summary>
internal sealed class ScriptedGetPeersStream(params GetPeersItem[] items) : IGetPeersStream
{
    /// <summary>Whether the last item comes again and again.</summary>
    public bool IsEndless { get; init; }

    /// <summary>How often somebody read.</summary>
    public int Reads { get; private set; }

    /// <summary>The time that each read gave the item.</summary>
    public List<TimeSpan> Timeouts { get; } = [];

    public bool IsDisposed { get; private set; }

    public ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Timeouts.Add(timeout);
        int at = IsEndless ? Math.Min(Reads, items.Length - 1) : Reads;
        Reads++;
        return ValueTask.FromResult(at < items.Length ? items[at] : new GetPeersItem(GetPeersItemKind.End));
    }

    public void Dispose() => IsDisposed = true;
}
