using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>What <see cref="DhtConfig.ClampRebootstrapSettings"/> answers.</summary>
/// <param name="Config">The configuration with its rebootstrap settings in range; the same object when nothing changed.</param>
/// <param name="Changed">
/// The names of the settings that changed, such as <c>connectivity.pool_starved_ticks</c>, in the order in which they are checked.
/// </param>
public readonly record struct ClampedConfig(DhtConfig Config, ImmutableArray<string> Changed);
