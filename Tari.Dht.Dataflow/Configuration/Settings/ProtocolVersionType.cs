using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A version of the protocol.</summary>
internal sealed class ProtocolVersionType : SettingType<DhtProtocolVersion>
{
    private const string Expected = "1 or 2";

    public static ProtocolVersionType Instance { get; } = new();

    public override DhtProtocolVersion Read(SettingNode node, SettingSource source) => WholeNumber.Read(node, source.IsLenient) switch
    {
        1 => DhtProtocolVersion.V1,
        2 => DhtProtocolVersion.V2,
        null when node.Kind is not SettingKind.Number => throw node.WrongKind(Expected),
        _ => throw node.OutOfRange(Expected),
    };

    public override void Validate(DhtProtocolVersion value, string property)
    {
        if (value is not (DhtProtocolVersion.V1 or DhtProtocolVersion.V2))
        {
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be {Expected}, not {(uint)value}.");
        }
    }
}
