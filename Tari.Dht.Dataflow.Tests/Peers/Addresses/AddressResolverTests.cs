using System.Net;
using System.Net.Sockets;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[TestFixture]
internal sealed class AddressResolverTests
{
    // Scenario 105.
    [TestCase("/ip4/254.0.1.2/tcp/1234", "254.0.1.2:1234")]
    [TestCase("/ip6/::1/tcp/1234", "[::1]:1234")]
    [TestCase("/dns4/known.example/tcp/1234", "127.0.0.1:1234")]
    [TestCase("/dns/known.example/tcp/1234", "127.0.0.1:1234")]
    public async Task An_address_of_ip_or_a_name_with_a_port_leads_to_a_socket_address(string text, string endPoint)
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.Parse(text), KnownExample);
        Assert.That(resolution, Is.EqualTo(new AddressResolution(AddressResolutionError.None, IPEndPoint.Parse(endPoint))));
    }

    // Scenario 105; the system's resolver knows this name without a network.
    [Test]
    public async Task The_name_localhost_leads_to_this_machine()
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.Parse("/dns4/localhost/tcp/1234"));
        Assert.That(resolution.Error, Is.EqualTo(AddressResolutionError.None));
        Assert.That(IPAddress.IsLoopback(resolution.EndPoint!.Address));
        Assert.That(resolution.EndPoint.Port, Is.EqualTo(1234));
    }

    // Scenario 105.
    [TestCase("/ip4/1.2.3.4/tcp/1/http")]
    [TestCase("/ip4/1.2.3.4/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [TestCase("/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N")]
    [TestCase("/ip4/1.2.3.4")]
    [TestCase("/ip4/1.2.3.4/udp/1")]
    [TestCase("/dns4/known.example")]
    [TestCase("/dns6/known.example/tcp/1")]
    [TestCase("/dnsaddr/known.example/tcp/1")]
    [TestCase("/tcp/1")]
    [TestCase("/memory/1")]
    [TestCase("")]
    public async Task An_address_of_another_shape_leads_nowhere(string text)
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.Parse(text), KnownExample);
        Assert.That(resolution, Is.EqualTo(new AddressResolution(AddressResolutionError.NotASocketAddress, null)));
    }

    // Scenario 105.
    [TestCase("unknown.example")]
    [TestCase("broken.example")]
    public async Task A_name_that_does_not_resolve_leads_nowhere(string name)
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.FromDns4(name, 1), KnownExample);
        Assert.That(resolution, Is.EqualTo(new AddressResolution(AddressResolutionError.NameNotFound, null)));
    }

    [TestCase("")]
    [TestCase("known.example\0.evil")]
    [TestCase("0.0.0.0")]
    [TestCase("[::1]")]
    [TestCase("[::1]:80")]
    public async Task What_the_platform_would_take_for_something_else_is_not_found(string name)
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.FromDns4(name, 1));
        Assert.That(resolution.Error, Is.EqualTo(AddressResolutionError.NameNotFound));
    }

    [Test]
    public async Task A_name_that_is_too_long_is_not_asked_for()
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(
            Multiaddr.FromDns4(new string('a', 100_000), 1), (_, _) => throw new AssertionException("asked"));
        Assert.That(resolution.Error, Is.EqualTo(AddressResolutionError.NameNotFound));
    }

    [Test]
    public async Task The_system_does_not_throw_for_what_cannot_be_a_name()
    {
        AddressResolution resolution = await AddressResolver.ResolveAsync(Multiaddr.FromDns4(new string('a', 64) + ".invalid", 1));
        Assert.That(resolution.Error, Is.EqualTo(AddressResolutionError.NameNotFound));
    }

    [Test]
    public void A_cancelled_wait_ends_with_cancellation()
    {
        using var cancellation = new CancellationTokenSource();
        ValueTask<AddressResolution> pending = AddressResolver.ResolveAsync(
            Multiaddr.FromDns4("slow.example", 1),
            async (_, token) =>
            {
                await Task.Delay(Timeout.Infinite, token);
                return [];
            },
            cancellation.Token);
        Assert.That(pending.IsCompleted, Is.False);
        cancellation.Cancel();
        Assert.That(async () => await pending, Throws.InstanceOf<OperationCanceledException>());
    }

    // A resolver may report the end of its work by the error of its socket; the name must not be blamed for it.
    [Test]
    public void A_cancelled_wait_that_ends_with_an_error_of_the_socket_is_cancelled_all_the_same()
    {
        using var cancellation = new CancellationTokenSource();
        Assert.That(
            async () => await AddressResolver.ResolveAsync(
                Multiaddr.FromDns4("slow.example", 1),
                (_, _) =>
                {
                    cancellation.Cancel();
                    throw new SocketException((int)SocketError.OperationAborted);
                },
                cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static ValueTask<IPAddress[]> KnownExample(string name, CancellationToken cancellationToken) =>
        name switch
        {
            "known.example" => new([IPAddress.Loopback, IPAddress.IPv6Loopback]),
            "broken.example" => throw new SocketException((int)SocketError.HostNotFound),
            _ => new([]),
        };
}
