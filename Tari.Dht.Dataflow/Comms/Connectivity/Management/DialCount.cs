namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>How many peers to dial in order to get some connections.</summary>
internal static class DialCount
{
    /// <summary>Dials at once at most.</summary>
    public const int Max = 30;

    private const double LowestRate = 0.1;

    /// <summary>More than needed, the more the fewer dials succeed.</summary>
    /// <param name="needed">Connections that are wanted, 0 or more.</param>
    /// <param name="successRate">The share of dials that succeed; less than a tenth counts as a tenth.</param>
    /// <param name="multiplier">Dials per connection when all succeed.</param>
    public static int Of(int needed, double successRate, double multiplier)
    {
        double wanted = Math.Ceiling(needed * multiplier / Math.Max(successRate, LowestRate));
        return (int)Math.Min(Math.Max(wanted, needed), Max);
    }
}
