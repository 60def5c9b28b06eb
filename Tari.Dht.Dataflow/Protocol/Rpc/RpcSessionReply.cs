using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>What a server answers to the first message of a session (<c>RpcSessionReply</c>).</summary>
internal readonly record struct RpcSessionReply
{
    // Two keys, a number of up to 5 bytes, a flag or a reason.
    private const int MaxEncodedLength = 1 + 5 + 2;

    private RpcSessionReply(bool isAccepted, uint version, RpcRejectReason reason)
    {
        IsAccepted = isAccepted;
        Version = version;
        Reason = reason;
    }

    /// <summary>Whether there is a session. A reply that says neither is a rejection.</summary>
    public bool IsAccepted { get; }

    /// <summary>The version to speak, if there is a session; also one that was not offered, when received.</summary>
    public uint Version { get; }

    /// <summary>Why there is no session; <see cref="RpcRejectReason.Unknown"/> if there is one.</summary>
    public RpcRejectReason Reason { get; }

    /// <summary>The reply that starts a session.</summary>
    /// <param name="version">The version to speak.</param>
    public static RpcSessionReply Accept(uint version) => new(true, version, RpcRejectReason.Unknown);

    /// <summary>The reply that refuses a session.</summary>
    /// <param name="reason">Why.</param>
    public static RpcSessionReply Reject(RpcRejectReason reason) => new(false, 0, reason);

    /// <summary>Writes the encoded message, without a frame around it.</summary>
    /// <param name="output">Where to.</param>
    public void Write(IBufferWriter<byte> output)
    {
        Span<byte> encoded = output.GetSpan(MaxEncodedLength);
        int length;
        if (IsAccepted)
        {
            // One of two that exclude each other, and so written even when it is zero.
            encoded[0] = 0x08;
            length = 1 + ProtoWire.WriteVarint(encoded[1..], Version);
        }
        else
        {
            encoded[0] = 0x10;
            encoded[1] = 1;
            length = 2 + RpcFields.WriteNumber(encoded[2..], 3, (uint)Reason);
        }

        output.Advance(length);
    }

    /// <summary>Reads a message. Of an acceptance and a rejection the last one counts, whatever the rejection's value.</summary>
    /// <param name="encoded">Untrusted bytes; empty ones are a rejection for no known reason.</param>
    /// <param name="reply">The reply; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out RpcSessionReply reply)
    {
        reply = default;
        uint result = 0;
        uint version = 0;
        uint reason = 0;
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            if (number > 3)
            {
                if (!ProtoWire.TrySkipValue(ref reader, number, type))
                {
                    return false;
                }

                continue;
            }

            if (!ProtoFields.TryReadVarint(ref reader, type, out ulong value))
            {
                return false;
            }

            if (number == 3)
            {
                reason = (uint)value;
                continue;
            }

            result = number;
            version = (uint)value;
        }

        // The reason belongs to a rejection; beside nothing at all it says nothing.
        reply = result switch
        {
            1 => Accept(version),
            2 when reason <= (uint)RpcRejectReason.ProtocolNotSupported => Reject((RpcRejectReason)reason),
            _ => Reject(RpcRejectReason.Unknown),
        };
        return true;
    }
}
