using System.Text;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
internal sealed class MultiaddrPropertyTests
{
    private const int AddressesPerSeed = 5_000;
    private const int MutationsPerSeed = 25_000;

    private static IEnumerable<int> Seeds() => LongRun.Seeds(first: 1, count: 4);

    [TestCaseSource(nameof(Seeds))]
    public void Random_components_are_read_back_as_they_were_written(int seed)
    {
        var generator = new MultiaddrGenerator(seed);
        int readingBack = 0;
        for (int i = 0; i < AddressesPerSeed; i++)
        {
            (byte[] bytes, List<(MultiaddrProtocol Protocol, byte[] Value)> components) = generator.Next();
            Assert.That(Multiaddr.TryFromBytes(bytes, out Multiaddr address), Is.EqualTo(MultiaddrError.None));
            Assert.That(address.Bytes.ToArray(), Is.EqualTo(bytes));
            int at = 0;
            foreach (MultiaddrComponent component in address)
            {
                Assert.That(component.Protocol, Is.EqualTo(components[at].Protocol));
                Assert.That(component.Value.ToArray(), Is.EqualTo(components[at].Value));
                at++;
            }

            Assert.That(at, Is.EqualTo(components.Count));
            AssertReadsBackAsItSays(address);
            readingBack += address.TextReadsBack ? 1 : 0;
        }

        Assert.That(readingBack, Is.InRange(AddressesPerSeed / 5, AddressesPerSeed - 1), "both outcomes are met");
    }

    [TestCaseSource(nameof(Seeds))]
    public void Mutated_bytes_are_refused_or_kept_as_they_are(int seed)
    {
        var generator = new MultiaddrGenerator(seed);
        int accepted = 0;
        for (int i = 0; i < MutationsPerSeed; i++)
        {
            byte[] bytes = Mutate(generator.Random, generator.Next().Bytes);
            if (Multiaddr.TryFromBytes(bytes, out Multiaddr address) != MultiaddrError.None)
            {
                Assert.That(address.IsEmpty);
                continue;
            }

            accepted++;
            Assert.That(address.Bytes.SequenceEqual(bytes));
            AssertReadsBackAsItSays(address);
            AssertRulesAnswer(address);
        }

        Assert.That(accepted, Is.InRange(1, MutationsPerSeed - 1), "both outcomes are met");
    }

    [TestCaseSource(nameof(Seeds))]
    public void Mutated_text_is_refused_or_read_into_an_address_whose_text_reads_back(int seed)
    {
        var generator = new MultiaddrGenerator(seed);
        int accepted = 0;
        for (int i = 0; i < MutationsPerSeed; i++)
        {
            string text = Multiaddr.FromBytes(generator.Next().Bytes).ToString();
            byte[] utf8 = Mutate(generator.Random, Encoding.UTF8.GetBytes(text));
            MultiaddrError error = Multiaddr.TryParse(utf8, out Multiaddr address);
            if (error != MultiaddrError.None)
            {
                Assert.That(address.IsEmpty);
                continue;
            }

            accepted++;
            Assert.That(Multiaddr.TryParse(Encoding.UTF8.GetString(utf8), out Multiaddr fromCharacters), Is.EqualTo(MultiaddrError.None));
            Assert.That(fromCharacters, Is.EqualTo(address));
            Assert.That(Multiaddr.TryFromBytes(address.Bytes, out _), Is.EqualTo(MultiaddrError.None));
            Assert.That(address.TextReadsBack, text);
            AssertReadsBackAsItSays(address);
        }

        Assert.That(accepted, Is.InRange(1, MutationsPerSeed - 1), "both outcomes are met");
    }

    private static void AssertReadsBackAsItSays(Multiaddr address)
    {
        string text = address.ToString();
        bool readsBack = Multiaddr.TryParse(text, out Multiaddr again) == MultiaddrError.None && again == address;
        Assert.That(address.TextReadsBack, Is.EqualTo(readsBack), () => $"{Convert.ToHexStringLower(address.Bytes)} {text}");
    }

    private static void AssertRulesAnswer(Multiaddr address)
    {
        string group = address.NetworkGroup();
        Assert.That(group.Length == 0, Is.EqualTo(address.IsEmpty));
        Assert.That(address.IsExternal() || address.IsEmpty || group.StartsWith("other:", StringComparison.Ordinal));
        Assert.That(address.FilterKind(), Is.EqualTo(FilterKindByText(address.ToString())));
        Assert.That(address.DialKind(), Is.AnyOf(TransportKinds.Ipv4, TransportKinds.Ipv6, TransportKinds.Onion, TransportKinds.Memory));
        Assert.That(DialAddressRange.FromAddress(address).Contains(address));
    }

    private static TransportKinds FilterKindByText(string text) =>
        text.StartsWith("/ip4", StringComparison.Ordinal) ? TransportKinds.Ipv4
        : text.StartsWith("/ip6", StringComparison.Ordinal) ? TransportKinds.Ipv6
        : text.StartsWith("/onion", StringComparison.Ordinal) ? TransportKinds.Onion
        : text.StartsWith("/memory", StringComparison.Ordinal) ? TransportKinds.Memory
        : TransportKinds.None;

    private static byte[] Mutate(Random random, byte[] original)
    {
        List<byte> bytes = [.. original];
        for (int count = random.Next(1, 4); count > 0; count--)
        {
            int at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes.RemoveAt(at);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4:
                    bytes.Insert(at, "/.:%0+"u8.ToArray()[random.Next(6)]);
                    break;
                default:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(bytes.Count - at + 1)));
                    break;
            }
        }

        return [.. bytes];
    }
}
