namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The one question that header checks have to the curve; asked through a type, so that the call is direct.</summary>
internal interface IPointCheck
{
    /// <summary>The 32 bytes are a canonical Ristretto255 encoding, the identity's included.</summary>
    static abstract bool IsPoint(ReadOnlySpan<byte> encoding);
}
