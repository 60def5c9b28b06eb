using Google.Protobuf;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>An application's message and its type number.</summary>
/// <remarks>Borrows the message until the call it is given to returns.</remarks>
public readonly struct OutboundDomainMessage
{
    private readonly ReadOnlyMemory<byte> _encoded;
    private readonly IMessage? _message;

    /// <summary>A message that is encoded already.</summary>
    /// <param name="messageType">The application's number for this kind of message.</param>
    /// <param name="encoded">Its bytes.</param>
    public OutboundDomainMessage(int messageType, ReadOnlyMemory<byte> encoded)
    {
        MessageType = messageType;
        _encoded = encoded;
    }

    /// <summary>A protobuf message; it is encoded straight into the message's buffer.</summary>
    /// <param name="messageType">The application's number for this kind of message.</param>
    /// <param name="message">The message; must not change until the send call returns.</param>
    public OutboundDomainMessage(int messageType, IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        MessageType = messageType;
        _message = message;
    }

    /// <summary>The application's number for this kind of message.</summary>
    public int MessageType { get; }

    internal int GetLength() => _message?.CalculateSize() ?? _encoded.Length;

    internal void WriteTo(Span<byte> destination)
    {
        if (_message is null)
        {
            _encoded.Span.CopyTo(destination);
        }
        else
        {
            _message.WriteTo(destination);
        }
    }
}
