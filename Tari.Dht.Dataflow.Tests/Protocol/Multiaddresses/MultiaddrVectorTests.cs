using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
[Category(VectorFile.Category)]
internal sealed class MultiaddrVectorTests
{
    private const string FileName = "multiaddr.json";
    private const string ParseText = "parse_text";
    private const string FromBytes = "from_bytes";

    // "shape" is what the tests of claims look at.
    private static readonly string[] s_okFields =
        ["result", "bytes", "text", "components", "is_external", "netgroup", "shape", "text_reads_back"];

    private static readonly string[] s_errorFields = ["result", "error", "detail"];

    private static IEnumerable<TestCaseData> TextCases() => VectorFile.Cases(FileName, ParseText);

    private static IEnumerable<TestCaseData> BytesCases() => VectorFile.Cases(FileName, FromBytes);

    [Test]
    public void Every_kind_of_case_is_read() => VectorFile.AssertKinds(FileName, ParseText, FromBytes);

    [TestCaseSource(nameof(TextCases))]
    public void Text_is_read_as_the_reference_reads_it(JsonElement vector)
    {
        AssertFields(vector, "name", "kind", "text", "expected");
        MultiaddrError error = Multiaddr.TryParse(vector.Text("text"), out Multiaddr address);
        JsonElement expected = vector.GetProperty("expected");
        AssertResult(expected, error, address, "bytes_read_back");
        if (error == MultiaddrError.None)
        {
            MultiaddrError again = Multiaddr.TryFromBytes(address.Bytes, out Multiaddr fromBytes);
            bool readsBack = again == MultiaddrError.None && fromBytes == address;
            Assert.That(readsBack, Is.EqualTo(expected.GetProperty("bytes_read_back").GetBoolean()));
        }
    }

    [TestCaseSource(nameof(BytesCases))]
    public void Bytes_are_read_as_the_reference_reads_them(JsonElement vector)
    {
        AssertFields(vector, "name", "kind", "bytes", "expected");
        byte[] bytes = vector.GetProperty("bytes").Blob();
        MultiaddrError error = Multiaddr.TryFromBytes(bytes, out Multiaddr address);
        JsonElement expected = vector.GetProperty("expected");
        AssertResult(expected, error, address, "bytes_same");
        if (error == MultiaddrError.None)
        {
            Assert.That(address.Bytes.SequenceEqual(bytes), Is.EqualTo(expected.GetProperty("bytes_same").GetBoolean()));
        }
    }

    private static void AssertResult(JsonElement expected, MultiaddrError error, Multiaddr address, string bytesField)
    {
        string result = expected.Text("result");
        if (result == "error")
        {
            AssertFields(expected, s_errorFields);
            Assert.That(error.ToString(), Is.EqualTo(expected.Text("error")));
            Assert.That(address, Is.EqualTo(Multiaddr.Empty));
            return;
        }

        Assert.That(result, Is.EqualTo("ok"));
        AssertFields(expected, [.. s_okFields, bytesField]);
        Assert.That(error, Is.EqualTo(MultiaddrError.None));
        Assert.Multiple(() =>
        {
            VectorFile.AssertBytes(expected.GetProperty("bytes"), address.Bytes, "bytes");
            Assert.That(address.ToString(), Is.EqualTo(expected.Text("text")));
            Assert.That(
                ComponentNames(address),
                Is.EqualTo(expected.GetProperty("components").EnumerateArray().Select(name => name.GetString())));
            Assert.That(address.IsExternal(), Is.EqualTo(expected.GetProperty("is_external").GetBoolean()), "is_external");
            Assert.That(address.NetworkGroup(), Is.EqualTo(expected.Text("netgroup")));
            Assert.That(address.TextReadsBack, Is.EqualTo(expected.GetProperty("text_reads_back").GetBoolean()), "text_reads_back");
            Assert.That(ReadsBack(address), Is.EqualTo(expected.GetProperty("text_reads_back").GetBoolean()), "the text, read");
        });
    }

    private static bool ReadsBack(Multiaddr address) =>
        Multiaddr.TryParse(address.ToString(), out Multiaddr again) == MultiaddrError.None && again == address;

    private static List<string> ComponentNames(Multiaddr address)
    {
        List<string> names = [];
        foreach (MultiaddrComponent component in address)
        {
            names.Add(component.Name);
        }

        return names;
    }

    // A missing field fails as well: each is required.
    private static void AssertFields(JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(property => property.Name), Is.EquivalentTo(known), "fields");
}
