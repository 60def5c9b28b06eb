using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>An envelope, and what an inbound graph has to make of it.</summary>
/// <param name="Envelope">The bytes on the wire.</param>
/// <param name="Source">The peer that delivers it.</param>
/// <param name="Origin">Whom the graph has to prove as its origin; null for nobody.</param>
/// <param name="IsReadable">Whether the receiver can read the body.</param>
/// <param name="BodyLength">What the graph has to give as the length: of the parts together, or of the ciphertext; null for any.</param>
internal readonly record struct TrafficMessage(byte[] Envelope, NodeId Source, CommsPublicKey? Origin, bool IsReadable, int? BodyLength);
