using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>Passes offences on to the actor, which is made after those who report them.</summary>
internal sealed class OffenceRelay : IOffenceReporter
{
    private IOffenceReporter? _target;

    /// <summary>Who takes them; set once, before the first message.</summary>
    public void SetTarget(IOffenceReporter target) => Volatile.Write(ref _target, target);

    /// <inheritdoc/>
    public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason) =>
        Volatile.Read(ref _target)?.Report(peer, severity, reason);
}
