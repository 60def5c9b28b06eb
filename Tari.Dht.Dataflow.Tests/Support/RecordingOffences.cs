using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Remembers reported offences, and bans nobody.</summary>
internal sealed class RecordingOffences : IOffenceReporter
{
    private readonly ConcurrentQueue<Offence> _reported = new();

    public IReadOnlyList<Offence> Reported => [.. _reported];

    public void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason)
    {
        Assert.That(reason, Is.Not.Empty, "the reason of a ban");
        _reported.Enqueue(new Offence(peer, severity));
    }

    internal readonly record struct Offence(CommsPublicKey Peer, OffenceSeverity Severity);
}
