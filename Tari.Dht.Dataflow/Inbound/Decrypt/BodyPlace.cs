using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Decrypt;

/// <summary>
/// A decoded body as numbers: where it lies in the received bytes and what was found in it. Half the size of the body's own form.
/// </summary>
internal readonly struct BodyPlace
{
    private readonly int _offset;
    private readonly int _length;
    private readonly int _totalLength;
    private readonly byte _partCount;
    private readonly bool _isCanonical;

    /// <summary>The place of <paramref name="body"/>.</summary>
    /// <param name="body">A body.</param>
    /// <param name="offset">Where its bytes start in the received ones.</param>
    public BodyPlace(in EnvelopeBody body, int offset)
    {
        _offset = offset;
        _length = body.Encoded.Length;
        _totalLength = body.TotalLength;
        _partCount = (byte)body.PartCount;
        _isCanonical = body.IsCanonical;
    }

    public int TotalLength => _totalLength;

    public EnvelopeBody In(ReadOnlyMemory<byte> received) => new(received.Slice(_offset, _length), _totalLength, _partCount, _isCanonical);
}
