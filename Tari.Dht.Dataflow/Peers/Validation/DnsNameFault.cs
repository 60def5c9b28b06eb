namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Why a DNS name is not a usual one.</summary>
public enum DnsNameFault
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>The name is empty or above 253 bytes.</summary>
    NameLength,

    /// <summary>A label is empty or above 63 bytes.</summary>
    LabelLength,

    /// <summary>A label has something other than ASCII letters, digits and hyphens.</summary>
    LabelCharacter,

    /// <summary>A label starts or ends with a hyphen.</summary>
    LabelHyphen,

    /// <summary>The last label is a number, by which some resolvers take the name for an IP address.</summary>
    Numeric,
}
