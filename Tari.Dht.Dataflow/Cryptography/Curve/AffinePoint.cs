namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>A point (x, y) in the form in which it is added to another one, for tables.</summary>
internal struct AffinePoint
{
    /// <summary>y + x, tight.</summary>
    internal FieldElement Sum;

    /// <summary>y - x, tight.</summary>
    internal FieldElement Difference;

    /// <summary>2d·x·y, tight.</summary>
    internal FieldElement Product;
}
