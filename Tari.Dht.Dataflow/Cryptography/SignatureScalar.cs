using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>The 32 bytes of a signature's scalar, canonical or not, inside a signature.</summary>
[InlineArray(RistrettoScalar.Length)]
internal struct SignatureScalar
{
    private byte _first;
}
