using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>Whether a message travels in clear text (the default) or encrypted for one key.</summary>
public readonly record struct OutboundEncryption
{
    private OutboundEncryption(CommsPublicKey recipient) => Recipient = recipient;

    /// <summary>Not encrypted; the default value.</summary>
    public static OutboundEncryption ClearText => default;

    /// <summary>Whom the message is encrypted for; null for clear text.</summary>
    public CommsPublicKey? Recipient { get; }

    /// <summary>True when the message is to be encrypted.</summary>
    public bool IsEncrypt => Recipient.HasValue;

    /// <summary>The header flags that go with it.</summary>
    public DhtMessageFlags Flags => IsEncrypt ? DhtMessageFlags.Encrypted : DhtMessageFlags.None;

    /// <summary>
    /// Encrypted for <paramref name="recipient"/>, which has to be a curve point: found out when the message is generated.
    /// </summary>
    /// <param name="recipient">The recipient's public key.</param>
    public static OutboundEncryption EncryptFor(CommsPublicKey recipient) => new(recipient);
}
