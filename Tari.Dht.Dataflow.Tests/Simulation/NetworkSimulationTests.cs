using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Networks of many nodes, with chances from a seed and applications that pass messages on.</summary>
[TestFixture]
internal sealed class NetworkSimulationTests
{
    [Test]
    public void What_one_node_propagates_reaches_all_once([Values(10, 30)] int count, [ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(seed, count, count);
        for (int i = 0; i < 3; i++)
        {
            net.Propagate(net.Nodes[net.Random.Next(count)], [(byte)i]);
            net.RunFor(5);
        }

        AssertEachHas(net.Nodes, 0, 1, 2);
        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void What_is_encrypted_for_a_node_somewhere_is_forwarded_to_it([ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(seed, 30, 30);
        DhtNode from = net.Nodes[0];
        DhtNode to = net.Nodes[15];
        var destination = new NodeDestination(to.Identity.PublicKey);
        net.Send(
            from,
            net.Parameters().Propagate(destination, []).WithDestination(destination).WithEncryption(
                OutboundEncryption.EncryptFor(to.Identity.PublicKey)),
            1,
            [9]);
        net.RunFor(30);
        Assert.That(
            to.Received.Select(message => (message.Origin, message.Parts[1][0])),
            Is.EqualTo([((CommsPublicKey?)from.Identity.PublicKey, (byte)9)]));
        Assert.That(net.Nodes.Sum(node => node.Received.Count), Is.EqualTo(1));
        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void Nodes_that_do_not_know_each_other_find_each_other([Values(10, 30)] int count, [ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(seed, count, count / 2);
        for (int i = 0; i < 5; i++)
        {
            DhtNode asker = net.Nodes[i];
            DhtNode target = net.Nodes[i + (count / 2)];
            Peer found = net.Run(() => asker.Dht.DiscoveryRequester.DiscoverPeerAsync(
                target.Identity.PublicKey, new NodeDestination(target.Identity.PublicKey)).AsTask());
            Assert.That(found.PublicKey, Is.EqualTo(target.Identity.PublicKey));
        }

        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void With_three_messages_of_ten_lost_most_nodes_get_what_is_propagated([ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(
            seed,
            30,
            60,
            new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(30), Loss = 0.3 });
        for (int i = 0; i < 10; i++)
        {
            net.Propagate(net.Nodes[i], [(byte)i]);
            net.RunFor(5);
        }

        Assert.That(net.Trace.Count(entry => entry.Kind == MemoryTraceKind.Lost), Is.Positive);
        Assert.That(
            net.Nodes.Sum(node => node.Received.Select(message => message.Parts[1][0]).Distinct().Count()),
            Is.GreaterThan(10 * 30 * 8 / 10));
        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void A_parted_network_delivers_in_each_part_and_everywhere_when_it_is_whole_again([ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(seed, 10, 0);
        DhtNode[] left = [.. net.Nodes.Take(5)];
        DhtNode[] right = [.. net.Nodes.Skip(5)];
        net.Network.Partition([.. left.Select(node => node.Id)]);
        net.RunFor(60);
        net.Propagate(left[2], [1]);
        net.Propagate(right[2], [2]);
        net.RunFor(10);
        AssertEachHas(left, 1);
        AssertEachHas(right, 2);

        net.Network.Heal();
        net.Connect(left[4], right[0]);
        net.Propagate(left[0], [3]);
        net.RunFor(10);
        AssertEachHas(left, 1, 3);
        AssertEachHas(right, 2, 3);
        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void Nodes_that_crash_and_come_back_do_not_keep_the_others_from_delivering([ValueSource(nameof(Seeds))] int seed)
    {
        using DhtNetwork net = Ring(seed, 30, 60);
        for (int round = 0; round < 4; round++)
        {
            DhtNode[] gone = [net.Nodes[round], net.Nodes[round + 10], net.Nodes[round + 20]];
            foreach (DhtNode node in gone)
            {
                net.Crash(node);
            }

            // Some messages go out before the crash is noticed, and to nodes that are gone.
            byte first = (byte)(2 * round);
            net.Propagate(net.Nodes[5], [first]);
            net.RunFor(60);
            foreach (DhtNode node in gone)
            {
                net.Restart(node);
                net.Connect(node, net.Nodes[(round + 7) % 30]);
                net.Connect(net.Nodes[(round + 15) % 30], node);
            }

            net.Propagate(net.Nodes[6], [(byte)(first + 1)]);
            net.RunFor(10);
            foreach (DhtNode node in net.Nodes)
            {
                IEnumerable<byte> numbers = node.Received.Select(message => message.Parts[1][0]);
                Assert.That(
                    numbers.Count(number => number == first),
                    Is.EqualTo(gone.Contains(node) || node.Sent.Contains(first) ? 0 : 1),
                    $"{node}, message {first}");
                Assert.That(
                    numbers.Count(number => number == first + 1),
                    Is.EqualTo(node.Sent.Contains((byte)(first + 1)) ? 0 : 1),
                    $"{node}, message {first + 1}");
            }
        }

        Assert.That(net.Bans, Is.Empty);
        net.Finish();
    }

    [Test]
    public void The_same_seed_gives_the_same_events_and_another_seed_others()
    {
        (List<MemoryTraceEntry> first, List<string> received) = Run(7);
        (List<MemoryTraceEntry> second, List<string> again) = Run(7);
        (List<MemoryTraceEntry> other, _) = Run(8);
        Assert.That(second, Is.EqualTo(first));
        Assert.That(again, Is.EqualTo(received));
        Assert.That(other, Is.Not.EqualTo(first));

        static (List<MemoryTraceEntry> Trace, List<string> Received) Run(int seed)
        {
            using DhtNetwork net = Ring(
                seed,
                10,
                10,
                new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(5), Jitter = TimeSpan.FromMilliseconds(50), Loss = 0.1 });
            for (byte i = 0; i < 10; i++)
            {
                net.Propagate(net.Nodes[i], [i]);
                net.RunFor(0.05);
            }

            DhtNode target = net.Nodes[5];
            string outcome = net.Run(async () =>
            {
                try
                {
                    return (await net.Nodes[0].Dht.DiscoveryRequester.DiscoverPeerAsync(
                        target.Identity.PublicKey, new NodeDestination(target.Identity.PublicKey))).NodeId.ToString();
                }
                catch (DhtDiscoveryException error)
                {
                    return error.Error.ToString();
                }
            });
            net.RunFor(60);
            List<MemoryTraceEntry> trace = [.. net.Trace];
            List<string> received =
            [
                outcome,
                .. from node in net.Nodes
                   from message in node.Received
                   select $"{node} {message.At} {net.NameOf(message.Source)} {message.Tag} {message.Parts[1][0]}",
            ];
            net.Finish();
            return (trace, received);
        }
    }

    private static IEnumerable<int> Seeds() => LongRun.Seeds(1, 2);

    private static DhtNetwork Ring(int seed, int count, int chords, MemoryLinkOptions? link = null)
    {
        var net = new DhtNetwork(seed, link);
        for (int i = 0; i < count; i++)
        {
            net.AddNode().Relays = true;
        }

        net.ConnectRing(net.Nodes, chords);
        return net;
    }

    /// <summary>Each node but the sender of a message has it, once.</summary>
    private static void AssertEachHas(IReadOnlyList<DhtNode> nodes, params byte[] numbers) => Assert.Multiple(() =>
    {
        foreach (DhtNode node in nodes)
        {
            Assert.That(node.Received.Select(message => message.Parts[1][0]), Is.EquivalentTo(numbers.Except(node.Sent)), $"{node}");
        }
    });
}
