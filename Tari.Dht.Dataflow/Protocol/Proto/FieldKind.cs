namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>What a decoder allocates for a field, which decides how the field is counted.</summary>
internal enum FieldKind : byte
{
    /// <summary>A single scalar, string or bytes field: free, never entered.</summary>
    Single,

    /// <summary>A message, single, repeated or a member of a oneof: one item each, then its own fields.</summary>
    Message,

    /// <summary>Repeated bytes or strings: one item each, never entered.</summary>
    RepeatedBytes,

    /// <summary>Repeated scalars: one item each, or the length in bytes of a packed run.</summary>
    RepeatedScalar,

    /// <summary>A map: one item for an entry, one more and its own fields for a value that is a message.</summary>
    Map,
}
