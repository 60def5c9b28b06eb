using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>A node of the capture file.</summary>
/// <param name="SecretKey">Its secret key, 32 bytes: the file is made for tests.</param>
/// <param name="PublicKey">The public key that belongs to it.</param>
internal sealed record Identity(byte[] SecretKey, CommsPublicKey PublicKey);
