using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>A reader of responses that takes as many as it is told to.</summary>
internal sealed class RecordingResponder : IRpcResponder
{
    private readonly int _takes;
    private readonly bool _isGoneThen;
    private TaskCompletionSource<bool>? _waiting;

    /// <param name="takes">Responses that are taken at once.</param>
    /// <param name="isGoneThen">Whether the reader has gone after them; if not, it stalls.</param>
    public RecordingResponder(int takes = int.MaxValue, bool isGoneThen = false)
    {
        _takes = takes;
        _isGoneThen = isGoneThen;
    }

    public List<byte[]> Bodies { get; } = [];

    /// <summary>How often a response was offered.</summary>
    public int Offered { get; private set; }

    public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        Offered++;
        if (Bodies.Count < _takes)
        {
            Bodies.Add(body.ToArray());
            return ValueTask.FromResult(true);
        }

        if (_isGoneThen)
        {
            return ValueTask.FromResult(false);
        }

        TaskCompletionSource<bool> waiting = _waiting = new();
        cancellationToken.Register(() => waiting.TrySetCanceled(cancellationToken));
        return new ValueTask<bool>(waiting.Task);
    }

    /// <summary>Takes the response that waits.</summary>
    public void TakeOne() => _waiting!.SetResult(true);
}
