using BenchmarkDotNet.Attributes;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Peers;

/// <summary>What reading, writing and judging an address costs.</summary>
[MemoryDiagnoser]
public class MultiaddrBenchmarks
{
    private byte[] _bytes = null!;
    private Multiaddr _address;

    /// <summary>The kinds in use.</summary>
    [Params(
        "/ip4/23.23.23.23/tcp/18189",
        "/ip6/2606:4700:4700::1111/tcp/18189",
        "/dns4/node.example.com/tcp/18189",
        "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234")]
    public string Text { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        _address = Multiaddr.Parse(Text);
        _bytes = _address.Bytes.ToArray();
        if (Format() != Text)
        {
            throw new InvalidOperationException("The text does not read back.");
        }
    }

    [Benchmark(Baseline = true)]
    public Multiaddr FromBytes() => Multiaddr.FromBytes(_bytes);

    [Benchmark]
    public Multiaddr Parse() => Multiaddr.Parse(Text);

    [Benchmark]
    public string Format() => _address.ToString();

    [Benchmark]
    public bool IsExternal() => _address.IsExternal();

    [Benchmark]
    public string NetworkGroup() => _address.NetworkGroup();
}
