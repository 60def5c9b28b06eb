namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>The point (X/Z, Y/Z): enough for doubling. Tight coordinates.</summary>
internal struct ProjectivePoint
{
    internal FieldElement X;
    internal FieldElement Y;
    internal FieldElement Z;

    /// <summary>The neutral point (0, 1).</summary>
    internal static ProjectivePoint Neutral => new() { Y = FieldElement.One, Z = FieldElement.One };
}
