using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
internal sealed class OnionAddressTests
{
    // The example of peers.md, and the service of the Tor project.
    [TestCase("vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd")]
    [TestCase("2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid")]
    public void IsValid_of_a_real_address_is_true_and_of_any_change_false(string label)
    {
        Multiaddr address = Multiaddr.Parse($"/onion3/{label}:80");
        Assert.That(address.TryGetFirst(out MultiaddrComponent component));
        Assert.That(OnionAddress.IsValid(component.Value));
        byte[] bytes = component.Value[..OnionAddress.Length].ToArray();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.That(OnionAddress.IsValid(bytes), Is.False, $"byte {i}");
            bytes[i] ^= 1;
        }

        Assert.That(OnionAddress.IsValid(bytes));
        Assert.That(OnionAddress.IsValid(bytes.AsSpan(1)), Is.False);
        Assert.That(OnionAddress.IsValid([]), Is.False);
    }
}
