namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>The fields of a message type as far as <see cref="DecodeBudget"/> counts them.</summary>
/// <remarks>Filled once, then read from any thread. A type that contains itself adds a field of its own shape.</remarks>
internal sealed class MessageShape
{
    /// <summary>The numbers that shapes may use; far above those of the protocol's messages.</summary>
    private const int MaxNumber = 31;

    private readonly Field[] _fields = new Field[MaxNumber + 1];

    /// <summary><c>EnvelopeBody</c>: its parts.</summary>
    public static MessageShape EnvelopeBody { get; } = new MessageShape().Add(1, FieldKind.RepeatedBytes);

    /// <summary>
    /// <c>JoinMessage</c>, <c>DiscoveryMessage</c> and <c>DiscoveryResponseMessage</c>: addresses and the identity signature.
    /// </summary>
    public static MessageShape PeerClaim { get; } =
        new MessageShape().Add(2, FieldKind.RepeatedBytes).Add(5, FieldKind.Message, new MessageShape());

    /// <summary>States a field; what is not stated is free.</summary>
    /// <param name="number">1 to 31.</param>
    /// <param name="kind">How it is counted.</param>
    /// <param name="nested">The shape of a message, or of a map's values if these are messages.</param>
    public MessageShape Add(int number, FieldKind kind, MessageShape? nested = null)
    {
        _fields[number] = new Field(kind, nested);
        return this;
    }

    /// <summary>The field of a number; <see cref="FieldKind.Single"/> for any that was not stated.</summary>
    public Field this[uint number] => number <= MaxNumber ? _fields[number] : default;

    internal readonly record struct Field(FieldKind Kind, MessageShape? Nested);
}
