using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Domain separated BLAKE2b: every input, and the domain tag before them, carries its length as 8 little-endian bytes.</summary>
/// <remarks>
/// tag = <c>domain ".v" version "." label</c> in ASCII; digest = BLAKE2b(len(tag) ‖ tag ‖ len(p1) ‖ p1 ‖ …), with the digest
/// length as BLAKE2b's own parameter. A mutable value: pass it by reference. Not thread safe; used once, ended by
/// <see cref="Finish"/>. The factories copy a state that has the tag already, and allocate nothing.
/// </remarks>
public struct DomainHasher
{
    private const string DhtDomain = "com.tari.comms.dht";
    private const string PeerManagerDomain = "com.tari.comms.core.peer_manager";

    private static readonly DomainHasher s_challenge = new(DhtDomain, 1, "challenge", 32);
    private static readonly DomainHasher s_keyMessage = new(DhtDomain, 1, "key_message", 32);
    private static readonly DomainHasher s_keyMask = new(DhtDomain, 1, "key_mask", 64);
    private static readonly DomainHasher s_messageSignature = new(DhtDomain, 1, "message_signature", 64);

    // The label is misspelt in the protocol and has to stay so.
    private static readonly DomainHasher s_dedup = new(DhtDomain, 1, "dedup.meesage_hash", 32);
    private static readonly DomainHasher s_identitySignature = new(PeerManagerDomain, 1, "identity_signature", 64);

    private Blake2bState _state;

    /// <summary>Starts a hash in a domain of the caller's.</summary>
    /// <param name="domain">The domain, ASCII.</param>
    /// <param name="version">Its version, not negative.</param>
    /// <param name="label">The label, ASCII; empty for none, which leaves out the dot before it.</param>
    /// <param name="digestLength">1 to 64 bytes.</param>
    /// <exception cref="ArgumentNullException">The domain or the label is null.</exception>
    /// <exception cref="ArgumentException">The domain or the label is not ASCII.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The version is negative, or the digest length not 1 to 64.</exception>
    public DomainHasher(string domain, int version, string label, int digestLength)
    {
        ArgumentNullException.ThrowIfNull(domain);
        ArgumentNullException.ThrowIfNull(label);
        ArgumentOutOfRangeException.ThrowIfNegative(version);
        if (!Ascii.IsValid(domain) || !Ascii.IsValid(label))
        {
            string culprit = Ascii.IsValid(domain) ? nameof(label) : nameof(domain);
            throw new ArgumentException("The domain and the label of a hash are ASCII.", culprit);
        }

        string tag = string.Create(CultureInfo.InvariantCulture, $"{domain}.v{version}{(label.Length == 0 ? "" : ".")}{label}");
        _state = new Blake2bState(digestLength);
        Append(Encoding.ASCII.GetBytes(tag));
    }

    /// <summary><c>comms_dht_hash_domain_challenge</c>: the binding hash, 32 bytes.</summary>
    public static DomainHasher Challenge() => s_challenge;

    /// <summary><c>comms_dht_hash_domain_key_message</c>: the message key, 32 bytes.</summary>
    public static DomainHasher KeyMessage() => s_keyMessage;

    /// <summary><c>comms_dht_hash_domain_key_mask</c>: the key mask before reduction, 64 bytes.</summary>
    public static DomainHasher KeyMask() => s_keyMask;

    /// <summary><c>comms_dht_hash_domain_message_signature</c>: the signature challenge before reduction, 64 bytes.</summary>
    public static DomainHasher MessageSignature() => s_messageSignature;

    /// <summary>The key of the duplicate cache, 32 bytes.</summary>
    public static DomainHasher Dedup() => s_dedup;

    /// <summary>The challenge of a peer's identity signature before reduction, 64 bytes.</summary>
    public static DomainHasher IdentitySignature() => s_identitySignature;

    /// <summary>Adds one input.</summary>
    /// <param name="input">The input, of any length; an empty one adds its length, 0.</param>
    public void Append(ReadOnlySpan<byte> input)
    {
        AppendLength(input.Length);
        _state.Update(input);
    }

    /// <summary>Opens an input of <paramref name="length"/> bytes, which <see cref="AppendRaw"/> then adds piece by piece.</summary>
    /// <param name="length">The input's whole length in bytes, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public void AppendLength(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, length);
        _state.Update(prefix);
    }

    /// <summary>Adds a piece of the input that <see cref="AppendLength"/> opened.</summary>
    /// <param name="piece">The next bytes.</param>
    public void AppendRaw(ReadOnlySpan<byte> piece) => _state.Update(piece);

    /// <summary>
    /// Adds one input to each of two hashes, for long inputs faster than one <see cref="Append"/> after the other where the
    /// processor permits: the binding hash and the dedup key of one message end with the same body.
    /// </summary>
    /// <param name="first">The one hash.</param>
    /// <param name="firstInput">Its input, of any length.</param>
    /// <param name="second">The other hash, another variable than <paramref name="first"/>.</param>
    /// <param name="secondInput">Its input, of any length; it may be the same bytes.</param>
    internal static void AppendPair(
        ref DomainHasher first, ReadOnlySpan<byte> firstInput, ref DomainHasher second, ReadOnlySpan<byte> secondInput)
    {
        first.AppendLength(firstInput.Length);
        second.AppendLength(secondInput.Length);
        Blake2bState.UpdatePair(ref first._state, firstInput, ref second._state, secondInput);
    }

    /// <summary>Ends the hash and clears it.</summary>
    /// <param name="digest">As long as the digest length of the domain.</param>
    /// <exception cref="ArgumentException">The digest has another length.</exception>
    /// <exception cref="InvalidOperationException">The hash was not started, or has ended before.</exception>
    public void Finish(Span<byte> digest) => _state.Finish(digest);
}
