using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;

namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>
/// Takes the outbound pipeline's place in an application's tests: records requests, answers as it is told, sends nothing.
/// </summary>
/// <remarks>Serves one request at a time, in order, so that a delay holds up those behind it. Thread safe.</remarks>
public sealed class OutboundServiceMock : IAsyncDisposable
{
    private readonly ActionBlock<DhtOutboundRequest> _requests;
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>A mock that runs until it is disposed.</summary>
    /// <param name="pool">Where the requester's buffers come from; null for the shared pool.</param>
    /// <param name="timeProvider">The clock of delays; null for the system's.</param>
    /// <param name="taskScheduler">Where it runs; null for the thread pool's.</param>
    /// <param name="random">Where tags and nonces come from; null for the shared source.</param>
    public OutboundServiceMock(
        ArrayPool<byte>? pool = null, TimeProvider? timeProvider = null, TaskScheduler? taskScheduler = null, Random? random = null)
    {
        _timeProvider = timeProvider ?? TimeProvider.System;
        State = new OutboundServiceMockState(_timeProvider);
        _requests = new ActionBlock<DhtOutboundRequest>(
            ServeAsync, new ExecutionDataflowBlockOptions { TaskScheduler = taskScheduler ?? TaskScheduler.Default });
        Requester = new OutboundMessageRequester(_requests, pool, random);
    }

    /// <summary>What the application sends with.</summary>
    public OutboundMessageRequester Requester { get; }

    /// <summary>What was recorded, and how to answer.</summary>
    public OutboundServiceMockState State { get; }

    /// <summary>Ends delays, serves what has been accepted, and refuses the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Complete();
        await _stopping.CancelAsync();
        await _requests.Completion;
        _stopping.Dispose();
    }

    private async Task ServeAsync(DhtOutboundRequest request)
    {
        using (request)
        {
            MockBehaviour behaviour = State.Behaviour;
            ResponseType answer = request.Parameters.Strategy is BroadcastStrategy.ToPublicKey ? behaviour.Direct : behaviour.Broadcast;
            if (answer.Kind is ResponseKind.Failed or ResponseKind.PendingDiscovery)
            {
                request.Answer(SendMessageResponse.Failed(new SendFailure(SendFailureKind.General, "The mock was told to fail.")));
                return;
            }

            var verdict = new TaskCompletionSource<MessageSendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            var states = new MessageSendStates(new MessageSendState(request.Tag, verdict.Task));
            SendMessageResponse response =
                State.Record(new MockCall(request.Parameters, CopyBody(request))) ?? SendMessageResponse.Queued(states);
            request.Answer(response);
            if (answer.Kind == ResponseKind.QueuedSuccessDelay)
            {
                await Task.Delay(answer.Delay, _timeProvider, _stopping.Token).ConfigureAwait(
                    ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }

            verdict.SetResult(answer.Kind == ResponseKind.QueuedFail ? MessageSendResult.PeerDialFailed : MessageSendResult.Sent);
        }
    }

    private static byte[] CopyBody(DhtOutboundRequest request)
    {
        ReadOnlySpan<byte> body = request.Body.Span;
        if (!request.Parameters.Encryption.IsEncrypt)
        {
            return body.ToArray();
        }

        // Padded already: the prefix says where the body ends, unless it was sent raw and the prefix is wrong.
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(body);
        body = body[MessageCipher.PrefixLength..];
        return (length <= body.Length ? body[..(int)length] : body).ToArray();
    }
}
