using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Cryptography;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Peers.Identity;

internal sealed class NodeIdentityTests
{
    private static readonly Multiaddr s_first = Multiaddr.Parse("/ip4/23.23.23.23/tcp/18189");
    private static readonly Multiaddr s_second = Multiaddr.Parse("/dns4/node.example.com/tcp/18189");
    private static readonly Multiaddr s_third = Multiaddr.Parse("/ip4/1.2.3.4/tcp/1");

    // A name with a slash in it: the bytes are fine, the text reads as something else.
    private static readonly Multiaddr s_lossy = Multiaddr.FromBytes([0x36, 6, .. "evil/x"u8]);

    private ManualTimeProvider _clock;

    [SetUp]
    public void SetUp() => _clock = new ManualTimeProvider();

    [Test]
    public void Constructor_KeyAddressesAndFeatures_DerivesTheIdAndSignsAtOnce()
    {
        using NodeIdentity identity = Create(s_first, s_second);

        Assert.That(identity.PublicKey.ToString(), Is.EqualTo("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"));
        Assert.That(identity.NodeId, Is.EqualTo(NodeId.FromPublicKey(identity.PublicKey)));
        Assert.That(identity.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(identity.PublicAddresses, Is.EqualTo(new[] { s_first, s_second }));
        Assert.That(identity.Signature.UpdatedAt, Is.EqualTo(_clock.GetUtcNow().ToUnixTimeSeconds()));
        Assert.That(identity.Signature.Version, Is.Zero);
        AssertVerifies(identity);
    }

    [Test]
    public void Generate_WithoutAddresses_IsSignedToo()
    {
        using NodeIdentity identity = NodeIdentity.Generate(PeerFeatures.CommunicationClient);

        Assert.That(identity.PublicAddresses, Is.Empty);
        Assert.That(identity.Features.IsClient());
        Assert.That(identity.Claim.Verify(identity.PublicKey, DateTimeOffset.UtcNow), Is.EqualTo(IdentitySignatureStatus.Ok));
    }

    [Test]
    public void Generate_WithAddresses_SignsThem()
    {
        using NodeIdentity identity = NodeIdentity.Generate([s_third], PeerFeatures.MessagePropagation, _clock);

        Assert.That(identity.PublicAddresses, Is.EqualTo(new[] { s_third }));
        AssertVerifies(identity);
    }

    [Test]
    public void Constructor_AGivenSignatureThatVerifies_IsKept()
    {
        using NodeIdentity original = Create(s_first);
        _clock.Advance(TimeSpan.FromDays(400));
        using var again = new NodeIdentity(Key(), [s_first], PeerFeatures.CommunicationNode, original.Signature, _clock);

        Assert.That(again.Signature, Is.EqualTo(original.Signature));
        AssertVerifies(again);
    }

    [Test]
    public void Constructor_AGivenSignatureOfSomethingElse_IsReplaced()
    {
        using NodeIdentity original = Create(s_first);
        using var otherAddress = new NodeIdentity(Key(), [s_second], PeerFeatures.CommunicationNode, original.Signature, _clock);
        using var otherFeatures = new NodeIdentity(Key(), [s_first], PeerFeatures.CommunicationClient, original.Signature, _clock);
        using var otherKey = new NodeIdentity(
            CommsSecretKey.Generate(), [s_first], PeerFeatures.CommunicationNode, original.Signature, _clock);

        foreach (NodeIdentity identity in (NodeIdentity[])[otherAddress, otherFeatures, otherKey])
        {
            Assert.That(identity.Signature, Is.Not.EqualTo(original.Signature));
            AssertVerifies(identity);
        }
    }

    [Test]
    public void Constructor_AGivenSignatureFromTheFuture_IsReplaced()
    {
        var ahead = new ManualTimeProvider(_clock.GetUtcNow().AddDays(2));
        using var original = new NodeIdentity(Key(), [s_first], timeProvider: ahead);
        using var again = new NodeIdentity(Key(), [s_first], PeerFeatures.CommunicationNode, original.Signature, _clock);

        Assert.That(again.Signature.UpdatedAt, Is.EqualTo(_clock.GetUtcNow().ToUnixTimeSeconds()));
        AssertVerifies(again);
    }

    [Test]
    public void Sign_KeepsThePartOfTheSecondInMemoryAndSignsWholeSeconds()
    {
        _clock.Advance(TimeSpan.FromTicks(1_234_567));
        using NodeIdentity identity = Create(s_first);

        Assert.That(identity.Signature.UpdatedAtNanoseconds, Is.EqualTo(123_456_700));
        AssertVerifies(identity);
    }

    [Test]
    public void Sign_ClockBefore1970_DatesTheSignature1970()
    {
        var clock = new ManualTimeProvider(new DateTimeOffset(1969, 12, 31, 23, 59, 59, 500, TimeSpan.Zero));
        using var identity = new NodeIdentity(Key(), [s_first], timeProvider: clock);

        Assert.That((identity.Signature.UpdatedAt, identity.Signature.UpdatedAtNanoseconds), Is.EqualTo((0L, 0)));
        Assert.That(identity.Claim.Verify(identity.PublicKey, clock.GetUtcNow()), Is.EqualTo(IdentitySignatureStatus.Ok));
    }

    [Test]
    public void AddPublicAddress_AnAbsentOne_IsAppendedAndSigned()
    {
        using NodeIdentity identity = Create(s_first);
        IdentitySignature before = identity.Signature;
        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.That(identity.AddPublicAddress(s_second));

        Assert.That(identity.PublicAddresses, Is.EqualTo(new[] { s_first, s_second }));
        Assert.That(identity.Signature.UpdatedAt, Is.EqualTo(before.UpdatedAt + 5));
        AssertVerifies(identity);
    }

    [Test]
    public void AddPublicAddress_APresentOne_ChangesNothing()
    {
        using NodeIdentity identity = Create(s_first, s_second);
        PeerIdentityClaim before = identity.Claim;

        Assert.That(identity.AddPublicAddress(s_first), Is.False);
        Assert.That(identity.Claim, Is.SameAs(before));
    }

    [Test]
    public void SetPublicAddresses_AnotherCountOrAnotherAddress_ReplacesAndSigns()
    {
        using NodeIdentity identity = Create(s_first, s_second);
        foreach (Multiaddr[] addresses in (Multiaddr[][])[[s_first], [s_third], [s_second, s_second], [s_second, s_first, s_first], []])
        {
            IdentitySignature before = identity.Signature;
            Assert.That(identity.SetPublicAddresses(addresses), Is.True);
            Assert.That(identity.PublicAddresses, Is.EqualTo(addresses));
            Assert.That(identity.Signature, Is.Not.EqualTo(before));
            AssertVerifies(identity);
        }
    }

    [Test]
    public void SetPublicAddresses_ANewOrderOrOtherDuplicatesAlone_ChangesNothing()
    {
        using NodeIdentity identity = Create(s_first, s_second);
        PeerIdentityClaim before = identity.Claim;

        Assert.That(identity.SetPublicAddresses([s_second, s_first]), Is.False);
        Assert.That(identity.SetPublicAddresses([s_second, s_second]), Is.False);
        Assert.That(identity.SetPublicAddresses([s_first, s_second]), Is.False);
        Assert.That(identity.Claim, Is.SameAs(before));
    }

    [Test]
    public void SetFeatures_Others_AreSignedAndTheSameAreNot()
    {
        using NodeIdentity identity = Create(s_first);
        PeerIdentityClaim before = identity.Claim;

        Assert.That(identity.SetFeatures(PeerFeatures.CommunicationNode), Is.False);
        Assert.That(identity.Claim, Is.SameAs(before));
        Assert.That(identity.SetFeatures(PeerFeatures.CommunicationClient));
        Assert.That(identity.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
        AssertVerifies(identity);
    }

    [Test]
    public void Sign_Again_HasAnotherNonceAndTheDateOfNow()
    {
        using NodeIdentity identity = Create(s_first);
        IdentitySignature before = identity.Signature;
        _clock.Advance(TimeSpan.FromHours(1));

        identity.Sign();

        Assert.That(identity.Signature.PublicNonce, Is.Not.EqualTo(before.PublicNonce));
        Assert.That(identity.Signature.UpdatedAt, Is.EqualTo(before.UpdatedAt + 3600));
        AssertVerifies(identity);
    }

    [Test]
    public void ToPeer_HasTheAddressesFromTheIdentityWithItsClaim()
    {
        using NodeIdentity identity = Create(s_first, s_second);
        Peer peer = identity.ToPeer();

        Assert.That(peer.PublicKey, Is.EqualTo(identity.PublicKey));
        Assert.That(peer.NodeId, Is.EqualTo(identity.NodeId));
        Assert.That(peer.Features, Is.EqualTo(identity.Features));
        Assert.That(peer.Flags, Is.EqualTo(PeerFlags.None));
        Assert.That(peer.SupportedProtocols, Is.Empty);
        Assert.That(peer.UserAgent, Is.Empty);
        Assert.That(peer.HasId, Is.False);
        Assert.That(peer.Addresses.Entries.Select(entry => entry.Address), Is.EqualTo(new[] { s_first, s_second }));
        Assert.That(peer.Addresses.Entries.Select(entry => entry.Source.Kind), Is.All.EqualTo(PeerAddressSourceKind.FromNodeIdentity));
        Assert.That(peer.Addresses.Entries.Select(entry => entry.Source.Claim), Is.All.SameAs(identity.Claim));
    }

    [Test]
    public void Addresses_WhoseTextIsLossy_AreRefused()
    {
        using NodeIdentity identity = Create(s_first);
        PeerIdentityClaim before = identity.Claim;
        using CommsSecretKey key = Key();

        Assert.That(() => identity.AddPublicAddress(s_lossy), Throws.ArgumentException);
        Assert.That(() => identity.SetPublicAddresses([s_second, s_lossy]), Throws.ArgumentException);
        Assert.That(() => new NodeIdentity(key, [s_lossy]), Throws.ArgumentException);
        Assert.That(() => NodeIdentity.Generate([s_lossy]), Throws.ArgumentException);
        Assert.That(identity.Claim, Is.SameAs(before));
        Assert.That(() => key.ExportTo(new byte[32]), Throws.Nothing, "the key is still the caller's");
    }

    [Test]
    public void Features_WithABitWithoutMeaning_AreRefused()
    {
        using NodeIdentity identity = Create();
        using CommsSecretKey key = Key();

        Assert.That(() => identity.SetFeatures((PeerFeatures)4), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new NodeIdentity(key, (PeerFeatures)8), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => NodeIdentity.Generate((PeerFeatures)8), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Dispose_EndsSigningAndKeepsWhatWasThere()
    {
        NodeIdentity identity = Create(s_first);
        PeerIdentityClaim before = identity.Claim;
        identity.Dispose();
        identity.Dispose();

        Assert.That(() => identity.Sign(), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => identity.AddPublicAddress(s_second), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => identity.SetPublicAddresses([]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => identity.SetFeatures(PeerFeatures.CommunicationClient), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(identity.Claim, Is.SameAs(before));
        AssertVerifies(identity);
    }

    [Test]
    public void ToString_ShowsFourLinesWithoutTheSecret()
    {
        using NodeIdentity identity = NodeIdentity.Generate([s_first, s_second], timeProvider: _clock);
        string text = identity.ToString();

        Assert.That(
            text.ReplaceLineEndings("\n"),
            Is.EqualTo(
                $"Public key: {identity.PublicKey}\nNode id: {identity.NodeId}\n"
                + "Addresses: /ip4/23.23.23.23/tcp/18189, /dns4/node.example.com/tcp/18189\nFeatures: CommunicationNode"));
        Assert.That(text, Does.Not.Contain(Convert.ToHexString(identity.SecretKey.Scalar)).IgnoreCase);
    }

    [Test]
    public async Task ManyThreads_ChangingAndReading_SeeOnlyClaimsWhoseSignatureVerifies()
    {
        using NodeIdentity identity = Create(s_first);
        Multiaddr[] addresses = [.. Enumerable.Range(1, 20).Select(port => Multiaddr.Parse($"/ip4/23.23.23.23/tcp/{port}"))];
        const int Writers = 4;
        const int Rounds = 50;
        int running = Writers;
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(writer => Task.Run(() =>
        {
            try
            {
                var random = new Random(writer);
                for (int i = 0; i < Rounds; i++)
                {
                    switch (random.Next(4))
                    {
                        case 0:
                            identity.AddPublicAddress(addresses[random.Next(addresses.Length)]);
                            break;
                        case 1:
                            identity.SetPublicAddresses(addresses.AsSpan(random.Next(10), random.Next(10)));
                            break;
                        case 2:
                            identity.SetFeatures((PeerFeatures)random.Next(4));
                            break;
                        default:
                            identity.Sign();
                            break;
                    }
                }
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }))];
        Task[] readers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
        {
            do
            {
                PeerIdentityClaim claim = identity.Claim;
                Assert.That(claim.Verify(identity.PublicKey, _clock.GetUtcNow()), Is.EqualTo(IdentitySignatureStatus.Ok));
                PeerIdentityClaim? peers = identity.ToPeer().Addresses.Entries.FirstOrDefault()?.Source.Claim;
                Assert.That(peers is null || peers.Verify(identity.PublicKey, _clock.GetUtcNow()) == IdentitySignatureStatus.Ok);
            }
            while (Volatile.Read(ref running) > 0);
        }))];

        await Task.WhenAll([.. writers, .. readers]);

        AssertVerifies(identity);
    }

    [Test]
    public async Task Dispose_WhileOthersSign_LeavesAClaimThatVerifies()
    {
        for (int round = 0; round < 15; round++)
        {
            NodeIdentity identity = Create(s_first);
            using var signing = new CountdownEvent(2);
            Task[] signers = [.. Enumerable.Range(0, 2).Select(_ => Task.Run(() =>
            {
                Assert.That(
                    () =>
                    {
                        identity.Sign();
                        signing.Signal();
                        while (true)
                        {
                            identity.Sign();
                        }
                    },
                    Throws.InstanceOf<ObjectDisposedException>());
            }))];
            signing.Wait();
            identity.Dispose();
            await Task.WhenAll(signers);

            AssertVerifies(identity);
        }
    }

    [Test]
    public async Task ManyThreads_AddingTheirOwnAddresses_LoseNone()
    {
        using NodeIdentity identity = Create();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                Assert.That(identity.AddPublicAddress(Multiaddr.Parse($"/ip4/23.23.{thread}.{i}/tcp/1")));
            }
        })));

        Assert.That(identity.PublicAddresses.Distinct().Count(), Is.EqualTo(80));
        AssertVerifies(identity);
    }

    private static CommsSecretKey Key() => CommsSecretKey.FromBytes(Scalars.Small(2));

    private NodeIdentity Create(params ReadOnlySpan<Multiaddr> addresses) => new(Key(), addresses, timeProvider: _clock);

    private void AssertVerifies(NodeIdentity identity)
    {
        Assert.That(identity.Claim.Verify(identity.PublicKey, _clock.GetUtcNow()), Is.EqualTo(IdentitySignatureStatus.Ok));
        Assert.That(identity.Claim.Addresses, Is.EqualTo(identity.PublicAddresses));
        Assert.That(identity.Claim.Features, Is.EqualTo(identity.Features));
    }
}
