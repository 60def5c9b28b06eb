using System.Text;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

/// <summary>Random addresses of every protocol in their binary form, written without the code under test.</summary>
internal sealed class MultiaddrGenerator(int seed)
{
    private static readonly MultiaddrProtocol[] s_protocols = Enum.GetValues<MultiaddrProtocol>();
    private static readonly string[] s_texts =
        ["a", "", "example.com", "Node.Example.COM.", "ü.example", "a%b c", "💥", "/", "x/tcp/1", "\0", "127.0.0.1"];

    public Random Random { get; } = new(seed);

    /// <summary>Up to six components; now and then none.</summary>
    public (byte[] Bytes, List<(MultiaddrProtocol Protocol, byte[] Value)> Components) Next()
    {
        List<byte> bytes = [];
        List<(MultiaddrProtocol Protocol, byte[] Value)> components = [];
        for (int count = Random.Next(7); count > 0; count--)
        {
            MultiaddrProtocol protocol = s_protocols[Random.Next(s_protocols.Length)];
            byte[] value = Value(protocol, out bool isPrefixed);
            AppendVarint(bytes, (ulong)protocol);
            if (isPrefixed)
            {
                AppendVarint(bytes, (ulong)value.Length);
            }

            bytes.AddRange(value);
            components.Add((protocol, value));
        }

        return ([.. bytes], components);
    }

    private byte[] Value(MultiaddrProtocol protocol, out bool isPrefixed)
    {
        isPrefixed = false;
        switch (protocol)
        {
            case MultiaddrProtocol.IpCidr:
                return Bytes(1);
            case MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp or MultiaddrProtocol.Dccp or MultiaddrProtocol.Sctp:
                return Bytes(2);
            case MultiaddrProtocol.Ip4:
                return Bytes(4);
            case MultiaddrProtocol.Memory:
                return Bytes(8);
            case MultiaddrProtocol.Onion:
                return Port(Bytes(12));
            case MultiaddrProtocol.Ip6:
                return Ip6();
            case MultiaddrProtocol.Onion3:
                return Port(Bytes(37));
        }

        isPrefixed = true;
        switch (protocol)
        {
            case MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr
                or MultiaddrProtocol.Ip6Zone or MultiaddrProtocol.Unix or MultiaddrProtocol.Sni
                or MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath:
                return Encoding.UTF8.GetBytes(s_texts[Random.Next(s_texts.Length)]);
            case MultiaddrProtocol.Garlic64:
                return Bytes(Random.Next(380, 470));
            case MultiaddrProtocol.Garlic32:
                return Bytes(Random.Next(28, 40));
            case MultiaddrProtocol.P2p:
                return Random.Next(2) == 0 ? [0x12, 32, .. Bytes(32)] : [0x00, 36, .. Bytes(36)];
            case MultiaddrProtocol.CertHash:
                byte[] digest = Bytes(Random.Next(65));
                List<byte> hash = [];
                AppendVarint(hash, (ulong)Random.NextInt64() >> Random.Next(64));
                return [.. hash, (byte)digest.Length, .. digest];
            default:
                isPrefixed = false;
                return [];
        }
    }

    // Runs of zeros are what its text form is about.
    private byte[] Ip6()
    {
        byte[] address = Bytes(16);
        for (int i = 0; i < 16; i += 2)
        {
            if (Random.Next(2) == 0)
            {
                address.AsSpan(i, 2).Clear();
            }
        }

        if (Random.Next(4) == 0)
        {
            address.AsSpan(0, 10).Clear();
            address.AsSpan(10, 2).Fill((byte)(Random.Next(2) * 0xFF));
        }

        return address;
    }

    // Port 0 is possible, and cannot be written as text.
    private byte[] Port(byte[] value)
    {
        if (Random.Next(4) == 0)
        {
            value.AsSpan(value.Length - 2).Clear();
        }

        return value;
    }

    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    private static void AppendVarint(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
    }
}
