namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Why bytes or a text are no multiaddress.</summary>
public enum MultiaddrError
{
    /// <summary>They are one.</summary>
    None,

    /// <summary>Fewer bytes than announced or needed.</summary>
    DataLessThanLen,
}
