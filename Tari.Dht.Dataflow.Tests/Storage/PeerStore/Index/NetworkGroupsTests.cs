using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

[TestFixture]
internal sealed class NetworkGroupsTests
{
    [Test]
    public void A_group_keeps_its_number_until_its_last_address_goes()
    {
        var groups = new NetworkGroups();
        int first = groups.Acquire("ip4:1.2");
        int second = groups.Acquire("ip4:1.3");
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(groups.Acquire("ip4:1.2"), Is.EqualTo(first));

        groups.Release(first);
        Assert.That(groups.TryGet("ip4:1.2", out int found), Is.True);
        Assert.That(found, Is.EqualTo(first));

        groups.Release(first);
        Assert.That(groups.TryGet("ip4:1.2", out _), Is.False);
        Assert.That(groups.Count, Is.EqualTo(1));
    }

    [Test]
    public void Numbers_are_used_again_so_that_names_without_end_take_no_memory()
    {
        var groups = new NetworkGroups();
        groups.Acquire("dns:example.com");
        for (int i = 0; i < 1000; i++)
        {
            groups.Release(groups.Acquire($"dns:{i}.com"));
        }

        Assert.That(groups.End, Is.EqualTo(2));
        Assert.That(groups.TryGet("dns:example.com", out _), Is.True);
    }
}
