using System.Runtime.CompilerServices;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Proto;
using Tari.Dht.Dataflow.Tests.Support;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class EnvelopeBodyTests
{
    [Test]
    public void Decode_NoBytes_IsABodyWithoutParts()
    {
        EnvelopeBody body = Decode([]);

        Assert.That(body.PartCount, Is.Zero);
        Assert.That(body.TotalLength, Is.Zero);
        Assert.That(body.IsCanonical, Is.True);
        Assert.That(PartsOf(body), Is.Empty);
    }

    [Test]
    public void Decode_PartsEmptyOnesIncluded_GivesViewsOfThemInOrder()
    {
        byte[] encoded = Convert.FromHexString("0a03010203" + "0a00" + "0a0104");
        EnvelopeBody body = Decode(encoded);

        Assert.That(string.Join(',', PartsOf(body)), Is.EqualTo("010203,,04"));
        Assert.That(body.PartCount, Is.EqualTo(3));
        Assert.That(body.TotalLength, Is.EqualTo(4));
        Assert.That(body[0].Span.Overlaps(encoded), Is.True);
    }

    [Test]
    public void Indexer_OutsideTheParts_Throws()
    {
        EnvelopeBody body = Decode([0x0a, 0]);

        Assert.That(() => body[-1], Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => body[1], Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => default(EnvelopeBody)[0], Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase("0a0101", true, TestName = "The canonical encoding is canonical")]
    [TestCase("0a00", true, TestName = "An empty part is written")]
    [TestCase("0a01017801", false, TestName = "A number after the parts is passed over")]
    [TestCase("78010a0101", false, TestName = "A number before the parts is passed over")]
    [TestCase("0a0101130a0101140a00", false, TestName = "A group between the parts is passed over with what looks like a part in it")]
    [TestCase("0a810001", false, TestName = "A length may take a byte too many")]
    [TestCase("8a000101", false, TestName = "A key may take a byte too many")]
    public void Decode_Leniently_TellsWhetherTheBytesAreCanonical(string hex, bool isCanonical)
    {
        EnvelopeBody body = Decode(Convert.FromHexString(hex));

        Assert.That(body.IsCanonical, Is.EqualTo(isCanonical));
        Assert.That(Reencode(hex).SequenceEqual(Convert.FromHexString(hex)), Is.EqualTo(isCanonical), "the generated code agrees");
    }

    [TestCase("ffffffffffffffffffff", TestName = "Garbage is malformed")]
    [TestCase("0801", TestName = "A part that is a number is malformed")]
    [TestCase("0a0568", TestName = "A truncated part is malformed")]
    [TestCase("0a010100", TestName = "A trailing zero byte is malformed")]
    [TestCase("7c", TestName = "A stray end of a group is malformed")]
    [TestCase("0a", TestName = "A lone key is malformed")]
    [TestCase("7e", TestName = "Wire type 6 is malformed")]
    [TestCase("7f", TestName = "Wire type 7 is malformed")]
    [TestCase("7b7801", TestName = "An unterminated group is malformed")]
    [TestCase("7b8401", TestName = "A mismatched end of a group is malformed")]
    [TestCase("7880", TestName = "A truncated number is malformed")]
    [TestCase("7d0102", TestName = "A truncated fixed32 is malformed")]
    [TestCase("790102", TestName = "A truncated fixed64 is malformed")]
    public void Decode_BadBytes_AreMalformed(string hex)
    {
        Assert.That(EnvelopeBody.Decode(Convert.FromHexString(hex), out EnvelopeBody body), Is.EqualTo(EnvelopeBodyStatus.Malformed));
        Assert.That(body.PartCount, Is.Zero);
    }

    [TestCase(16, EnvelopeBodyStatus.Ok)]
    [TestCase(17, EnvelopeBodyStatus.TooManyParts)]
    [TestCase(1024, EnvelopeBodyStatus.TooManyParts)]
    [TestCase(1025, EnvelopeBodyStatus.BudgetExceeded)]
    [TestCase(5_000_000, EnvelopeBodyStatus.BudgetExceeded)]
    public void Decode_ManyParts_IsLimited(int parts, EnvelopeBodyStatus expected) =>
        Assert.That(EnvelopeBody.Decode(EmptyParts(parts), out _), Is.EqualTo(expected));

    [Test]
    public void Decode_TooManyPartsBehindAFault_IsOverBudgetOnlyIfTheCountGetsPastTheFault()
    {
        byte[] foreignType = [0x08, 1, .. EmptyParts(1025)];
        byte[] fieldZero = [0x00, .. EmptyParts(1025)];

        Assert.That(EnvelopeBody.Decode(foreignType, out _), Is.EqualTo(EnvelopeBodyStatus.BudgetExceeded));
        Assert.That(EnvelopeBody.Decode(fieldZero, out _), Is.EqualTo(EnvelopeBodyStatus.Malformed));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 11, 1 })]
    public void Decode_OfMutatedBodies_AgreesWithThePlainRulesAndTheBudget(int seed)
    {
        var random = new Random(seed);
        int ok = 0, malformed = 0;
        for (int i = 0; i < 30_000; i++)
        {
            byte[] encoded = RandomBody(random);
            EnvelopeBodyStatus status = EnvelopeBody.Decode(encoded, out EnvelopeBody body);
            DecodeBudget budget = DecodeBudget.Count(encoded, MessageShape.EnvelopeBody, EnvelopeBody.MaxDecodeItems);
            Assert.That(budget.IsExceeded, Is.EqualTo(status == EnvelopeBodyStatus.BudgetExceeded));
            if (!budget.IsExceeded)
            {
                bool decodes = PlainEnvelope.Decodes(encoded, [1]);
                Assert.That(status != EnvelopeBodyStatus.Malformed, Is.EqualTo(decodes), Convert.ToHexStringLower(encoded));
                malformed += decodes ? 0 : 1;
            }

            if (status != EnvelopeBodyStatus.Ok)
            {
                continue;
            }

            // What this decoder accepts, the generated code accepts too and finds the same parts.
            ok++;
            Generated.EnvelopeBody google = Generated.EnvelopeBody.Parser.WithDiscardUnknownFields(true).ParseFrom(encoded);
            string[] expected = [.. google.Parts.Select(part => Convert.ToHexStringLower(part.Span))];
            Assert.That(PartsOf(body), Is.EqualTo(expected), Convert.ToHexStringLower(encoded));
            Assert.That(Enumerable.Range(0, body.PartCount).Select(n => Convert.ToHexStringLower(body[n].Span)), Is.EqualTo(expected));
            Assert.That(body.IsCanonical, Is.EqualTo(google.ToByteArray().AsSpan().SequenceEqual(encoded)));
            Assert.That(body.TotalLength, Is.EqualTo(google.Parts.Sum(part => part.Length)));
            Assert.That(budget.Items, Is.EqualTo(body.PartCount));
            Assert.That(HashOf(body), Is.EqualTo(HashOf(google.ToByteArray())));
        }

        Assert.That(ok, Is.GreaterThan(5_000));
        Assert.That(malformed, Is.GreaterThan(3_000));
    }

    [Test]
    public void Decoding_AndReadingAndHashing_AllocatesNothing()
    {
        byte[] canonical = Convert.FromHexString("0a03010203" + "0a00" + "0a0104");
        byte[] other = [.. canonical, 0x78, 1];
        int sum = 0;

        long allocated = AllocationProbe.BytesOf(() =>
        {
            EnvelopeBody.Decode(canonical, out EnvelopeBody body);
            EnvelopeBody.Decode(other, out EnvelopeBody otherBody);
            foreach (ReadOnlyMemory<byte> part in otherBody)
            {
                sum += part.Length + body[2].Length;
            }

            DomainHasher hasher = DomainHasher.Dedup();
            otherBody.AppendCanonicalTo(ref hasher);
            body.AppendCanonicalTo(ref hasher);
        });

        Assert.That(allocated, Is.Zero);
        Assert.That(sum, Is.Not.Zero);
    }

    [Test]
    public void Body_is_32_bytes() => Assert.That(Unsafe.SizeOf<EnvelopeBody>(), Is.LessThanOrEqualTo(32));

    internal static EnvelopeBody Decode(byte[] encoded)
    {
        Assert.That(EnvelopeBody.Decode(encoded, out EnvelopeBody body), Is.EqualTo(EnvelopeBodyStatus.Ok));
        return body;
    }

    internal static string[] PartsOf(in EnvelopeBody body)
    {
        var parts = new List<string>();
        foreach (ReadOnlyMemory<byte> part in body)
        {
            parts.Add(Convert.ToHexStringLower(part.Span));
        }

        return [.. parts];
    }

    private static byte[] EmptyParts(int count)
    {
        byte[] encoded = new byte[2 * count];
        for (int i = 0; i < encoded.Length; i += 2)
        {
            encoded[i] = 0x0a;
        }

        return encoded;
    }

    private static byte[] Reencode(string hex) =>
        Generated.EnvelopeBody.Parser.WithDiscardUnknownFields(true).ParseFrom(Convert.FromHexString(hex)).ToByteArray();

    private static byte[] RandomBody(Random random)
    {
        var google = new Generated.EnvelopeBody();
        int parts = random.Next(20) == 0 ? random.Next(12, 22) : random.Next(5);
        for (int i = 0; i < parts; i++)
        {
            byte[] part = new byte[random.Next(6)];
            random.NextBytes(part);
            google.Parts.Add(ByteString.CopyFrom(part));
        }

        List<byte> encoded = [.. google.ToByteArray()];
        if (random.Next(30) == 0)
        {
            encoded.InsertRange(0, EmptyParts(random.Next(1020, 1030)));
        }

        for (int i = random.Next(3); i > 0; i--)
        {
            int at = random.Next(encoded.Count + 1);
            if (at == encoded.Count || random.Next(3) == 0)
            {
                byte[] inserted = random.Next(3) switch { 0 => [0x78, 1], 1 => [0x13, 0x18, 5, 0x14], _ => [(byte)random.Next(256)] };
                encoded.InsertRange(at, inserted);
            }
            else
            {
                encoded[at] ^= (byte)(1 << random.Next(8));
            }
        }

        return [.. encoded];
    }

    private static string HashOf(in EnvelopeBody body)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        body.AppendCanonicalTo(ref hasher);
        byte[] digest = new byte[32];
        hasher.Finish(digest);
        return Convert.ToHexStringLower(digest);
    }

    private static string HashOf(byte[] input)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        hasher.Append(input);
        byte[] digest = new byte[32];
        hasher.Finish(digest);
        return Convert.ToHexStringLower(digest);
    }
}
