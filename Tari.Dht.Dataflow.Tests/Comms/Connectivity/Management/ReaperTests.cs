using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

internal sealed class ReaperTests
{
    private static readonly TimeSpan s_age = TimeSpan.FromMinutes(20);

    private ScriptedTransport _node = null!;

    private DateTimeOffset Now => _node.Time.GetUtcNow();

    [SetUp]
    public void MakeNode() => _node = new ScriptedTransport(new ConnectivityConfig
    {
        ProactiveDialingEnabled = false,
        IsConnectionReapingEnabled = false,
    });

    [TearDown]
    public void ReleaseNode() => _node.Dispose();

    [Test]
    public void CC_13_A_young_connection_in_use_goes_only_when_its_peer_takes_nothing()
    {
        ScriptedLink link = _node.Accept(1);
        link.UseSubstreams(3);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False);
        link.Stalled = TimeSpan.FromSeconds(1);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False);
        link.Stalled = TimeSpan.FromSeconds(31);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _));
        using PeerConnectionHandle strong = link.Acquire(ConnectionStrength.Strong);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False, "held");
    }

    [Test]
    public void CC_13_An_old_connection_goes_unless_it_is_used_or_held()
    {
        ScriptedLink link = _node.Accept(1);
        _node.Pass(s_age.TotalSeconds);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False, "not older than that");
        _node.Pass(1);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _));
        using (link.Acquire(ConnectionStrength.Weak))
        {
            Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False);
        }

        link.UseSubstreams(2);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), "messages in both directions are no use");
        link.UseSubstreams(1);
        Assert.That(Reaper.IsReapable(link, Now, s_age, out _), Is.False);
    }

    [Test]
    public void CC_13_Stalled_connections_go_first_and_then_the_oldest()
    {
        List<ScriptedLink> links = Accept(6);
        links[3].Stalled = links[5].Stalled = TimeSpan.FromMinutes(1);
        _node.Pass(s_age.TotalSeconds + 10);
        Assert.That(Chosen(links, excess: 4), Is.EqualTo(new[] { links[3], links[5], links[0], links[1] }));
    }

    [TestCase(3, 2, 1)]
    [TestCase(3, 3, 0)]
    [TestCase(20, 5, 15)]
    public void CC_13_As_many_idle_ones_go_as_there_are_too_many(int count, int limit, int expected)
    {
        List<ScriptedLink> links = Accept(count);
        _node.Pass(s_age.TotalSeconds + 10);
        Assert.That(Chosen(links, count - limit), Is.EqualTo(links.Take(expected)));
    }

    [Test]
    public void CC_13_When_the_oldest_is_held_the_next_one_goes()
    {
        List<ScriptedLink> links = Accept(3);
        using PeerConnectionHandle strong = links[0].Acquire(ConnectionStrength.Strong);
        _node.Pass(s_age.TotalSeconds + 10);
        Assert.That(Chosen(links, excess: 1), Is.EqualTo(new[] { links[1] }));
    }

    [TestCase(400, 0)]
    [TestCase(5, 15)]
    public void CC_13_Each_direction_has_its_limit(int inboundLimit, int expected)
    {
        using var node = new ScriptedTransport(new ConnectivityConfig
        {
            ProactiveDialingEnabled = false,
            ReaperMinConnectionThreshold = 12,
            ReaperInboundSoftLimit = inboundLimit,
        });
        ScriptedLink outbound = node.Dial(1);
        List<ScriptedLink> inbound = [.. Enumerable.Range(2, 20).Select(i => node.Accept(i))];
        node.Pass(21 * 60);
        Assert.That(inbound.Count(link => !link.IsConnected), Is.EqualTo(expected));
        Assert.That(outbound.IsConnected);
    }

    [Test]
    public void Connections_that_stall_and_go_on_meanwhile_are_chosen_all_the_same([Range(0, 49)] int seed)
    {
        var random = new Random(seed);
        List<ScriptedLink> links = Accept(60);
        foreach (ScriptedLink link in links)
        {
            link.StalledNow = () => TimeSpan.FromSeconds(random.Next(2) * 60);
        }

        _node.Pass(s_age.TotalSeconds + 10);
        List<IPeerConnection> chosen = Chosen(links, excess: 40);
        Assert.That(chosen.Distinct().ToList(), Has.Count.EqualTo(40));
        int[] ages = [.. chosen.Select(link => links.IndexOf((ScriptedLink)link))];
        int steps = Enumerable.Range(1, 39).Count(i => ages[i] < ages[i - 1]);
        Assert.That(steps, Is.LessThanOrEqualTo(1), "the stalled by age, then the idle by age");
    }

    private List<ScriptedLink> Accept(int count)
    {
        List<ScriptedLink> links = [];
        for (int i = 1; i <= count; i++)
        {
            links.Add(_node.Accept(i));
            _node.Pass(0.1);
        }

        return links;
    }

    private List<IPeerConnection> Chosen(List<ScriptedLink> links, int excess)
    {
        // In another order than that of their ages.
        List<PoolEntry> entries = [.. links.AsEnumerable().Reverse().Select(link => new PoolEntry(link.Peer) { Connection = link })];
        Reaper.KeepThoseToClose(entries, excess, Now, s_age);
        return [.. entries.Select(entry => entry.Connection!)];
    }
}
