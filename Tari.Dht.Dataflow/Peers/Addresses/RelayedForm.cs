using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>What peers tell each other of one peer, kept with its addresses so that the same need not be made or judged again.</summary>
/// <remarks>
/// Networks tell each other mostly what is known: of a record that has not changed, the bytes to send are these, and a response with these
/// bytes says nothing new. Immutable, thread safe; of two that are made at one time one is lost, which costs the work alone.
/// </remarks>
internal sealed class RelayedForm
{
    private readonly CommsPublicKey _publicKey;
    private readonly byte[]? _served;
    private readonly int _maxClaims;
    private readonly int _maxAddressesPerClaim;
    private readonly byte[]? _recognised;

    private RelayedForm(
        in CommsPublicKey publicKey,
        byte[]? served,
        int maxClaims,
        int maxAddressesPerClaim,
        byte[]? recognised,
        UnvalidatedPeerInfo? info)
    {
        _publicKey = publicKey;
        _served = served;
        _maxClaims = maxClaims;
        _maxAddressesPerClaim = maxAddressesPerClaim;
        _recognised = recognised;
        Info = info;
    }

    /// <summary>What a response said that was judged to add nothing, now or later; null while there was none.</summary>
    public UnvalidatedPeerInfo? Info { get; }

    /// <summary>This form, or a new one, with the response that a caller gets.</summary>
    /// <param name="form">What is kept; null for nothing.</param>
    /// <param name="publicKey">Whose addresses they are.</param>
    /// <param name="maxClaims">Claims that the caller takes.</param>
    /// <param name="maxAddressesPerClaim">Addresses in a claim that the caller takes.</param>
    /// <param name="response">The bytes, which nobody changes any more; empty when there is nothing to serve.</param>
    public static RelayedForm WithServed(
        RelayedForm? form, in CommsPublicKey publicKey, int maxClaims, int maxAddressesPerClaim, byte[] response)
    {
        form = form?._publicKey == publicKey ? form : null;
        if (form?._recognised is { } recognised && recognised.AsSpan().SequenceEqual(response))
        {
            response = recognised;
        }

        return new RelayedForm(publicKey, response, maxClaims, maxAddressesPerClaim, form?._recognised, form?.Info);
    }

    /// <summary>This form, or a new one, with a response that adds nothing.</summary>
    /// <param name="form">What is kept; null for nothing.</param>
    /// <param name="info">What the response said.</param>
    /// <param name="response">Its bytes, which nobody changes any more.</param>
    public static RelayedForm WithRecognised(RelayedForm? form, UnvalidatedPeerInfo info, byte[] response)
    {
        form = form?._publicKey == info.PublicKey ? form : null;
        if (form?._served is { } served && served.AsSpan().SequenceEqual(response))
        {
            response = served;
        }

        return new RelayedForm(
            info.PublicKey, form?._served, form?._maxClaims ?? 0, form?._maxAddressesPerClaim ?? 0, response, info);
    }

    /// <summary>The response for a caller; null if it has to be made.</summary>
    /// <param name="publicKey">Whose addresses they are.</param>
    /// <param name="maxClaims">Claims that the caller takes.</param>
    /// <param name="maxAddressesPerClaim">Addresses in a claim that the caller takes.</param>
    public byte[]? Served(in CommsPublicKey publicKey, int maxClaims, int maxAddressesPerClaim) =>
        _maxClaims == maxClaims && _maxAddressesPerClaim == maxAddressesPerClaim && _publicKey == publicKey ? _served : null;

    /// <summary>What a response says, if it is the one that was judged.</summary>
    /// <param name="response">The response of this peer.</param>
    public UnvalidatedPeerInfo? Recognise(ReadOnlySpan<byte> response) =>
        _recognised is not null && response.SequenceEqual(_recognised) ? Info : null;
}
