using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>How a node of a network in one process behaves.</summary>
public sealed record MemoryNodeOptions
{
    /// <summary>What peers may say of themselves. Default: the reference's, with addresses of the process permitted.</summary>
    public PeerValidatorConfig Validator { get; init; } = new() { AllowTestAddresses = true };

    /// <summary>What the node tells peers that it runs.</summary>
    public string UserAgent { get; init; } = "tari/memory/1.0.0";

    /// <summary>The protocols that the node tells peers.</summary>
    public ImmutableArray<ProtocolId> SupportedProtocols { get; init; } = [new ProtocolId("t/msg/0.1"u8), new ProtocolId("t/dht/1"u8)];

    /// <summary>
    /// The bytes that the node says when a connection starts; null (the default) for the truth. For simulations of peers that lie.
    /// </summary>
    public ReadOnlyMemory<byte>? IdentityMessage { get; init; }

    /// <summary>
    /// How the node keeps its connections. Default: as the reference, so that a node with few of them dials peers by itself.
    /// </summary>
    public ConnectivityConfig Connectivity { get; init; } = new();

    /// <summary>Takes what an operator of the node should know.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Shows the numbers of connections and bans; null for nowhere.</summary>
    public DhtMetrics? Metrics { get; init; }

    /// <summary>Received messages that wait for the graph; then connections wait. Default 256.</summary>
    public int InboundCapacity { get; init; } = 256;

    /// <summary>Messages to be sent that the transport has taken and not looked at. Default 256.</summary>
    public int OutboundCapacity { get; init; } = 256;

    /// <summary>The largest message, in bytes. Default 8 MiB, the protocol's limit.</summary>
    public int MaxMessageLength { get; init; } = FrameReader.DefaultMaxLength;

    /// <summary>Events that a slow subscriber may fall behind. Default 500, as the reference.</summary>
    public int EventCapacity { get; init; } = 500;

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Validator);
        Validator.Validate();
        ArgumentNullException.ThrowIfNull(UserAgent);
        ArgumentNullException.ThrowIfNull(Connectivity);
        Connectivity.Validate();
        ArgumentNullException.ThrowIfNull(Logger);
        ArgumentOutOfRangeException.ThrowIfLessThan(InboundCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(OutboundCapacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxMessageLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(EventCapacity, 1);
        if (SupportedProtocols.IsDefault)
        {
            throw new ArgumentException("A list, empty or not.", nameof(SupportedProtocols));
        }
    }
}
