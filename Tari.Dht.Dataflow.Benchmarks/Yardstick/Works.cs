using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Curve;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>The works of the reference's table, with the reference's figures.</summary>
internal static class Works
{
    private const int PayloadLength = 1024;
    private const int LargePayloadLength = 100 * 1024;
    private const int BatchSize = 16;
    private const int HashedLength = 6016;
    private const int CipherLength = 6000;

    private const int StoredPeers = 10_000;
    private const int ManyPeers = 100_000;

    // As many requests as the reference ran at once.
    private const int RequestsAtOnce = 10;

    // Made once for the works that share them; only one kind at a time is kept.
    private static (TrafficKind Kind, int Count, Traffic Traffic)? s_traffic;

    /// <summary>All works, those with the same traffic next to each other.</summary>
    public static IReadOnlyList<Work> All { get; } =
    [
        .. Inbound(TrafficKind.EncryptedForUs, "for-us", 500, decryption: 3.4, file: 5.0, memory: 3.0, oneWorker: 4.7),
        .. Inbound(TrafficKind.EncryptedForAnother, "for-another", 500, decryption: 1.4, file: 4.5, memory: 2.2, oneWorker: 3.0),
        .. Inbound(TrafficKind.ClearSigned, "clear-signed", 500, decryption: 1.2, file: 4.5, memory: 2.1, oneWorker: 2.5),
        .. Inbound(TrafficKind.ClearUnsigned, "clear-unsigned", 5000, decryption: 0.035, file: 4.3, memory: 1.8, oneWorker: 1.55),
        Outbound("outbound-direct-encrypted", 6.6, OutboundKind.Encrypted, PayloadLength, peers: 1, atOnce: 1, requests: 300),
        Outbound("outbound-direct-clear-signed", 4.4, OutboundKind.ClearSigned, PayloadLength, peers: 1, atOnce: 1, requests: 800),
        Outbound("outbound-1k-to-8", 2.2, OutboundKind.ClearUnsigned, PayloadLength, peers: 8, RequestsAtOnce, requests: 2000),
        Outbound("outbound-1k-to-100", 3.6, OutboundKind.ClearUnsigned, PayloadLength, peers: 100, RequestsAtOnce, requests: 800),
        Outbound("outbound-100k-to-8", 4.9, OutboundKind.ClearUnsigned, LargePayloadLength, peers: 8, RequestsAtOnce, requests: 800),
        Outbound("outbound-100k-to-100", 10.9, OutboundKind.ClearUnsigned, LargePayloadLength, peers: 100, RequestsAtOnce, requests: 500),
        Connected("outbound-1k-to-8-connected", 2.2, peers: 8, requests: 2000),
        Connected("outbound-1k-to-100-connected", 3.6, peers: 100, requests: 800),
        new("discovery", null, IsGraph: true, 40, extent => new DiscoveryWork(extent.Operations)),
        new("connectivity-select-8-of-50", null, IsGraph: false, 2000, extent => new ConnectivityWork(50, extent.Operations, refreshes: false)),
        new("connectivity-refresh-50", null, IsGraph: false, 500, extent => new ConnectivityWork(50, extent.Operations, refreshes: true)),
        .. PeerStore(),
        .. PeerSharing(),
        .. Kernels(),
    ];

    private static Work[] Inbound(TrafficKind kind, string name, int messages, double decryption, double file, double memory, double oneWorker) =>
    [
        Decryption($"decryption-{name}", decryption, kind, BatchSize),
        Decryption($"decryption-{name}-single", decryption, kind, batchSize: 1),
        Graph($"inbound-{name}-file", file, kind, messages, withFile: true, oneWorker: false),
        Graph($"inbound-{name}-memory", memory, kind, messages, withFile: false, oneWorker: false),
        Graph($"inbound-{name}-memory-one-worker", oneWorker, kind, messages, withFile: false, oneWorker: true),
    ];

    private static Work[] PeerStore() =>
    [
        new("peers-add", 8.5, IsGraph: true, StoredPeers, extent => new PeerAddWork(extent.Operations)),
        new("peers-find", 0.75, IsGraph: false, StoredPeers, extent => new PeerQueryWork(StoredPeers, extent.Operations, PeerQuery.Find)),
        new("peers-random-20", 310, IsGraph: false, 1000, extent => new PeerQueryWork(StoredPeers, extent.Operations, PeerQuery.Random)),
        new("peers-syncing-20", 312, IsGraph: false, 1000, extent => new PeerQueryWork(StoredPeers, extent.Operations, PeerQuery.Syncing)),
        new("peers-candidates-20", null, IsGraph: false, 20, extent => new PeerQueryWork(StoredPeers, extent.Operations, PeerQuery.Candidates)),
        new("pool-refresh", null, IsGraph: false, 1000, extent => new PoolRefreshWork(StoredPeers, extent.Operations)),
        new("peers-start", null, IsGraph: true, ManyPeers, extent => new PeerStartWork(extent.Operations)),
        new("claim-validation", null, IsGraph: false, 40, extent => new ClaimWork(extent.Slices, extent.Operations)),
    ];

    private static Work[] PeerSharing() =>
    [
        new("get-peers-round", null, IsGraph: false, PeerServing.Served, extent => new GetPeersRoundWork(extent.Slices, extent.Operations)),
        new(
            "get-peers-serve", null, IsGraph: false, 40 * PeerServing.Served,
            extent => new GetPeersServeWork(StoredPeers, extent.Operations)),
    ];

    private static Work[] Kernels()
    {
        var ours = Parties.Node;
        CommsPublicKey theirs = Parties.Another.PublicKey;
        byte[] scalar = ours.SecretKey.Scalar.ToArray();
        byte[] result = new byte[64];
        byte[] hashed = new byte[HashedLength];
        byte[] digest = new byte[32];
        byte[] sealedText = new byte[CipherLength];
        byte[] tag = new byte[16];
        byte[] key = new byte[32];
        byte[] scalars = new byte[BatchSize * RistrettoScalar.Length];
        bool[] invertible = new bool[BatchSize];
        for (int i = 0; i < BatchSize; i++)
        {
            scalar.CopyTo(scalars, i * RistrettoScalar.Length);
        }

        MessageSignature signature = MessageSignature.Sign(ours.SecretKey, digest);
        if (signature.Verify(digest) != MessageSignatureError.None)
        {
            throw new InvalidOperationException("A signature does not verify.");
        }

        return
        [
            Kernel("kernel-dh", 0.66, 60, () => KeyExchange.TryAgree(scalar, theirs, result.AsSpan(0, 32))),
            Kernel("kernel-base", 0.33, 160, () => SecretMultiple.MultiplyBase(scalar, result.AsSpan(0, 32))),
            Kernel("kernel-point-add", 0.28, 160, () => Ristretto255.TryAdd(ours.PublicKey.Bytes, theirs.Bytes, result.AsSpan(0, 32))),
            Kernel("kernel-scalar-inverse", 0.26, 120, () => RistrettoScalar.TryInvert(scalar, result.AsSpan(0, 32))),
            Kernel("kernel-scalar-inverse-of-16", 16 * 0.26, 100, () => RistrettoScalar.InvertBatch(scalars, invertible)),
            Kernel("kernel-verify", 0.94, 40, () => signature.Verify(digest)),
            Kernel("kernel-sign", 1.03, 160, () => MessageSignature.Sign(ours.SecretKey, digest)),
            Kernel("kernel-hash-6016", 0.115, 500, () => Blake2b.Hash(hashed, digest)),
            Kernel("kernel-hash-6016-libsodium", 0.22, 250, () => SodiumHash.Hash(hashed, digest)),
            Kernel("kernel-aead-6000", 0.115, 500, () => ChaCha20Poly1305.Encrypt(key, theirs.Bytes, sealedText, tag)),
        ];
    }

    private static Work Decryption(string name, double reference, TrafficKind kind, int batchSize) => new(
        name, reference, IsGraph: false, kind == TrafficKind.ClearUnsigned ? 40 * BatchSize : 4 * BatchSize,
        extent => new DecryptionWork(new DecryptionRun(Traffic.Create(kind, PayloadLength, extent.Operations)), batchSize));

    private static Work Graph(string name, double reference, TrafficKind kind, int messages, bool withFile, bool oneWorker) => new(
        name, reference, IsGraph: true, messages,
        extent => new InboundWork(
            new InboundRun(
                SharedTraffic(kind, extent.Slices * extent.Operations), workers: oneWorker ? 1 : 2, withFile, oneThread: oneWorker, extent.InFlight),
            extent.Operations));

    private static Work Outbound(string name, double reference, OutboundKind kind, int payloadLength, int peers, int atOnce, int requests) => new(
        name, reference, IsGraph: true, requests,
        extent => new OutboundWork(new OutboundRun(kind, payloadLength, peers, workers: 2, withFile: true), extent.Operations, atOnce));

    private static Work Connected(string name, double reference, int peers, int requests) => new(
        name, reference, IsGraph: true, requests,
        extent => new OutboundWork(
            new OutboundRun(
                OutboundKind.ClearUnsigned, PayloadLength, peers, workers: 2, withFile: true, amongConnected: true, withRelayLimit: true),
            extent.Operations,
            RequestsAtOnce));

    private static Work Kernel(string name, double reference, int calls, Action kernel) => new(
        name, reference, IsGraph: false, calls, extent => new KernelWork(kernel, extent.Operations));

    private static Traffic SharedTraffic(TrafficKind kind, int count)
    {
        if (s_traffic is not { } made || made.Kind != kind || made.Count != count)
        {
            s_traffic = null;
            made = (kind, count, Traffic.Create(kind, PayloadLength, count));
            s_traffic = made;
        }

        return made.Traffic;
    }
}
