namespace Tari.Dht.Dataflow.Samples.MemoryNet.Drawing;

/// <summary>A place in a picture, from its middle; y goes down.</summary>
internal readonly record struct Point(double X, double Y)
{
    /// <summary>A place on a circle around the middle.</summary>
    /// <param name="radius">The circle's.</param>
    /// <param name="turn">How far around, 0 (the top) to 1.</param>
    public static Point OnCircle(double radius, double turn) =>
        new(radius * Math.Sin(turn * Math.Tau), -radius * Math.Cos(turn * Math.Tau));
}
