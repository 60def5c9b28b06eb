using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>What a message that passes has to look like.</summary>
/// <param name="Origin">Who provably sent it, if anyone.</param>
/// <param name="Parts">The parts of its body; null when it is encrypted for another node.</param>
/// <param name="RawBody">The body kept for sending on.</param>
/// <param name="DedupHash">32 bytes, the key in the duplicate cache.</param>
internal sealed record ExpectedDelivery(CommsPublicKey? Origin, byte[][]? Parts, ExpectedBytes RawBody, byte[] DedupHash);
