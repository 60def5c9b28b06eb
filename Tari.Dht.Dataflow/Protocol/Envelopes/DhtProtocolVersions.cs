namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Facts about <see cref="DhtProtocolVersion"/>.</summary>
public static class DhtProtocolVersions
{
    /// <summary>The newest version.</summary>
    public const DhtProtocolVersion Latest = DhtProtocolVersion.V2;

    /// <summary>Is a version that this library reads.</summary>
    /// <param name="version">Any number.</param>
    public static bool IsKnown(this DhtProtocolVersion version) => version is DhtProtocolVersion.V1 or DhtProtocolVersion.V2;
}
