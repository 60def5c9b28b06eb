namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A time that something waits, or none.</summary>
internal sealed class OptionalDurationType : SettingType<TimeSpan?>
{
    public static OptionalDurationType Wait { get; } = new();

    public override TimeSpan? Read(SettingNode node, SettingSource source) => DurationType.Wait.Read(node, source);

    public override void Validate(TimeSpan? value, string property)
    {
        if (value is { } duration)
        {
            DurationType.Wait.Validate(duration, property);
        }
    }
}
