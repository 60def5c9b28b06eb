namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What a peer may say about itself. The defaults are the network's.</summary>
public sealed record PeerValidatorConfig
{
    /// <summary>Bytes of a user agent. Default 50 (<c>max_user_agent_byte_length</c>).</summary>
    public int MaxUserAgentByteLength { get; init; } = 50;

    /// <summary>Addresses of a claim. Default 5 (<c>max_permitted_peer_addresses_per_claim</c>).</summary>
    public int MaxPermittedPeerAddressesPerClaim { get; init; } = 5;

    /// <summary>Protocols that a peer may say it speaks. Default 20 (<c>max_supported_protocols</c>).</summary>
    public int MaxSupportedProtocols { get; init; } = 20;

    /// <summary>Bytes of a protocol's name. Default 50 (<c>max_protocol_id_length</c>).</summary>
    public int MaxProtocolIdLength { get; init; } = 50;

    /// <summary>
    /// Whether addresses are taken that nobody elsewhere can reach: private, local, in memory. Default false
    /// (<c>allow_test_addresses</c>).
    /// </summary>
    public bool AllowTestAddresses { get; init; }

    /// <summary>Checks the values. 0 is one: it permits nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative; the message names it.</exception>
    public void Validate()
    {
        ThrowIfNegative(MaxUserAgentByteLength, nameof(MaxUserAgentByteLength));
        ThrowIfNegative(MaxPermittedPeerAddressesPerClaim, nameof(MaxPermittedPeerAddressesPerClaim));
        ThrowIfNegative(MaxSupportedProtocols, nameof(MaxSupportedProtocols));
        ThrowIfNegative(MaxProtocolIdLength, nameof(MaxProtocolIdLength));
    }

    private static void ThrowIfNegative(int value, string name)
    {
        if (value < 0)
        {
            throw new ArgumentOutOfRangeException(name, value, $"{name} has to be 0 or more, not {value}.");
        }
    }
}
