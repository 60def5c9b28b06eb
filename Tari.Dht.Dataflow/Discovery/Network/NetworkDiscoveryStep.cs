using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What an input does to a <see cref="NetworkDiscoveryMachine"/>.</summary>
/// <param name="Machine">The machine afterwards.</param>
/// <param name="Events">What is to be published, in order.</param>
/// <param name="BeginsState">
/// Whether a state begins, the same one again included: the work of the one before is cancelled, and that of this one begins. Without it
/// the work goes on.
/// </param>
internal readonly record struct NetworkDiscoveryStep(NetworkDiscoveryMachine Machine, ImmutableArray<DhtEvent> Events, bool BeginsState);
