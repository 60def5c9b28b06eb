using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>The two public keys of a message that depend on nothing but fresh secrets, beside the work of agreeing on its key.</summary>
/// <remarks>The secrets are in memory that does not move, and are zeroed at the end.</remarks>
internal sealed class SideKeys : SideWork
{
    private const int Length = RistrettoScalar.Length;

    private readonly byte[] _secrets = GC.AllocateArray<byte>(2 * Length, pinned: true);
    private readonly byte[] _keys = new byte[2 * CommsPublicKey.Length];

    /// <summary>Begins to multiply.</summary>
    /// <param name="ephemeralSecret">The ephemeral key's, 32 bytes; copied.</param>
    /// <param name="nonceSecret">The signature's nonce, 32 bytes; copied.</param>
    public void Begin(ReadOnlySpan<byte> ephemeralSecret, ReadOnlySpan<byte> nonceSecret)
    {
        ephemeralSecret.CopyTo(_secrets);
        nonceSecret.CopyTo(_secrets.AsSpan(Length));
        Begin();
    }

    /// <summary>Ends what was begun.</summary>
    /// <param name="ephemeralKey">32 bytes, written whole.</param>
    /// <param name="publicNonce">32 bytes, written whole.</param>
    public void End(Span<byte> ephemeralKey, Span<byte> publicNonce)
    {
        try
        {
            End();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(_secrets);
        }

        _keys.AsSpan(0, CommsPublicKey.Length).CopyTo(ephemeralKey);
        _keys.AsSpan(CommsPublicKey.Length).CopyTo(publicNonce);
    }

    protected override void Run()
    {
        Ristretto255.MultiplyBase(_secrets.AsSpan(0, Length), _keys.AsSpan(0, CommsPublicKey.Length));
        Ristretto255.MultiplyBase(_secrets.AsSpan(Length), _keys.AsSpan(CommsPublicKey.Length));
    }
}
