using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Proto;
using Tari.Dht.Dataflow.Tests.Support;
using Body = Tari.Dht.Dataflow.Protocol.Proto.Envelopes.EnvelopeBody;

namespace Tari.Dht.Dataflow.Tests.Protocol.Proto;

[TestFixture]
public sealed class DecodeBudgetTests
{
    /// <summary>The budget that other messages than those of the DHT have.</summary>
    private const int DefaultBudget = 16_384;

    private static readonly MessageShape s_empty = new();
    private static readonly MessageShape s_item = new MessageShape().Add(1, FieldKind.RepeatedBytes);

    // 1 scalar, 2 bytes, 3 repeated bytes, 4 repeated messages, 5 repeated scalars, 6 map of scalars, 7 map of messages,
    // 8 message in a oneof, 9 bytes in a oneof, 10 itself.
    private static readonly MessageShape s_everything = Everything();

    [TestCase(5)]
    [TestCase(1023)]
    [TestCase(1024)]
    public void Count_OfAJoinWithoutSignature_IsItsAddressesAndWithinTheBudget(int addresses)
    {
        DecodeBudget budget = DecodeBudget.Count(Join(addresses, signed: false).ToByteArray(), MessageShape.PeerClaim, 1024);

        Assert.That((budget.Items, budget.IsExceeded), Is.EqualTo(((long)addresses, false)));
    }

    [Test]
    public void Count_Of1025EmptyAddresses_ExceedsTheBudgetThoughTheMessageDecodesWithoutOne()
    {
        byte[] encoded = Join(1025, signed: false).ToByteArray();

        Assert.That(DecodeBudget.Count(encoded, MessageShape.PeerClaim, 1024).IsExceeded, Is.True);
        Assert.That(JoinMessage.Parser.ParseFrom(encoded).Addresses, Has.Count.EqualTo(1025));
        Assert.That(DiscoveryMessage.Parser.ParseFrom(encoded).Addresses, Has.Count.EqualTo(1025), "the same shape");
        Assert.That(DiscoveryResponseMessage.Parser.ParseFrom(encoded).Addresses, Has.Count.EqualTo(1025), "the same shape");
    }

    [TestCase(1023, false)]
    [TestCase(1024, true)]
    public void Count_OfAJoinWithASignature_CountsTheSignatureToo(int addresses, bool isExceeded) => Assert.That(
        DecodeBudget.Count(Join(addresses, signed: true).ToByteArray(), MessageShape.PeerClaim, 1024).IsExceeded, Is.EqualTo(isExceeded));

    [Test]
    public void Count_OfAListInsideAPart_IsMadePartByPart()
    {
        byte[] body = new Body { Parts = { EmptyParts(2000).ToByteString(), EmptyParts(1000).ToByteString() } }.ToByteArray();
        EnvelopeBody.Decode(body, out EnvelopeBody parts);

        DecodeBudget first = DecodeBudget.Count(parts[0].Span, MessageShape.EnvelopeBody, 1000);
        DecodeBudget second = DecodeBudget.Count(parts[1].Span, MessageShape.EnvelopeBody, 1000);

        Assert.That(first.IsExceeded, Is.True);
        Assert.That((second.Items, second.IsExceeded), Is.EqualTo((1000L, false)));
        Assert.That(parts.PartCount, Is.EqualTo(2));
    }

    [Test]
    public void Count_OfEveryKindOfField_IsTheSumOfItsItems()
    {
        byte[] nested = [.. Repeat(Delimited(1, []), 10)]; // 10 items
        byte[] encoded =
        [
            .. Number(1, 5), .. Delimited(2, new byte[50]), // free
            .. Repeat(Delimited(3, [9]), 20), // 20
            .. Repeat(Delimited(4, nested), 3), // 3 * (1 + 10)
            .. Repeat(Number(5, 300), 7), // 7
            .. Delimited(5, new byte[40]), // packed: 40
            .. Repeat(Delimited(6, [8, 1, 16, 1]), 6), // 6
            .. Repeat(Delimited(7, [8, 1, .. Delimited(2, nested)]), 5), // 5 * (1 + 1 + 10)
            .. Delimited(8, nested), // 1 + 10
            .. Delimited(9, nested), // free
        ];

        DecodeBudget budget = DecodeBudget.Count(encoded, s_everything, DefaultBudget);

        Assert.That(budget.Items, Is.EqualTo(20 + 33 + 7 + 40 + 6 + 60 + 11));
        Assert.That(budget.IsExceeded, Is.False);
    }

    [Test]
    public void Count_OfAOneofMemberThatIsAMessage_IsOne() =>
        Assert.That(DecodeBudget.Count(Delimited(8, []), s_everything, DefaultBudget).Items, Is.EqualTo(1));

    [TestCase(2)]
    [TestCase(3)]
    [TestCase(9)]
    public void Count_OfAMegabyteThatLooksLikeMessages_DoesNotEnterBytes(int field)
    {
        byte[] looksLikeMessages = [.. Repeat([0x22, 0], 500_000)];
        byte[] encoded = Delimited(10, Delimited((uint)field, looksLikeMessages));

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget).Items, Is.EqualTo(field == 3 ? 2 : 1));
    }

    [TestCase(4u, TestName = "A flood of empty messages stops at the first item above the budget")]
    [TestCase(3u, TestName = "A flood of empty bytes stops at the first item above the budget")]
    [TestCase(8u, TestName = "A flood of a message in a oneof stops at the first item above the budget")]
    [TestCase(6u, TestName = "A flood of map entries stops at the first item above the budget")]
    public void Count_OfAFlood_StopsAtTheFirstItemAboveTheBudget(uint field)
    {
        byte[] flood = [.. Repeat(Delimited(field, []), 3_100_000)];
        byte[] nested = Delimited(10, flood);

        foreach (byte[] encoded in new[] { flood, nested })
        {
            DecodeBudget budget = DecodeBudget.Count(encoded, s_everything, DefaultBudget);
            Assert.That((budget.Items, budget.IsExceeded), Is.EqualTo((DefaultBudget + 1L, true)));
        }
    }

    [Test]
    public void Count_OfPackedScalars_IsTheirLengthInBytes()
    {
        Assert.That(DecodeBudget.Count(Delimited(5, new byte[20_000]), s_everything, DefaultBudget).IsExceeded, Is.True);
        byte[] largest = [.. Repeat([255, 255, 255, 255, 255, 255, 255, 255, 255, 1], 100)];
        Assert.That(DecodeBudget.Count(Delimited(5, largest), s_everything, DefaultBudget).Items, Is.EqualTo(1000));
    }

    [Test]
    public void Count_Of100MapEntries_Is100() =>
        Assert.That(DecodeBudget.Count([.. Repeat(Delimited(6, []), 100)], s_everything, DefaultBudget).Items, Is.EqualTo(100));

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(4)]
    [TestCase(5)]
    public void Count_OfAMapUnderAnyWireType_TreatsItAsLengthDelimited(int wireType)
    {
        byte[] value = [.. Repeat(Delimited(1, []), 10)];
        byte[] entry = [8, 1, .. Delimited(2, value)];
        byte[] encoded = [(byte)((7 << 3) | wireType), (byte)entry.Length, .. entry];

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget).Items, Is.EqualTo(12));
        byte[] flood = [.. Repeat([(byte)((6 << 3) | wireType), 0], 100_000)];
        Assert.That(DecodeBudget.Count(flood, s_everything, DefaultBudget).IsExceeded, Is.True);
    }

    [Test]
    public void Count_OfTwoMapEntriesWithMessages_Is4() =>
        Assert.That(DecodeBudget.Count([.. Repeat(Delimited(7, [0x12, 0]), 2)], s_everything, DefaultBudget).Items, Is.EqualTo(4));

    [Test]
    public void Count_Of100VarintsAnd50Fixed32sAnd10PackedBytes_Is160()
    {
        byte[] encoded =
        [
            .. Repeat(Number(5, 1), 100), .. Repeat([(5 << 3) | 5, 1, 2, 3, 4], 50), .. Delimited(5, new byte[10]),
        ];

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget).Items, Is.EqualTo(160));
    }

    [TestCase(10, false)]
    [TestCase(100_000, true)]
    public void Count_BehindALeadingUnknownGroup_MissesNothing(int items, bool isExceeded)
    {
        byte[] group = Convert.FromHexString("a301" + "1a0101" + "1801" + "a401"); // field 20
        byte[] flat = [.. group, .. Repeat(Delimited(3, []), items)];
        byte[] nested = Delimited(10, flat);

        DecodeBudget counted = DecodeBudget.Count(flat, s_everything, DefaultBudget);
        DecodeBudget inside = DecodeBudget.Count(nested, s_everything, DefaultBudget);

        Assert.That((counted.IsExceeded, inside.IsExceeded), Is.EqualTo((isExceeded, isExceeded)));
        Assert.That((counted.Items, inside.Items), Is.EqualTo(isExceeded ? (16_385L, 16_385L) : (10L, 11L)));
    }

    [TestCase(100, false)]
    [TestCase(99, true)]
    public void Count_Of100Items_PassesAt100AndFailsAt99(int max, bool isExceeded)
    {
        DecodeBudget budget = DecodeBudget.Count([.. Repeat(Delimited(3, []), 100)], s_everything, max);

        Assert.That((budget.Items, budget.IsExceeded), Is.EqualTo((100L, isExceeded)));
    }

    [TestCase("0001", TestName = "Field number 0 ends the count")]
    [TestCase("0e", TestName = "Wire type 6 ends the count")]
    [TestCase("0f", TestName = "Wire type 7 ends the count")]
    [TestCase("0c", TestName = "A stray end of a group ends the count")]
    [TestCase("0b14", TestName = "A mismatched end of a group ends the count")]
    public void Count_OfAMalformedMiddle_StopsThereWithoutFailing(string middle)
    {
        byte[] encoded = [.. Repeat(Delimited(3, []), 3), .. Convert.FromHexString(middle), .. Repeat(Delimited(3, []), 2)];

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget), Is.EqualTo(new DecodeBudget(3, false)));
    }

    [TestCase("0b0801", TestName = "An unterminated group ends the count")]
    [TestCase("0880", TestName = "A truncated number ends the count")]
    [TestCase("1a05", TestName = "A truncated length ends the count")]
    [TestCase("0d0102", TestName = "A truncated fixed32 ends the count")]
    [TestCase("090102", TestName = "A truncated fixed64 ends the count")]
    [TestCase("08", TestName = "A lone key ends the count")]
    public void Count_OfATruncatedTail_StopsThereWithoutFailing(string tail)
    {
        byte[] encoded = [.. Repeat(Delimited(3, []), 3), .. Convert.FromHexString(tail)];

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget), Is.EqualTo(new DecodeBudget(3, false)));
    }

    [Test]
    public void Count_OfAMalformedNestedMessage_EndsTheWholeCount()
    {
        byte[] encoded = [.. Delimited(10, [0]), .. Delimited(3, [])];

        Assert.That(DecodeBudget.Count(encoded, s_everything, DefaultBudget).Items, Is.EqualTo(1));
    }

    [TestCase(128, false)]
    [TestCase(129, true)]
    public void Count_OfMessagesInMessages_Goes128LevelsDeep(int levels, bool isExceeded)
    {
        byte[] encoded = [];
        for (int i = 0; i < levels; i++)
        {
            encoded = Delimited(10, encoded);
        }

        DecodeBudget budget = DecodeBudget.Count(encoded, s_everything, DefaultBudget);

        Assert.That(budget.IsExceeded, Is.EqualTo(isExceeded));
        Assert.That(budget.Items, Is.EqualTo(levels));
    }

    [Test]
    public void Count_OfScalarsStringsAndBytes_Is0AtABudgetOf0()
    {
        byte[] encoded = [.. Number(1, 1), .. Delimited(2, [1, 2]), .. Delimited(9, []), 0x5d, 1, 2, 3, 4];

        Assert.That(DecodeBudget.Count(encoded, s_everything, 0), Is.EqualTo(new DecodeBudget(0, false)));
        Assert.That(DecodeBudget.Count([], s_empty, 0), Is.EqualTo(new DecodeBudget(0, false)));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 8, 1 })]
    public void Count_OfRandomBytes_NeverThrows(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[60];
        long items = 0;
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)random.Next(88);
            items += DecodeBudget.Count(bytes.AsSpan(0, random.Next(60)), s_everything, 20).Items;
        }

        Assert.That(items, Is.GreaterThan(1000));
    }

    private static MessageShape Everything()
    {
        MessageShape shape = new MessageShape()
            .Add(3, FieldKind.RepeatedBytes)
            .Add(4, FieldKind.Message, s_item)
            .Add(5, FieldKind.RepeatedScalar)
            .Add(6, FieldKind.Map)
            .Add(7, FieldKind.Map, s_item)
            .Add(8, FieldKind.Message, s_item);
        return shape.Add(10, FieldKind.Message, shape);
    }

    private static JoinMessage Join(int addresses, bool signed) => new()
    {
        PublicKey = ByteString.CopyFrom(new byte[32]),
        Addresses = { Enumerable.Repeat(ByteString.Empty, addresses) },
        PeerFeatures = 3,
        Nonce = 5,
        IdentitySignature = signed ? new IdentitySignature { UpdatedAt = -1, Signature = ByteString.CopyFrom(new byte[32]) } : null,
    };

    private static Body EmptyParts(int count) => new() { Parts = { Enumerable.Repeat(ByteString.Empty, count) } };

    private static IEnumerable<byte> Repeat(byte[] piece, int count) => Enumerable.Repeat(piece, count).SelectMany(bytes => bytes);

    private static byte[] Number(uint field, ulong value)
    {
        byte[] bytes = new byte[11];
        bytes[0] = (byte)(field << 3);
        return bytes[..(1 + ProtoWire.WriteVarint(bytes.AsSpan(1), value))];
    }

    private static byte[] Delimited(uint field, byte[] value)
    {
        byte[] length = new byte[10];
        return [(byte)((field << 3) | 2), .. length[..ProtoWire.WriteVarint(length, (uint)value.Length)], .. value];
    }
}
