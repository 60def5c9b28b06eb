namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>The low three bits of a protobuf key. 6 and 7 have no meaning and never decode.</summary>
internal enum WireType : byte
{
    Varint = 0,
    Fixed64 = 1,
    LengthDelimited = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}
