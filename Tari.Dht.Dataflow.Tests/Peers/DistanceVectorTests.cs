using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers;

/// <summary>The distances of the reference. What its store selects, <c>peer_selection</c>, is tested where the store is.</summary>
[Category(VectorFile.Category)]
internal sealed class DistanceVectorTests
{
    private const string FileName = "distance.json";

    [Test]
    public void EveryKind_IsKnown() => VectorFile.AssertKinds(FileName, "distance", "compare", "order", "peer_selection");

    [TestCaseSource(nameof(Cases), new object[] { "distance" })]
    public void Between_TwoIds_IsTheReferences(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "a", "b", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertFields(expected, "distance", "distance_bytes", "bucket_index");
        NodeId a = Id(vector, "a");
        NodeId b = Id(vector, "b");

        XorDistance distance = XorDistance.Between(a, b);
        byte[] bytes = new byte[XorDistance.Length];
        distance.WriteBytes(bytes);

        Assert.That(distance.ToString(), Is.EqualTo(expected.Text("distance")));
        VectorFile.AssertBytes(expected.GetProperty("distance_bytes"), bytes, "bytes");
        Assert.That(distance.BucketIndex, Is.EqualTo(expected.GetProperty("bucket_index").GetInt32()));
        Assert.That(XorDistance.Between(b, a), Is.EqualTo(distance));
        Assert.That(XorDistance.FromHex(expected.Text("distance_bytes")), Is.EqualTo(distance));
    }

    [TestCaseSource(nameof(Cases), new object[] { "compare" })]
    public void CompareTo_DistancesAndIds_IsTheReferences(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "a", "b", "target", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertFields(expected, "a_to_b", "node_id_order_a_to_b");
        NodeId a = Id(vector, "a");
        NodeId b = Id(vector, "b");
        NodeId target = Id(vector, "target");

        int order = XorDistance.Between(a, target).CompareTo(XorDistance.Between(b, target));

        Assert.That(Math.Sign(order), Is.EqualTo(expected.GetProperty("a_to_b").GetInt32()));
        Assert.That(Math.Sign(a.CompareTo(b)), Is.EqualTo(expected.GetProperty("node_id_order_a_to_b").GetInt32()));
    }

    [TestCaseSource(nameof(Cases), new object[] { "order" })]
    public void ClosestNodes_OfAllPeers_AreInTheReferencesOrder(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "public_keys", "targets", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertFields(expected, "node_ids", "orders");
        string[] targets = Texts(vector, "targets");
        NodeId[] ids = [.. Texts(vector, "public_keys").Select(key => NodeId.FromPublicKey(CommsPublicKey.Parse(key)))];
        Assert.That(ids.Select(id => id.ToString()), Is.EqualTo(Texts(expected, "node_ids")));
        Assert.That(expected.GetProperty("orders").EnumerateArray().Select(order => order.Text("target")), Is.EqualTo(targets));

        foreach (JsonElement order in expected.GetProperty("orders").EnumerateArray())
        {
            AssertFields(order, "order", "target", "target_name");
            int[] indexes = [.. order.GetProperty("order").EnumerateArray().Select(index => index.GetInt32())];
            foreach (int count in (int[])[ids.Length, 1, 10])
            {
                var closest = new ClosestNodes<int>(Id(order, "target"), count);
                for (int i = 0; i < ids.Length; i++)
                {
                    closest.Offer(ids[i], i);
                }

                int[] found = [.. closest.ToImmutableArray().Select(pair => pair.Item)];
                Assert.That(found, Is.EqualTo(indexes.Take(count)), $"{count} closest to {order.Text("target_name")}");
            }
        }
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);

    private static string[] Texts(JsonElement element, string name) =>
        [.. element.GetProperty(name).EnumerateArray().Select(text => text.GetString()!)];

    private static NodeId Id(JsonElement element, string name) => NodeId.Parse(element.Text(name));

    private static void AssertFields(JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(field => field.Name), Is.EquivalentTo(known));
}
