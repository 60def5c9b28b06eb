using Tari.Dht.Dataflow.Comms.Connectivity;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity;

internal sealed class ConnectivityConfigTests
{
    private static IEnumerable<TestCaseData> Mistakes()
    {
        var good = new ConnectivityConfig();
        TimeSpan negative = TimeSpan.FromTicks(-1);
        yield return Case(nameof(good.MinConnectivity), good with { MinConnectivity = -1 });
        yield return Case(nameof(good.ConnectionPoolRefreshInterval), good with { ConnectionPoolRefreshInterval = TimeSpan.Zero });
        yield return Case(nameof(good.ConnectionPoolRefreshInterval), good with { ConnectionPoolRefreshInterval = TimeSpan.FromDays(50) });
        yield return Case(nameof(good.ReaperMinConnectionThreshold), good with { ReaperMinConnectionThreshold = -1 });
        yield return Case(nameof(good.ReaperInboundSoftLimit), good with { ReaperInboundSoftLimit = -1 });
        yield return Case(nameof(good.ReaperMinInactiveAge), good with { ReaperMinInactiveAge = negative });
        yield return Case(nameof(good.MaintainNClosestConnectionsOnly), good with { MaintainNClosestConnectionsOnly = -1 });
        yield return Case(nameof(good.ExpirePeerLastSeenDuration), good with { ExpirePeerLastSeenDuration = negative });
        yield return Case(nameof(good.ProactiveDialingFloor), good with { ProactiveDialingFloor = -1 });
        yield return Case(nameof(good.DialingMultiplier), good with { DialingMultiplier = double.NaN });
        yield return Case(nameof(good.DialingMultiplier), good with { DialingMultiplier = -0.1 });
        yield return Case(nameof(good.SuccessRateTrackingWindow), good with { SuccessRateTrackingWindow = TimeSpan.Zero });
        yield return Case(nameof(good.CircuitBreakerFailureThreshold), good with { CircuitBreakerFailureThreshold = 0 });
        yield return Case(nameof(good.CircuitBreakerRetryInterval), good with { CircuitBreakerRetryInterval = negative });
        yield return Case(nameof(good.MaxSeedPeerAge), good with { MaxSeedPeerAge = negative });

        static TestCaseData Case(string name, ConnectivityConfig config) => new TestCaseData(config, name).SetArgDisplayNames(name);
    }

    [Test]
    public void The_defaults_are_valid_and_those_of_the_reference()
    {
        var config = new ConnectivityConfig();
        Assert.That(config.Validate, Throws.Nothing);
        Assert.That(config, Is.EqualTo(new ConnectivityConfig
        {
            MinConnectivity = 1,
            ConnectionPoolRefreshInterval = TimeSpan.FromMinutes(1),
            IsConnectionReapingEnabled = true,
            ReaperMinConnectionThreshold = 50,
            ReaperInboundSoftLimit = 400,
            ReaperMinInactiveAge = TimeSpan.FromMinutes(20),
            MaintainNClosestConnectionsOnly = null,
            ExpirePeerLastSeenDuration = TimeSpan.FromHours(24),
            ProactiveDialingEnabled = true,
            ProactiveDialingFloor = 8,
            DialingMultiplier = 2.5,
            SuccessRateTrackingWindow = TimeSpan.FromMinutes(5),
            CircuitBreakerFailureThreshold = 3,
            CircuitBreakerRetryInterval = TimeSpan.FromMinutes(2),
            MaxSeedPeerAge = TimeSpan.FromMinutes(15),
        }));
    }

    [TestCaseSource(nameof(Mistakes))]
    public void A_setting_out_of_its_range_is_named(ConnectivityConfig config, string name) =>
        Assert.That(config.Validate, Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(name));
}
