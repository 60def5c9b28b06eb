namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>A point in the form that saves work each time it is added to another one.</summary>
internal struct CachedPoint
{
    /// <summary>Y + X, the sum of two tight elements.</summary>
    internal FieldElement Sum;

    /// <summary>Y - X, the difference of two tight elements.</summary>
    internal FieldElement Difference;

    /// <summary>2Z, the sum of two tight elements.</summary>
    internal FieldElement TwiceZ;

    /// <summary>2d·T, tight.</summary>
    internal FieldElement Product;

    /// <summary>Brings a point into this form.</summary>
    /// <param name="point">Tight coordinates.</param>
    internal CachedPoint(in ExtendedPoint point)
    {
        FieldElement.Add(out Sum, point.Y, point.X);
        FieldElement.Subtract(out Difference, point.Y, point.X);
        FieldElement.Add(out TwiceZ, point.Z, point.Z);
        FieldElement.Multiply(out Product, point.T, FieldElement.TwiceEdwardsD);
    }
}
