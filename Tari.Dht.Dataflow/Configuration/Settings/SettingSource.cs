using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>How what is given is to be read.</summary>
/// <param name="IsLenient">Whether numbers and truth values may be given as text and as each other, and fractions are rounded.</param>
/// <param name="HasCompactNames">Whether the folded names are without underscores.</param>
/// <param name="Logger">Gets a warning for each setting that is ignored.</param>
internal sealed record SettingSource(bool IsLenient, bool HasCompactNames, ILogger Logger);
