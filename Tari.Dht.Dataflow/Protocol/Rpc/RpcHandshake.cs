using System.Buffers;
using System.Collections.Immutable;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>How a session starts: the caller offers versions, the server takes one or refuses. Each message is in a frame.</summary>
/// <remarks>
/// Stateless, thread safe. Deciding and answering are two steps, because a server counts a session before it says that there is one.
/// A server without room, or without the service, refuses without reading: <see cref="WriteReply"/> alone.
/// </remarks>
internal static class RpcHandshake
{
    /// <summary>The only version that exists.</summary>
    public const uint Version = 0;

    /// <summary>The versions that this node speaks.</summary>
    public static ReadOnlySpan<uint> SupportedVersions => [Version];

    /// <summary>Writes the caller's message: what this node speaks.</summary>
    /// <param name="output">Where to.</param>
    public static void WriteOffer(IBufferWriter<byte> output)
    {
        var message = new ArrayBufferWriter<byte>(16);
        RpcSessionMessage.Write(message, SupportedVersions);
        FrameWriter.Write(output, message.WrittenSpan);
    }

    /// <summary>Reads the caller's message and decides.</summary>
    /// <param name="received">What was received; moved past the message if it is whole, untouched otherwise.</param>
    /// <param name="reply">
    /// What is to be answered: the first version offered that this node speaks, or <see cref="RpcRejectReason.UnsupportedVersion"/>.
    /// Undefined unless the result is <see cref="RpcHandshakeStatus.Complete"/>.
    /// </param>
    public static RpcHandshakeStatus TryReadOffer(ref ReadOnlySequence<byte> received, out RpcSessionReply reply)
    {
        Span<byte> copy = stackalloc byte[RpcLimits.MaxHandshakeFrameLength];
        RpcHandshakeStatus status = TryReadFrame(ref received, copy, out ReadOnlySpan<byte> message);
        reply = RpcSessionReply.Reject(RpcRejectReason.UnsupportedVersion);
        if (status != RpcHandshakeStatus.Complete)
        {
            return status;
        }

        if (!RpcSessionMessage.TryDecode(message, out ImmutableArray<uint> offered))
        {
            return RpcHandshakeStatus.Malformed;
        }

        int chosen = offered.AsSpan().IndexOfAny(SupportedVersions);
        if (chosen >= 0)
        {
            reply = RpcSessionReply.Accept(offered[chosen]);
        }

        return RpcHandshakeStatus.Complete;
    }

    /// <summary>Writes the server's message.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="reply">The answer.</param>
    public static void WriteReply(IBufferWriter<byte> output, RpcSessionReply reply)
    {
        var message = new ArrayBufferWriter<byte>(16);
        reply.Write(message);
        FrameWriter.Write(output, message.WrittenSpan);
    }

    /// <summary>Reads the server's message.</summary>
    /// <param name="received">What was received; moved past the message if it is whole, untouched otherwise.</param>
    /// <param name="reply">
    /// The answer, which may accept a version that was not offered: that is taken as it is. Undefined unless the result is
    /// <see cref="RpcHandshakeStatus.Complete"/>.
    /// </param>
    public static RpcHandshakeStatus TryReadReply(ref ReadOnlySequence<byte> received, out RpcSessionReply reply)
    {
        Span<byte> copy = stackalloc byte[RpcLimits.MaxHandshakeFrameLength];
        RpcHandshakeStatus status = TryReadFrame(ref received, copy, out ReadOnlySpan<byte> message);
        reply = default;
        return status == RpcHandshakeStatus.Complete && !RpcSessionReply.TryDecode(message, out reply)
            ? RpcHandshakeStatus.Malformed
            : status;
    }

    private static RpcHandshakeStatus TryReadFrame(
        ref ReadOnlySequence<byte> received, Span<byte> copy, out ReadOnlySpan<byte> message)
    {
        message = default;
        switch (FrameReader.TryRead(ref received, RpcLimits.MaxHandshakeFrameLength, out ReadOnlySequence<byte> frame))
        {
            case FrameStatus.NeedMore:
                return RpcHandshakeStatus.NeedMore;
            case FrameStatus.Complete:
                frame.CopyTo(copy);
                message = copy[..(int)frame.Length];
                return RpcHandshakeStatus.Complete;
            default:
                return RpcHandshakeStatus.TooLong;
        }
    }
}
