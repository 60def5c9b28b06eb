using Tari.Dht.Dataflow.Discovery.Rpc;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

public sealed class DhtRpcClientOptionsTests
{
    [Test]
    public void The_defaults_are_the_references_and_valid()
    {
        var options = new DhtRpcClientOptions();
        Assert.That(options.Validate, Throws.Nothing);
        Assert.That(
            (options.HandshakeTimeout, options.RequestDeadline, options.RequestGrace),
            Is.EqualTo((TimeSpan.FromSeconds(90), TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(60))));
    }

    [TestCase(0, 120, 60, "HandshakeTimeout")]
    [TestCase(-1, 120, 60, "HandshakeTimeout")]
    [TestCase(90, 0.999, 60, "RequestDeadline")]
    [TestCase(90, 120, -0.001, "RequestGrace")]
    [TestCase(5e6, 120, 60, "HandshakeTimeout")]
    [TestCase(90, 5e6, 60, "RequestDeadline")]
    [TestCase(90, 120, 5e6, "RequestGrace")]
    [TestCase(0.001, 1, 0, null)]
    public void Validate_ATimeOutOfItsRange_IsNamed(double handshake, double deadline, double grace, string? wrong)
    {
        var options = new DhtRpcClientOptions
        {
            HandshakeTimeout = TimeSpan.FromSeconds(handshake),
            RequestDeadline = TimeSpan.FromSeconds(deadline),
            RequestGrace = TimeSpan.FromSeconds(grace),
        };
        Assert.That(
            options.Validate,
            wrong is null ? Throws.Nothing : Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(wrong));
    }
}
