using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Where provable offences are reported.</summary>
public interface IOffenceReporter
{
    /// <summary>Has a peer banned. Never waits and never throws; nothing happens after the end of the DHT.</summary>
    /// <param name="peer">Whom; any 32 bytes, also of a peer that is not known.</param>
    /// <param name="severity">How bad it was.</param>
    /// <param name="reason">What it was; for people.</param>
    void Report(in CommsPublicKey peer, OffenceSeverity severity, string reason);
}
