using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;

namespace Tari.Dht.Dataflow.Tests.Discovery;

/// <summary>Remembers offences.</summary>
internal sealed class RecordingOffenceReporter : IOffenceReporter
{
    public ConcurrentQueue<(CommsPublicKey Peer, OffenceSeverity Severity, string Reason)> Offences { get; } = new();

    public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason) => Offences.Enqueue((peer, severity, reason));
}
