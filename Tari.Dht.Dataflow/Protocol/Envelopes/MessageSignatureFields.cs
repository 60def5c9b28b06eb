namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Where the fields of a signature lie in its encoding; of a field that is absent the length is 0.</summary>
internal readonly record struct MessageSignatureFields(
    MessageSignatureFields.Field SignerPublicKey,
    MessageSignatureFields.Field PublicNonce,
    MessageSignatureFields.Field Signature,
    bool IsCanonical)
{
    /// <summary>The bytes of a field.</summary>
    internal readonly record struct Field(int Offset, int Length)
    {
        /// <summary>The field's bytes in the encoding it was found in.</summary>
        public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> encoded) => encoded.Slice(Offset, Length);
    }
}
