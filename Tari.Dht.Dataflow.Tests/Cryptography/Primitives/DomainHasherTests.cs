using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

[Category(HashingTest.Category)]
public sealed class DomainHasherTests
{
    private const string FileName = "hashing.json";

    private static readonly string[] s_hashers =
        ["challenge", "key_message", "key_mask", "message_signature", "dedup", "identity_signature"];

    private static IEnumerable<TestCaseData> HashCases => VectorFile.Cases(FileName, "hash");

    private static IEnumerable<TestCaseData> BindingCases => VectorFile.Cases(FileName, "binding_challenge");

    [Test]
    [Category(VectorFile.Category)]
    public void Vectors_OfHashing_HaveOnlyKindsThatAreRead() => VectorFile.AssertKinds(FileName, "hash", "binding_challenge");

    [Test]
    [Category(VectorFile.Category)]
    public void Vectors_OfHashing_HaveCasesOfEveryHasher()
    {
        IEnumerable<string> hashers =
            VectorFile.Read(FileName).Where(c => c.Text("kind") == "hash").Select(c => c.Text("hasher")).Distinct();
        Assert.That(hashers, Is.EquivalentTo(s_hashers));
        Assert.That(BindingCases, Is.Not.Empty);
    }

    [TestCaseSource(nameof(HashCases))]
    [Category(VectorFile.Category)]
    public void Append_FieldsOfAVector_GivesItsDigest(JsonElement vector)
    {
        byte[][] fields = [.. vector.GetProperty("fields").EnumerateArray().Select(field => field.Blob())];
        JsonElement expected = vector.GetProperty("expected");
        DomainHasher hasher = Start(vector.Text("hasher"));
        foreach (byte[] field in fields)
        {
            hasher.Append(field);
        }

        Assert.That(Finish(ref hasher, expected.GetProperty("digest_length").GetInt32()), Is.EqualTo(expected.Text("digest")));
    }

    [TestCaseSource(nameof(HashCases))]
    [Category(VectorFile.Category)]
    public void AppendRaw_FieldsOfAVectorInPieces_GivesItsDigest(JsonElement vector)
    {
        var random = new Random(31);
        JsonElement expected = vector.GetProperty("expected");
        DomainHasher hasher = Start(vector.Text("hasher"));
        foreach (byte[] field in vector.GetProperty("fields").EnumerateArray().Select(field => field.Blob()))
        {
            hasher.AppendLength(field.Length);
            for (int start = 0; start < field.Length;)
            {
                int piece = Math.Min(random.Next(1, 1000), field.Length - start);
                hasher.AppendRaw(field.AsSpan(start, piece));
                start += piece;
            }
        }

        Assert.That(Finish(ref hasher, expected.GetProperty("digest_length").GetInt32()), Is.EqualTo(expected.Text("digest")));
    }

    [TestCaseSource(nameof(HashCases))]
    [Category(VectorFile.Category)]
    public void AppendPair_FieldsOfAVectorBesideOthers_GivesItsDigestOnBothSides(JsonElement vector)
    {
        byte[] other = HashingTest.Bytes(32, 3000);
        JsonElement expected = vector.GetProperty("expected");
        DomainHasher first = Start(vector.Text("hasher")), second = first;
        DomainHasher besideFirst = DomainHasher.Dedup(), besideSecond = DomainHasher.Dedup();
        foreach (byte[] field in vector.GetProperty("fields").EnumerateArray().Select(field => field.Blob()))
        {
            DomainHasher.AppendPair(ref first, field, ref besideFirst, other);
            DomainHasher.AppendPair(ref besideSecond, other, ref second, field);
        }

        int length = expected.GetProperty("digest_length").GetInt32();
        Assert.That(Finish(ref first, length), Is.EqualTo(expected.Text("digest")));
        Assert.That(Finish(ref second, length), Is.EqualTo(expected.Text("digest")));
        Assert.That(Finish(ref besideFirst, 32), Is.EqualTo(Finish(ref besideSecond, 32)));
    }

    [TestCaseSource(nameof(BindingCases))]
    [Category(VectorFile.Category)]
    public void Challenge_OfAMessagesHeaderAndBody_IsItsBindingHash(JsonElement vector)
    {
        byte[] inner = vector.Hex("destination_inner_bytes");
        Assert.That(inner, Is.EqualTo(DestinationForm(vector)), "form of the destination");
        ulong expires = vector.OptionalText("expires") is { } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : 0;
        string digest = BindingHash(
            vector.GetProperty("version").GetUInt32(),
            inner,
            vector.GetProperty("message_type").GetInt32(),
            vector.GetProperty("flags").GetUInt32(),
            expires,
            vector.OptionalHex("ephemeral_public_key") ?? new byte[32],
            vector.GetProperty("body").Blob());
        Assert.That(digest, Is.EqualTo(vector.GetProperty("expected").Text("digest")));
    }

    [Test]
    public void Challenge_OfTheReferencesMessages_IsItsKnownBindingHash()
    {
        byte[] body = Convert.FromHexString("0a0568656c6c6f");
        byte[] toV = Convert.FromHexString("01" + "44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d");
        Assert.That(
            BindingHash(2, new byte[33], 0, 0, 0, new byte[32], body),
            Is.EqualTo("709ad444c34ae00a7488bf5ff6ab1343c0f5f31da31a1b5bb6be06ed23f55baf"));
        Assert.That(
            BindingHash(2, toV, 1, 0, 1_900_000_000, new byte[32], body),
            Is.EqualTo("254ee310e184d33e1002b2e18d5fd4f5bb8ca32d30b70498f42040771f7b1cc0"));
    }

    [TestCase("", "0a0568656c6c6f", "3c2a4e90d8d010b930048f683c15237ee587e19f70875b49be6a51d8dd25812f")]
    [TestCase("", "0a0774657374313233", "64f1db1039353cf2ff7e09889d14ffd9885766c3dc494a59823a499edfe6997c")]
    [TestCase(
        "0a206a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b9191220"
        + "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d02591a20"
        + "b08778a14775711465638e76c89bc67ec634e5fa309e87c9c548c8c0713cf00e",
        "0a0568656c6c6f",
        "65f78d6150c1164e123e97cb359cad5ddf82ffcc8596a70870382f56b26ed546")]
    public void Dedup_OfSignatureAndBody_IsTheReferencesKey(string signature, string body, string key)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        hasher.Append(Convert.FromHexString(signature));
        hasher.Append(Convert.FromHexString(body));
        Assert.That(Finish(ref hasher, 32), Is.EqualTo(key));
    }

    [Test]
    public void KeyMessageAndKeyMask_OfASharedSecret_AreTheReferencesValues()
    {
        byte[] secret = Convert.FromHexString("ae831391aa3a7a390a9be05e863f21e5a50033b847096cf7565a461050e1d91e");
        DomainHasher key = DomainHasher.KeyMessage();
        DomainHasher mask = DomainHasher.KeyMask();
        key.Append(secret);
        mask.Append(secret);
        Assert.That(Finish(ref key, 32), Is.EqualTo("74110228ab7f1396788481eef7bc3c22a59d0bfa0dcfa643fbeecc131129f26c"));
        Assert.That(
            Finish(ref mask, 64),
            Is.EqualTo(
                "6c228361df102b5c16e80f33b190ed7df01f97f60dde64472eb7f17d7e9f4b09"
                + "fa5d7d0d19f4b265db7ec6d45c7ebabbff3ac0700c38a218dbb43a5f859cc858"));
    }

    [Test]
    public void IdentitySignature_OfAClaimWithOneAddress_IsTheReferencesChallenge()
    {
        DomainHasher hasher = DomainHasher.IdentitySignature();
        hasher.Append(Convert.FromHexString("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"));
        hasher.Append(Convert.FromHexString("94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259"));
        hasher.Append([0]);
        hasher.Append(BitConverter.GetBytes(1_700_000_000UL));
        hasher.Append(BitConverter.GetBytes(3U));
        hasher.Append(Convert.FromHexString("041717171706470d"));
        Assert.That(
            Finish(ref hasher, 64),
            Is.EqualTo(
                "87155beba42d465c9e9afdabadf42eeb0a3311dddf7fdfb9d97499dbda718091"
                + "822a18536b8346455afc473c9c33d705376e85b71960ea0431d704c8f951415c"));
    }

    [TestCase("label", "some.domain.v7.label")]
    [TestCase("", "some.domain.v7")]
    public void Constructor_ADomainOfTheCallers_PutsItsTagAndLengthFirst(string label, string tag)
    {
        var hasher = new DomainHasher("some.domain", 7, label, 20);
        hasher.Append([9, 8, 7]);
        byte[] message =
        [
            (byte)tag.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(tag),
            3, 0, 0, 0, 0, 0, 0, 0, 9, 8, 7,
        ];
        Assert.That(Finish(ref hasher, 20), Is.EqualTo(Convert.ToHexStringLower(SodiumHash.Hash(message, 20))));
    }

    [Test]
    public void Factories_CalledAgain_StartAfresh()
    {
        DomainHasher used = DomainHasher.Challenge();
        used.Append([1, 2, 3]);
        string digest = Finish(ref used, 32);
        DomainHasher fresh = DomainHasher.Challenge();
        fresh.Append([1, 2, 3]);
        Assert.That(Finish(ref fresh, 32), Is.EqualTo(digest));
    }

    [Test]
    public void Append_EmptyInput_IsNotTheSameAsNone()
    {
        DomainHasher none = DomainHasher.Dedup();
        DomainHasher empty = DomainHasher.Dedup();
        empty.Append([]);
        Assert.That(Finish(ref empty, 32), Is.Not.EqualTo(Finish(ref none, 32)));
    }

    [Test]
    public void Misuse_ByTheCaller_Throws()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => new DomainHasher(null!, 1, "", 32), Throws.ArgumentNullException);
            Assert.That(() => new DomainHasher("d", 1, null!, 32), Throws.ArgumentNullException);
            Assert.That(() => new DomainHasher("dömain", 1, "", 32), Throws.ArgumentException);
            Assert.That(() => new DomainHasher("d", 1, "läbel", 32), Throws.ArgumentException);
            Assert.That(() => new DomainHasher("d", -1, "", 32), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new DomainHasher("d", 1, "", 0), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => new DomainHasher("d", 1, "", 65), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => DomainHasher.Challenge().AppendLength(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => DomainHasher.Challenge().Finish(new byte[64]), Throws.ArgumentException);
            Assert.That(() => default(DomainHasher).Finish(new byte[32]), Throws.InvalidOperationException);
        });
    }

    [Test]
    public void Finish_ASecondTime_Throws()
    {
        DomainHasher hasher = DomainHasher.Challenge();
        Finish(ref hasher, 32);
        Assert.That(() => hasher.Finish(new byte[32]), Throws.InvalidOperationException);
    }

    [Test]
    public void AWholeHash_AllocatesNothing()
    {
        byte[] body = HashingTest.Bytes(33, 6016);
        byte[] digest = new byte[32];
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Run();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            DomainHasher binding = DomainHasher.Challenge();
            DomainHasher dedup = DomainHasher.Dedup();
            binding.Append(body.AsSpan(0, 33));
            dedup.Append(body.AsSpan(0, 102));
            DomainHasher.AppendPair(ref binding, body, ref dedup, body);
            binding.Finish(digest);
            dedup.Finish(digest);
        }
    }

    private static DomainHasher Start(string hasher) => hasher switch
    {
        "challenge" => DomainHasher.Challenge(),
        "key_message" => DomainHasher.KeyMessage(),
        "key_mask" => DomainHasher.KeyMask(),
        "message_signature" => DomainHasher.MessageSignature(),
        "dedup" => DomainHasher.Dedup(),
        "identity_signature" => DomainHasher.IdentitySignature(),
        _ => throw new InvalidDataException($"Unknown hasher '{hasher}'."),
    };

    private static byte[] DestinationForm(JsonElement vector) => vector.Text("destination") switch
    {
        "unknown" => new byte[33],
        "public_key" => [1, .. vector.Hex("destination_public_key")],
        string other => throw new InvalidDataException($"Unknown destination '{other}'."),
    };

    private static string BindingHash(
        uint version, byte[] destination, int messageType, uint flags, ulong expires, byte[] ephemeralKey, byte[] body)
    {
        byte[] number = new byte[8];
        DomainHasher hasher = DomainHasher.Challenge();
        BinaryPrimitives.WriteUInt32LittleEndian(number, version);
        hasher.Append(number.AsSpan(0, 4));
        hasher.Append(destination);
        BinaryPrimitives.WriteInt32LittleEndian(number, messageType);
        hasher.Append(number.AsSpan(0, 4));
        BinaryPrimitives.WriteUInt32LittleEndian(number, flags);
        hasher.Append(number.AsSpan(0, 4));
        BinaryPrimitives.WriteUInt64LittleEndian(number, expires);
        hasher.Append(number);
        hasher.Append(ephemeralKey);
        hasher.Append(body);
        return Finish(ref hasher, 32);
    }

    private static string Finish(ref DomainHasher hasher, int digestLength)
    {
        byte[] digest = new byte[digestLength];
        hasher.Finish(digest);
        return Convert.ToHexStringLower(digest);
    }
}
