namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Where everything is in an envelope that was read: numbers and offsets, no references.</summary>
/// <remarks>
/// Written by <see cref="EnvelopeReader"/>, and then good for exactly the bytes that were read, wherever they are copied to. 64
/// bytes: pass it by reference. An absent field has length 0 or value 0, which is the same to the protocol.
/// </remarks>
public struct EnvelopeLayout
{
    /// <summary><c>message_tag</c>.</summary>
    public ulong MessageTag { readonly get; internal set; }

    /// <summary><c>expires</c>, seconds since 1970; 0 for none.</summary>
    public ulong Expires { readonly get; internal set; }

    /// <summary>Where the body starts.</summary>
    public int BodyOffset { readonly get; internal set; }

    /// <summary>Bytes of the body.</summary>
    public int BodyLength { readonly get; internal set; }

    /// <summary>Where <c>message_signature</c> starts.</summary>
    public int SignatureOffset { readonly get; internal set; }

    /// <summary>Bytes of <c>message_signature</c>.</summary>
    public int SignatureLength { readonly get; internal set; }

    /// <summary>Where <c>ephemeral_public_key</c> starts.</summary>
    public int EphemeralKeyOffset { readonly get; internal set; }

    /// <summary>Bytes of <c>ephemeral_public_key</c>, any number.</summary>
    public int EphemeralKeyLength { readonly get; internal set; }

    /// <summary>Where the destination's <c>public_key</c> starts.</summary>
    public int DestinationOffset { readonly get; internal set; }

    /// <summary>Bytes of the destination's <c>public_key</c>, any number.</summary>
    public int DestinationLength { readonly get; internal set; }

    /// <summary><c>major</c>, any number.</summary>
    public uint Major { readonly get; internal set; }

    /// <summary><c>message_type</c>, any number.</summary>
    public int MessageType { readonly get; internal set; }

    /// <summary><c>flags</c>, any bits.</summary>
    public uint Flags { readonly get; internal set; }

    /// <summary>The envelope has a header, be it an empty one.</summary>
    public bool HasHeader { readonly get; internal set; }

    /// <summary>Which destination field the header has.</summary>
    public DestinationKind DestinationKind { readonly get; internal set; }

    /// <summary>The body's bytes in the envelope that was read.</summary>
    /// <param name="envelope">The same bytes.</param>
    public readonly ReadOnlySpan<byte> BodyOf(ReadOnlySpan<byte> envelope) => envelope.Slice(BodyOffset, BodyLength);

    /// <summary>The body's bytes in the envelope that was read.</summary>
    /// <param name="envelope">The same bytes.</param>
    public readonly ReadOnlyMemory<byte> BodyOf(ReadOnlyMemory<byte> envelope) => envelope.Slice(BodyOffset, BodyLength);

    /// <summary>The signature's bytes in the envelope that was read.</summary>
    /// <param name="envelope">The same bytes.</param>
    public readonly ReadOnlySpan<byte> SignatureOf(ReadOnlySpan<byte> envelope) => envelope.Slice(SignatureOffset, SignatureLength);

    /// <summary>The ephemeral key's bytes in the envelope that was read.</summary>
    /// <param name="envelope">The same bytes.</param>
    public readonly ReadOnlySpan<byte> EphemeralKeyOf(ReadOnlySpan<byte> envelope) =>
        envelope.Slice(EphemeralKeyOffset, EphemeralKeyLength);

    /// <summary>The bytes of the destination's key in the envelope that was read.</summary>
    /// <param name="envelope">The same bytes.</param>
    public readonly ReadOnlySpan<byte> DestinationOf(ReadOnlySpan<byte> envelope) =>
        envelope.Slice(DestinationOffset, DestinationLength);
}
