using System.Globalization;
using System.Net;
using System.Text;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
internal sealed class MultiaddrTests
{
    private const string Onion3 = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234";
    private const string PeerId = "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N";

    [TestCase("/ip4/23.23.23.23/tcp/18189", "041717171706470d")]
    [TestCase("/ip4/127.0.0.1/tcp/9000", "047f000001062328")]
    [TestCase("/ip6/2606:4700:4700::1111/tcp/18189", "292606470047000000000000000000111106470d")]
    [TestCase("/dns4/node.example.com/tcp/18189", "36106e6f64652e6578616d706c652e636f6d06470d")]
    [TestCase(Onion3, "bd03adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139ed7e30304d2")]
    [TestCase("/memory/1234", "890600000000000004d2")]
    [TestCase("/onion/aaimaq4ygg2iegci:1234", "bc030010c0439831b482184804d2")]
    [TestCase("/ip4/127.0.0.1/udt/sctp/5678", "047f000001ad028401162e")]
    public void The_worked_examples_read_and_print(string text, string hex)
    {
        Multiaddr address = Multiaddr.Parse(text);
        Assert.That(Convert.ToHexStringLower(address.Bytes), Is.EqualTo(hex));
        Assert.That(address.ToString(), Is.EqualTo(text));
        Assert.That(Multiaddr.FromBytes(Convert.FromHexString(hex)), Is.EqualTo(address));
    }

    [Test]
    public void Components_of_ip4_and_tcp_come_in_order_and_then_end()
    {
        MultiaddrEnumerator components = Multiaddr.Parse("/ip4/1.2.3.4/tcp/80").GetEnumerator();
        Assert.That(components.MoveNext());
        Assert.That(components.Current.Name, Is.EqualTo("ip4"));
        Assert.That(components.Current.ToIPAddress(), Is.EqualTo(IPAddress.Parse("1.2.3.4")));
        Assert.That(components.MoveNext());
        Assert.That(components.Current.Protocol, Is.EqualTo(MultiaddrProtocol.Tcp));
        Assert.That(components.Current.Port, Is.EqualTo(80));
        Assert.That(components.MoveNext(), Is.False);
        Assert.That(components.MoveNext(), Is.False);
    }

    [Test]
    public void A_component_asked_for_what_it_has_not_throws()
    {
        static void Ask(string text, Action<MultiaddrComponentReader> question) =>
            Assert.That(() => question(new MultiaddrComponentReader(Multiaddr.Parse(text))), Throws.InvalidOperationException);

        Ask("/ip4/1.2.3.4", reader => _ = reader.First().Port);
        Ask("/tcp/1", reader => _ = reader.First().MemoryPort);
        Ask("/tcp/1", reader => _ = reader.First().ToIPAddress());
        Ask("/tcp/1", reader => _ = reader.First().ToText());
    }

    [Test]
    public void Memory_onion_and_names_give_their_values()
    {
        Assert.That(new MultiaddrComponentReader(Multiaddr.Parse("/memory/77")).First().MemoryPort, Is.EqualTo(77));
        Assert.That(new MultiaddrComponentReader(Multiaddr.Parse(Onion3)).First().Port, Is.EqualTo(1234));
        Assert.That(new MultiaddrComponentReader(Multiaddr.Parse("/dnsaddr/ü.example")).First().ToText(), Is.EqualTo("ü.example"));
    }

    [Test]
    public void The_empty_address_is_the_default()
    {
        Assert.That(Multiaddr.TryParse("", out Multiaddr parsed), Is.EqualTo(MultiaddrError.None));
        Assert.That(parsed, Is.EqualTo(Multiaddr.Empty));
        Assert.That(parsed.GetHashCode(), Is.EqualTo(Multiaddr.Empty.GetHashCode()));
        Assert.That(parsed.IsEmpty);
        Assert.That(parsed.TextReadsBack);
        Assert.That(parsed.ToString(), Is.Empty);
        Assert.That(parsed.TryGetFirst(out _), Is.False);
    }

    [TestCase("ip4/1.2.3.4", MultiaddrError.InvalidMultiaddr)]
    [TestCase("/", MultiaddrError.UnknownProtocolString)]
    [TestCase("/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1:2", MultiaddrError.InvalidMultiaddr)]
    [TestCase("/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:x:2", MultiaddrError.ParsingError)]
    [TestCase("/onion/aaaaaaaaaa======:1", MultiaddrError.InvalidMultiaddr)]
    [TestCase("/tcp/+", MultiaddrError.ParsingError)]
    [TestCase("/tcp/65536", MultiaddrError.ParsingError)]
    [TestCase("/ipcidr/256", MultiaddrError.ParsingError)]
    [TestCase("/ip6/1.2.3.4::", MultiaddrError.ParsingError)]
    [TestCase("/ip6/1:2:3:4:5:6:7:8:9", MultiaddrError.ParsingError)]
    [TestCase("/ip6/1:2:3:4:5:6:7:8::", MultiaddrError.ParsingError)]
    [TestCase("/ip6/1::2::3", MultiaddrError.ParsingError)]
    [TestCase("/ip6/::12345", MultiaddrError.ParsingError)]
    [TestCase("/ip6/:1", MultiaddrError.ParsingError)]
    [TestCase("/ip6/1:", MultiaddrError.ParsingError)]
    [TestCase("/ip6/[::1]", MultiaddrError.ParsingError)]
    [TestCase("/ip4/01.2.3.4", MultiaddrError.ParsingError)]
    [TestCase("/ip4/1.2.3.0004", MultiaddrError.ParsingError)]
    [TestCase("/p2p/0OIl", MultiaddrError.ParsingError)]
    [TestCase("/p2p/", MultiaddrError.ParsingError)]
    [TestCase("/p2p", MultiaddrError.InvalidProtocolString)]
    [TestCase("/certhash/?", MultiaddrError.ParsingError)]
    [TestCase("/garlic64/abc", MultiaddrError.InvalidProtocolString)]
    [TestCase("/x-parity-ws/%ff", MultiaddrError.ParsingError)]
    public void Text_that_is_none_has_a_typed_error(string text, MultiaddrError error)
    {
        Assert.That(Multiaddr.TryParse(text, out Multiaddr address), Is.EqualTo(error));
        Assert.That(address.IsEmpty);
    }

    // Not an argument of a test: the compiler would write another character.
    [Test]
    public void Text_with_half_of_a_surrogate_pair_is_refused()
    {
        Assert.That(Multiaddr.TryParse("/dns4/\ud800", out _), Is.EqualTo(MultiaddrError.ParsingError));
        byte[] utf8 = [.. "/dns4/"u8, 0xFF];
        Assert.That(Multiaddr.TryParse(utf8, out _), Is.EqualTo(MultiaddrError.ParsingError));
    }

    [TestCase("/ip6/1:2:3:4:5:6:7::", "/ip6/1:2:3:4:5:6:7:0")]
    [TestCase("/ip6/::2:3:4:5:6:7:8", "/ip6/0:2:3:4:5:6:7:8")]
    [TestCase("/ip6/1:2:3:4:5:6:1.2.3.4", "/ip6/1:2:3:4:5:6:102:304")]
    [TestCase("/ip6/1::ABCD", "/ip6/1::abcd")]
    [TestCase("/ip6/1:0:0:2:0:0:3:4", "/ip6/1::2:0:0:3:4")]
    [TestCase("/tcp/000000000000000000000000000000080", "/tcp/80")]
    [TestCase("/ipfs/" + PeerId, "/p2p/" + PeerId)]
    [TestCase("/x-parity-ws/%2f", "/ws")]
    [TestCase("/x-parity-wss/%2F", "/wss")]
    [TestCase("/x-parity-ws/a%2Fb c%zz%", "/x-parity-ws/a%2Fb%20c%25zz%25")]
    [TestCase("/x-parity-ws/ü", "/x-parity-ws/%C3%BC")]
    public void Text_in_another_form_is_printed_in_the_canonical_one(string text, string canonical) =>
        Assert.That(Multiaddr.Parse(text).ToString(), Is.EqualTo(canonical));

    // Fifth byte of the code: only its lowest four bits belong to a code of 32 bits.
    [Test]
    public void A_code_with_bits_beyond_the_32nd_is_kept_distinct_and_does_not_read_back()
    {
        byte[] odd = [0x86, 0x80, 0x80, 0x80, 0x70, 0x00, 0x50];
        Multiaddr address = Multiaddr.FromBytes(odd);
        Assert.That(address.ToString(), Is.EqualTo("/tcp/80"));
        Assert.That(address, Is.Not.EqualTo(Multiaddr.Parse("/tcp/80")));
        Assert.That(address.TextReadsBack, Is.False);
    }

    [TestCase("868080808000", MultiaddrError.InvalidUvar, TestName = "A code of six bytes is refused")]
    [TestCase("3681808080808080808080010061", MultiaddrError.InvalidUvar, TestName = "A length of eleven bytes is refused")]
    [TestCase("36ffffffffffffffffff01", MultiaddrError.DataLessThanLen, TestName = "A length of 64 bits is more than there is")]
    [TestCase("36", MultiaddrError.InvalidUvar, TestName = "A length that is missing is refused")]
    [TestCase("a503021201", MultiaddrError.ParsingError, TestName = "A hash cut short is refused")]
    [TestCase("a503031201", MultiaddrError.DataLessThanLen, TestName = "A hash that the bytes end in is refused")]
    [TestCase("a5030412010000", MultiaddrError.ParsingError, TestName = "A hash with a byte to spare is refused")]
    [TestCase("a50303130100", MultiaddrError.ParsingError, TestName = "A peer id of another hash function is refused")]
    public void Bytes_that_are_none_have_a_typed_error(string hex, MultiaddrError error)
    {
        Assert.That(Multiaddr.TryFromBytes(Convert.FromHexString(hex), out Multiaddr address), Is.EqualTo(error));
        Assert.That(address.IsEmpty);
    }

    [TestCase(42, MultiaddrError.None)]
    [TestCase(43, MultiaddrError.ParsingError)]
    public void An_identity_peer_id_has_42_bytes_at_most(int length, MultiaddrError error)
    {
        byte[] bytes = [0xA5, 0x03, (byte)(length + 2), 0x00, (byte)length, .. new byte[length]];
        Assert.That(Multiaddr.TryFromBytes(bytes, out _), Is.EqualTo(error));
    }

    [TestCase(64, MultiaddrError.None)]
    [TestCase(65, MultiaddrError.ParsingError)]
    public void A_hash_has_64_bytes_at_most(int length, MultiaddrError error)
    {
        byte[] bytes = [0xD2, 0x03, (byte)(length + 2), 0x13, (byte)length, .. new byte[length]];
        Assert.That(Multiaddr.TryFromBytes(bytes, out _), Is.EqualTo(error));
    }

    [Test]
    public void A_large_address_is_read_and_printed()
    {
        string text = "/dns4/" + new string('a', 1_000_000) + string.Concat(Enumerable.Repeat("/ip6/::/tcp/1", 20_000));
        Multiaddr address = Multiaddr.Parse(text);
        Assert.That(address.Bytes.Length, Is.EqualTo(1 + 3 + 1_000_000 + (20_000 * 20)));
        Assert.That(address.ToString(), Is.EqualTo(text));
        Assert.That(Multiaddr.FromBytes(address.Bytes), Is.EqualTo(address));
    }

    [Test]
    public void A_large_peer_id_is_refused() =>
        Assert.That(Multiaddr.TryParse("/p2p/" + new string('z', 1_000_000), out _), Is.EqualTo(MultiaddrError.ParsingError));

    [Test]
    public void Factories_make_the_common_shapes()
    {
        Assert.That(Multiaddr.FromIp(IPAddress.Parse("1.2.3.4"), 5).ToString(), Is.EqualTo("/ip4/1.2.3.4/tcp/5"));
        Assert.That(Multiaddr.FromIp(IPAddress.Parse("fe80::1%3"), 5).ToString(), Is.EqualTo("/ip6/fe80::1/tcp/5"));
        Assert.That(Multiaddr.FromEndPoint(new IPEndPoint(IPAddress.IPv6Loopback, 65535)).ToString(), Is.EqualTo("/ip6/::1/tcp/65535"));
        Assert.That(Multiaddr.FromDns4("ü.example", 80).ToString(), Is.EqualTo("/dns4/ü.example/tcp/80"));
        Assert.That(Multiaddr.FromMemoryPort(ulong.MaxValue).ToString(), Is.EqualTo("/memory/18446744073709551615"));
        byte[] key = Convert.FromHexString("adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139e");
        Assert.That(Multiaddr.FromOnion3(key, 1234).ToString(), Is.EqualTo(Onion3));
    }

    [Test]
    public void Factories_refuse_what_has_no_address()
    {
        Assert.That(() => Multiaddr.FromDns4("\ud800", 1), Throws.ArgumentException);
        Assert.That(() => Multiaddr.FromOnion3(new byte[31], 1), Throws.ArgumentException);
        Assert.That(() => Multiaddr.FromOnion3(new byte[32], 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => Multiaddr.FromIp(null!, 1), Throws.ArgumentNullException);
        Assert.That(
            () => Multiaddr.Parse("x"),
            Throws.InstanceOf<MultiaddrException>().With.Property("Error").EqualTo(MultiaddrError.InvalidMultiaddr));
        Assert.That(
            () => Multiaddr.FromBytes([0]),
            Throws.InstanceOf<MultiaddrException>().With.Property("Error").EqualTo(MultiaddrError.UnknownProtocolId));
    }

    [Test]
    public void Text_is_written_into_room_that_is_just_enough_and_not_into_less()
    {
        Multiaddr address = Multiaddr.Parse("/dns4/ü.example/tcp/80");
        string text = address.ToString();
        int utf8Length = Encoding.UTF8.GetByteCount(text);
        char[] characters = new char[text.Length];
        byte[] utf8 = new byte[utf8Length];
        Assert.That(address.TryFormat(characters, out int written) && written == text.Length && new string(characters) == text);
        Assert.That(address.TryFormat(utf8, out written) && written == utf8Length && Encoding.UTF8.GetString(utf8) == text);
        Assert.That(address.TryFormat(characters.AsSpan(1), out written) || written != 0, Is.False);
        Assert.That(address.TryFormat(utf8.AsSpan(1), out written) || written != 0, Is.False);
        Assert.That(string.Create(CultureInfo.InvariantCulture, $"<{address}>"), Is.EqualTo($"<{text}>"));
    }

    // Peers choose addresses: their hashes must not be known outside of this process.
    [Test]
    public void The_hash_is_the_platforms_which_has_a_seed_for_each_process()
    {
        foreach (string text in new[] { "/tcp/1", "/ip4/1.2.3.4/tcp/80", Onion3 })
        {
            Multiaddr address = Multiaddr.Parse(text);
            HashCode seeded = default;
            seeded.AddBytes(address.Bytes);
            Assert.That(address.GetHashCode(), Is.EqualTo(seeded.ToHashCode()), text);
        }
    }

    [Test]
    public void Generic_parsing_answers_alike()
    {
        static bool TryParse<T>(string? text, out T? value)
            where T : IParsable<T> => T.TryParse(text, null, out value);

        static bool TryParseSpan<T>(ReadOnlySpan<char> text, out T? value)
            where T : ISpanParsable<T> => T.TryParse(text, null, out value);

        static T Parse<T>(string text)
            where T : IParsable<T> => T.Parse(text, null);

        Assert.That(TryParse("/tcp/1", out Multiaddr address) && address == Parse<Multiaddr>("/tcp/1"));
        Assert.That(TryParseSpan("/tcp/1", out Multiaddr fromSpan) && fromSpan == address);
        Assert.That(TryParseSpan<Multiaddr>("tcp", out _), Is.False);
        Assert.That(TryParse<Multiaddr>("tcp", out _), Is.False);
        Assert.That(TryParse<Multiaddr>(null, out _), Is.False);
        Assert.That(() => Parse<Multiaddr>("tcp"), Throws.InstanceOf<FormatException>());
    }

    [TestCase("/ip4/1.2.3.4/tcp/80")]
    [TestCase("/ip6/2606:4700:4700::1111/tcp/18189")]
    [TestCase("/dns4/Node.Example.com./tcp/18189")]
    [TestCase(Onion3)]
    [TestCase("/ip4/1.2.3.4/tcp/80/p2p/" + PeerId)]
    public void Walking_judging_and_comparing_allocate_nothing(string text)
    {
        Multiaddr address = Multiaddr.Parse(text);
        Multiaddr same = Multiaddr.FromBytes(address.Bytes);
        DialAddressRange range = DialAddressRange.Parse("/ip4/23.23.*.*/tcp/*");
        int sum = 0;
        long allocated = AllocationProbe.BytesOf(() =>
        {
            foreach (MultiaddrComponent component in address)
            {
                sum += component.Name.Length + component.Value.Length;
            }

            sum += address.IsExternal() ? 1 : 0;
            sum += address.TextReadsBack ? 1 : 0;
            sum += (int)address.DialKind() + (int)address.FilterKind();
            sum += address == same && address.GetHashCode() == same.GetHashCode() ? 1 : 0;
            sum += range.Contains(address) ? 1 : 0;
        });
        Assert.That(allocated, Is.Zero);
        Assert.That(sum, Is.Positive);
    }

    // Lets a lambda reach a component, which no lambda may capture.
    private sealed class MultiaddrComponentReader(Multiaddr address)
    {
        public MultiaddrComponent First() =>
            address.TryGetFirst(out MultiaddrComponent component) ? component : throw new ArgumentException("The address is empty.");
    }
}
