namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Why bytes or a text are no multiaddress.</summary>
public enum MultiaddrError
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Fewer bytes than announced or needed.</summary>
    DataLessThanLen,

    /// <summary>The text does not start with a slash, or an onion address is malformed.</summary>
    InvalidMultiaddr,

    /// <summary>The text ends where a value is due, or a garlic address has an impossible length.</summary>
    InvalidProtocolString,

    /// <summary>A varint is cut short, too long or not minimal.</summary>
    InvalidUvar,

    /// <summary>A value is malformed: a number, an IP address, text that is not UTF-8, a multihash.</summary>
    ParsingError,

    /// <summary>A protocol code that is not in use.</summary>
    UnknownProtocolId,

    /// <summary>A protocol name that is not in use.</summary>
    UnknownProtocolString,
}
