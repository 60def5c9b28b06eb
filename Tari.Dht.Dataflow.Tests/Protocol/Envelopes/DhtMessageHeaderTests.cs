using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class DhtMessageHeaderTests
{
    internal const string KeyV = "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d";
    internal const string EphemeralKey = "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e";

    private static readonly ByteString s_notAPoint = ByteString.CopyFrom([.. Enumerable.Repeat((byte)0xff, 32)]);

    [Test]
    public void TryCreate_AValidHeader_HasEveryField()
    {
        DhtMessageHeader header = Create(Valid());

        Assert.Multiple(() =>
        {
            Assert.That(header.Version, Is.EqualTo(DhtProtocolVersion.V1));
            Assert.That(header.Destination, Is.EqualTo(new NodeDestination(CommsPublicKey.FromHex(KeyV))));
            Assert.That(header.MessageSignature.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
            Assert.That(Convert.ToHexStringLower(header.EphemeralPublicKey), Is.EqualTo(EphemeralKey));
            Assert.That(header.MessageType, Is.EqualTo(DhtMessageType.Discovery));
            Assert.That(header.Flags, Is.EqualTo(DhtMessageFlags.Encrypted));
            Assert.That(header.IsEncrypted, Is.True);
            Assert.That(header.IsSigned, Is.True);
            Assert.That(header.MessageTag, Is.EqualTo(ulong.MaxValue));
            Assert.That(header.Expires, Is.EqualTo(1_900_000_000));
        });
    }

    [Test]
    public void View_OfAHeader_HasTheSameFields()
    {
        DhtMessageHeader header = Create(Valid());
        DhtHeaderView view = header.View;

        Assert.That(view.Version, Is.EqualTo(header.Version));
        Assert.That(view.Destination, Is.EqualTo(header.Destination));
        Assert.That(view.MessageSignature.SequenceEqual(header.MessageSignature), Is.True);
        Assert.That(view.EphemeralPublicKey.SequenceEqual(header.EphemeralPublicKey), Is.True);
        Assert.That(view.MessageType, Is.EqualTo(header.MessageType));
        Assert.That(view.Flags, Is.EqualTo(header.Flags));
        Assert.That(view.MessageTag, Is.EqualTo(header.MessageTag));
        Assert.That(view.Expires, Is.EqualTo(header.Expires));
        Assert.That(view.IsEncrypted && view.IsSigned, Is.True);
    }

    [Test]
    public void TryCreate_WithoutAHeader_IsHeaderOmitted()
    {
        byte[] envelope = new Generated.DhtEnvelope { Body = ByteString.CopyFrom(1) }.ToByteArray();

        Assert.That(TryCreate(envelope, out _), Is.EqualTo(DhtMessageError.HeaderOmitted));
    }

    [Test]
    public void TryCreate_WithAnEmptyHeader_IsInvalidDestination() =>
        Assert.That(TryCreate(new Generated.DhtHeader(), out _), Is.EqualTo(DhtMessageError.InvalidDestination));

    [TestCase(0)]
    [TestCase(13)]
    [TestCase(31)]
    [TestCase(33)]
    public void TryCreate_WithAKeyOfAnotherLengthAsDestination_IsInvalidDestination(int length)
    {
        Generated.DhtHeader header = Valid();
        header.PublicKey = ByteString.CopyFrom(new byte[length]);

        Assert.That(TryCreate(header, out _), Is.EqualTo(DhtMessageError.InvalidDestination));
    }

    [Test]
    public void TryCreate_WithADestinationThatIsNoPoint_IsValid()
    {
        Generated.DhtHeader header = Valid();
        header.PublicKey = s_notAPoint;

        Assert.That(Create(header).Destination.IsUnknown, Is.False);
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TryCreate_WithTheUnknownFieldOfEitherValue_HasAnUnknownDestination(bool value)
    {
        Generated.DhtHeader header = Valid();
        header.Unknown = value;

        Assert.That(Create(header).Destination.IsUnknown, Is.True);
    }

    [Test]
    public void TryCreate_EncryptedToUnknownWithAnEphemeralKeyThatIsNoPoint_IsInvalidEphemeralPublicKey()
    {
        var header = new Generated.DhtHeader { Major = 2, Unknown = true, Flags = 1, EphemeralPublicKey = s_notAPoint };

        Assert.That(TryCreate(header, out _), Is.EqualTo(DhtMessageError.InvalidEphemeralPublicKey));
    }

    [Test]
    public void TryCreate_EncryptedToUnknownWithARealEphemeralKey_IsValidAndKeepsTheKey()
    {
        var header = new Generated.DhtHeader
        {
            Major = 2, Unknown = true, Flags = 1, EphemeralPublicKey = ByteString.CopyFrom(Convert.FromHexString(EphemeralKey)),
        };

        Assert.That(Convert.ToHexStringLower(Create(header).EphemeralPublicKey), Is.EqualTo(EphemeralKey));
    }

    [TestCase(1)]
    [TestCase(31)]
    [TestCase(33)]
    public void TryCreate_WithAnEphemeralKeyOfAnotherLength_IsInvalidEphemeralPublicKey(int length)
    {
        Generated.DhtHeader header = Valid();
        header.EphemeralPublicKey = ByteString.CopyFrom(new byte[length]);

        Assert.That(TryCreate(header, out _), Is.EqualTo(DhtMessageError.InvalidEphemeralPublicKey));
    }

    [Test]
    public void TryCreate_WithTheIdentityAsEphemeralKey_IsValid()
    {
        Generated.DhtHeader header = Valid();
        header.EphemeralPublicKey = ByteString.CopyFrom(new byte[32]);

        Assert.That(Create(header).EphemeralPublicKey.Length, Is.EqualTo(32));
    }

    [Test]
    public void TryCreate_WithoutAnEphemeralKey_HasNone()
    {
        Generated.DhtHeader header = Valid();
        header.EphemeralPublicKey = ByteString.Empty;

        Assert.That(Create(header).EphemeralPublicKey.IsEmpty, Is.True);
    }

    [TestCase(0u)]
    [TestCase(3u)]
    [TestCase(uint.MaxValue)]
    public void TryCreate_WithAVersionOtherThan1And2_IsInvalidProtocolVersion(uint version)
    {
        Generated.DhtHeader header = Valid();
        header.Major = version;

        Assert.That(TryCreate(header, out _), Is.EqualTo(DhtMessageError.InvalidProtocolVersion));
    }

    [TestCase(0, true)]
    [TestCase(3, true)]
    [TestCase(4, false)]
    [TestCase(19, false)]
    [TestCase(20, true)]
    [TestCase(21, true)]
    [TestCase(22, false)]
    [TestCase(-1, false)]
    [TestCase(int.MinValue, false)]
    public void TryCreate_WithAMessageType_IsValidIfTheProtocolKnowsIt(int type, bool isKnown)
    {
        Generated.DhtHeader header = Valid();
        header.MessageType = (Generated.DhtMessageType)type;

        Assert.That(TryCreate(header, out _), Is.EqualTo(isKnown ? DhtMessageError.None : DhtMessageError.InvalidMessageType));
    }

    [TestCase(2u)]
    [TestCase(3u)]
    [TestCase(0x80000000u)]
    public void TryCreate_WithAnUnknownFlag_IsInvalidMessageFlags(uint flags)
    {
        Generated.DhtHeader header = Valid();
        header.Flags = flags;

        Assert.That(TryCreate(header, out _), Is.EqualTo(DhtMessageError.InvalidMessageFlags));
    }

    [Test]
    public void TryCreate_WithSeveralFaults_NamesThemInTheProtocolsOrder()
    {
        var header = new Generated.DhtHeader
        {
            Major = 9, EphemeralPublicKey = s_notAPoint, MessageType = (Generated.DhtMessageType)9, Flags = 9,
        };
        var found = new List<DhtMessageError> { TryCreate(header, out _) };
        header.Unknown = true;
        found.Add(TryCreate(header, out _));
        header.EphemeralPublicKey = ByteString.Empty;
        found.Add(TryCreate(header, out _));
        header.Major = 1;
        found.Add(TryCreate(header, out _));
        header.MessageType = Generated.DhtMessageType.None;
        found.Add(TryCreate(header, out _));
        header.Flags = 0;
        found.Add(TryCreate(header, out _));

        Assert.That(found, Is.EqualTo(new[]
        {
            DhtMessageError.InvalidDestination, DhtMessageError.InvalidEphemeralPublicKey, DhtMessageError.InvalidProtocolVersion,
            DhtMessageError.InvalidMessageType, DhtMessageError.InvalidMessageFlags, DhtMessageError.None,
        }));
    }

    [Test]
    public void IsSemanticallyValid_OfAnEncryptedMessage_NeedsDestinationEphemeralKeySignatureAndBody()
    {
        Generated.DhtHeader noDestination = Valid(), noKey = Valid(), noSignature = Valid();
        noDestination.Unknown = true;
        noKey.EphemeralPublicKey = ByteString.Empty;
        noSignature.MessageSignature = ByteString.Empty;

        Assert.Multiple(() =>
        {
            Assert.That(IsValid(Valid(), 1), Is.True);
            Assert.That(IsValid(Valid(), 0), Is.False);
            Assert.That(IsValid(noDestination, 1), Is.False);
            Assert.That(IsValid(noKey, 1), Is.False);
            Assert.That(IsValid(noSignature, 1), Is.False);
        });
    }

    [Test]
    public void IsSemanticallyValid_OfClearText_IsAlwaysTrue()
    {
        Generated.DhtHeader everything = Valid();
        everything.Flags = 0;

        Assert.That(IsValid(everything, 0), Is.True);
        Assert.That(IsValid(new Generated.DhtHeader { Major = 2, Unknown = true }, 0), Is.True);
    }

    [Test]
    public void Equals_OfHeadersThatDifferInOneField_IsTrueForTheTagOnly()
    {
        DhtMessageHeader header = Create(Valid());
        foreach ((string field, Action<Generated.DhtHeader> change) in new (string, Action<Generated.DhtHeader>)[]
        {
            ("version", h => h.Major = 2),
            ("destination", h => h.Unknown = true),
            ("destination key", h => h.PublicKey = s_notAPoint),
            ("signature", h => h.MessageSignature = ByteString.CopyFrom(1, 2, 4)),
            ("ephemeral key", h => h.EphemeralPublicKey = ByteString.Empty),
            ("type", h => h.MessageType = Generated.DhtMessageType.None),
            ("flags", h => h.Flags = 0),
            ("expiry", h => h.Expires = 0),
        })
        {
            Generated.DhtHeader changed = Valid();
            change(changed);
            Assert.That(Create(changed), Is.Not.EqualTo(header), field);
        }

        Generated.DhtHeader otherTag = Valid();
        otherTag.MessageTag = 0;
        Assert.That(Create(otherTag), Is.EqualTo(header));
        Assert.That(Create(otherTag).GetHashCode(), Is.EqualTo(header.GetHashCode()));
    }

    [Test]
    public void Equals_OfUnknownDestinationsOfEitherValue_IsTrue()
    {
        DhtMessageHeader yes = Create(new Generated.DhtHeader { Major = 2, Unknown = true });
        DhtMessageHeader no = Create(new Generated.DhtHeader { Major = 2, Unknown = false });

        Assert.That(yes == no, Is.True);
    }

    [Test]
    public void Reading_AWholeHeader_AllocatesNothing()
    {
        byte[] envelope = Envelope(Valid());
        int sum = 0;

        long allocated = AllocationProbe.BytesOf(() =>
        {
            EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
            DhtMessageHeader.TryCreate(envelope, layout, out DhtMessageHeader header);
            DhtHeaderView view = header.View;
            sum += view.MessageSignature.Length + (header.Destination.IsUnknown ? 1 : 0) + (header.IsSemanticallyValid(3) ? 1 : 0);
            sum += header.Equals(header) ? 1 : 0;
        });

        Assert.That(allocated, Is.Zero);
        Assert.That(sum, Is.Not.Zero);
    }

    internal static DhtMessageError TryCreate(byte[] envelope, out DhtMessageHeader header)
    {
        Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        return DhtMessageHeader.TryCreate(envelope, layout, out header);
    }

    private static Generated.DhtHeader Valid() => new()
    {
        Major = 1,
        PublicKey = ByteString.CopyFrom(Convert.FromHexString(KeyV)),
        MessageSignature = ByteString.CopyFrom(1, 2, 3),
        EphemeralPublicKey = ByteString.CopyFrom(Convert.FromHexString(EphemeralKey)),
        MessageType = Generated.DhtMessageType.Discovery,
        Flags = 1,
        MessageTag = ulong.MaxValue,
        Expires = 1_900_000_000,
    };

    private static byte[] Envelope(Generated.DhtHeader header) => new Generated.DhtEnvelope { Header = header }.ToByteArray();

    private static DhtMessageError TryCreate(Generated.DhtHeader header, out DhtMessageHeader result) =>
        TryCreate(Envelope(header), out result);

    private static DhtMessageHeader Create(Generated.DhtHeader header)
    {
        Assert.That(TryCreate(header, out DhtMessageHeader result), Is.EqualTo(DhtMessageError.None));
        return result;
    }

    private static bool IsValid(Generated.DhtHeader header, int bodyLength)
    {
        DhtMessageHeader created = Create(header);
        bool valid = created.IsSemanticallyValid(bodyLength);
        Assert.That(created.View.IsSemanticallyValid(bodyLength), Is.EqualTo(valid));
        return valid;
    }
}
