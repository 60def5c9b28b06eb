using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

/// <summary>Which addresses of the reference's collection may stand in a claim; their other properties are tested elsewhere.</summary>
[Category(VectorFile.Category)]
internal sealed class PeerAddressVectorTests
{
    [TestCaseSource(nameof(Cases))]
    public void TheShapeOfAnAddress_IsJudgedAsTheReferenceDoes(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        if (expected.Text("result") != "ok")
        {
            Assert.That(expected.TryGetProperty("shape", out _), Is.False);
            return;
        }

        Multiaddr address = Multiaddr.FromBytes(expected.Hex("bytes"));
        PeerValidatorError error = PeerValidator.CheckShape(address);
        JsonElement shape = expected.GetProperty("shape");
        if (shape.ValueKind == JsonValueKind.String)
        {
            Assert.That(shape.GetString(), Is.EqualTo("ok"));
            Assert.That(error.IsNone, error.ToString());
        }
        else
        {
            shape.AssertMembers("error", "detail", "ban_offence");
            ValidatorVerdicts.AssertError(error, shape.Text("error"), shape.Text("detail"));
            Assert.That(error.IsBanOffence, Is.EqualTo(shape.GetProperty("ban_offence").GetBoolean()));
        }

        // The shortcut that a claim takes once its addresses have been looked at agrees with the whole check.
        if (PeerValidator.CheckAddress(address, allowLocal: true).IsNone)
        {
            Assert.That(
                PeerAddressCheck.IsTakenWithoutLocal(address), Is.EqualTo(PeerValidator.CheckAddress(address, allowLocal: false).IsNone));
        }
    }

    private static IEnumerable<TestCaseData> Cases() => VectorFile.Cases("multiaddr.json", "parse_text", "from_bytes");
}
