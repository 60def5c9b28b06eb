using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Decrypt;

/// <summary>The verification of a message's signature, beside the work of opening it.</summary>
/// <remarks>Of the message it has what is public, in copies, so that the message itself may be changed meanwhile.</remarks>
internal sealed class SideVerification : SideWork
{
    private MessageSignature _signature;
    private Hash _bindingHash;
    private bool _isValid;

    /// <summary>Begins to verify.</summary>
    /// <param name="signature">The signature.</param>
    /// <param name="bindingHash">What was signed, 32 bytes.</param>
    public void Begin(in MessageSignature signature, ReadOnlySpan<byte> bindingHash)
    {
        _signature = signature;
        bindingHash.CopyTo(_bindingHash);
        Begin();
    }

    /// <summary>Ends what was begun.</summary>
    /// <returns>Whether the signature is valid.</returns>
    public new bool End()
    {
        base.End();
        return _isValid;
    }

    protected override void Run() => _isValid = _signature.IsValid(_bindingHash);

    [InlineArray(BindingHash.Length)]
    private struct Hash
    {
        private byte _first;
    }
}
