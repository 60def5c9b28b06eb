using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>A <see cref="FieldQuad"/> at half its size, for tables.</summary>
[InlineArray(Length)]
internal struct PackedQuad
{
    /// <summary>Limbs.</summary>
    internal const int Length = 10;

    private Vector128<int> _first;
}
