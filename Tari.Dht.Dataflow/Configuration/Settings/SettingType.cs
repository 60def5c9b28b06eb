namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A kind of setting with its range: how it is read, and what it may be.</summary>
internal abstract class SettingType<T>
{
    /// <summary>Reads a value; what is beyond the most that the type holds becomes the most.</summary>
    /// <exception cref="DhtConfigException">The value is of another kind or out of range.</exception>
    public abstract T Read(SettingNode node, SettingSource source);

    /// <summary>Checks a value that was set in code.</summary>
    /// <exception cref="ArgumentException">The value is none, or out of range.</exception>
    public abstract void Validate(T value, string property);
}
