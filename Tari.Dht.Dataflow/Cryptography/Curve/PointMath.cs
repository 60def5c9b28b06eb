namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>What is made of the points' formulas.</summary>
internal static class PointMath
{
    /// <summary>2^times · point.</summary>
    /// <param name="point">Any.</param>
    /// <param name="times">At least 1.</param>
    internal static ExtendedPoint DoubleTimes(in ExtendedPoint point, int times)
    {
        var projective = new ProjectivePoint { X = point.X, Y = point.Y, Z = point.Z };
        CompletedPoint.Double(out CompletedPoint doubled, projective);
        for (int i = 1; i < times; i++)
        {
            doubled.ToProjective(out projective);
            CompletedPoint.Double(out doubled, projective);
        }

        doubled.ToExtended(out ExtendedPoint result);
        return result;
    }

    /// <summary>The odd multiples of a point: point, 3·point, 5·point, ...</summary>
    /// <param name="point">Any.</param>
    /// <param name="multiples">As many as are wanted, at least one.</param>
    internal static void FillOddMultiples(in ExtendedPoint point, Span<CachedPoint> multiples)
    {
        ExtendedPoint twice = DoubleTimes(point, 1);
        var cached = new CachedPoint(point);
        multiples[0] = cached;
        for (int i = 1; i < multiples.Length; i++)
        {
            CompletedPoint.Add(out CompletedPoint sum, twice, cached);
            sum.ToExtended(out ExtendedPoint next);
            cached = new CachedPoint(next);
            multiples[i] = cached;
        }
    }
}
