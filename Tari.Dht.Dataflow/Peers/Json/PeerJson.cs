using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>A peer as JSON, in the form that other nodes write.</summary>
/// <remarks>
/// <para>
/// Written is every member: keys and ids as lower case hexadecimal text, times without a zone such as <c>2025-09-12T09:36:00.123</c>,
/// protocols as arrays of byte numbers, notes as such arrays by their number as text, durations as <c>{"secs":1,"nanos":0}</c>, and null
/// for
/// what is absent.
/// </para>
/// <para>
/// Reading also takes what was written by hand. Only <c>public_key</c> has to be there; a peer whose features are not given is a node.
/// <c>addresses</c> may be a plain array, and an address just its text, which then is a configured one. Unknown members are passed over; of
/// several with one name the last counts. A peer may also be just a text: <c>key::address::address…</c>.
/// </para>
/// <para>
/// No signature is checked: a claim that was read proves nothing before <see cref="PeerIdentityClaim.Verify"/>. Stateless, thread safe.
/// </para>
/// </remarks>
public static class PeerJson
{
    private const string Id = "id";
    private const string PublicKey = "public_key";
    private const string NodeIdentifier = "node_id";
    private const string Addresses = "addresses";
    private const string Flags = "flags";
    private const string BannedUntil = "banned_until";
    private const string BannedReason = "banned_reason";
    private const string Features = "features";
    private const string SupportedProtocols = "supported_protocols";
    private const string AddedAt = "added_at";
    private const string UserAgent = "user_agent";
    private const string Metadata = "metadata";
    private const string DeletedAt = "deleted_at";

    private const string ProtocolsForm = "an array of protocols, each an array of bytes as numbers";
    private const string MetadataForm = "an object of notes: numbers from 0 to 255 as names, and arrays of bytes as numbers";

    /// <summary>Writes a peer as an object.</summary>
    /// <param name="writer">Where to; the caller's to flush.</param>
    /// <param name="peer">The peer.</param>
    /// <returns>
    /// How many addresses were left out because their text would read back as others. Those of a claim count too; a claim that lacks any
    /// does
    /// not verify.
    /// </returns>
    public static int Write(Utf8JsonWriter writer, Peer peer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(peer);
        writer.WriteStartObject();
        if (peer.HasId)
        {
            writer.WriteNumber(Id, peer.Id);
        }
        else
        {
            writer.WriteNull(Id);
        }

        writer.WriteHex(PublicKey, peer.PublicKey.Bytes);
        writer.WriteHex(NodeIdentifier, peer.NodeId.Bytes);
        writer.WritePropertyName(Addresses);
        int leftOut = AddressListJson.Write(writer, peer.Addresses);
        writer.WriteString(Flags, peer.Flags.ToText());
        writer.WriteTime(BannedUntil, peer.BannedUntil);
        writer.WriteString(BannedReason, peer.BannedReason);
        writer.WriteString(Features, peer.Features.ToText());
        writer.WriteStartArray(SupportedProtocols);
        foreach (ProtocolId protocol in peer.SupportedProtocols)
        {
            WriteBytes(writer, protocol.Bytes);
        }

        writer.WriteEndArray();
        writer.WriteTime(AddedAt, peer.AddedAt);
        writer.WriteString(UserAgent, peer.UserAgent);
        writer.WriteStartObject(Metadata);
        foreach ((byte number, ReadOnlyMemory<byte> note) in peer.Metadata)
        {
            writer.WritePropertyName(number.ToString(CultureInfo.InvariantCulture));
            WriteBytes(writer, note.Span);
        }

        writer.WriteEndObject();
        writer.WriteTime(DeletedAt, peer.DeletedAt);
        writer.WriteEndObject();
        return leftOut;
    }

    /// <summary>Reads a peer.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="peer">The peer, its addresses as they are, neither sorted nor cut; null on failure.</param>
    /// <param name="problem">What is wrong first; none on success.</param>
    public static bool TryRead(JsonElement element, [NotNullWhen(true)] out Peer? peer, out PeerJsonProblem problem) =>
        TryRead(element, out peer, out _, out problem);

    /// <summary>Reads the short form of a peer, <c>key::address::address…</c>: a node with configured addresses.</summary>
    /// <param name="text">Untrusted text, at most 4096 characters.</param>
    /// <param name="peer">The peer; null on failure.</param>
    /// <param name="problem">What is wrong first; none on success.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Peer? peer, out PeerJsonProblem problem) =>
        SeedText.TryRead(text, out peer, out problem);

    /// <summary>Reads a peer and tells which of the members that overwrite what is known were given.</summary>
    internal static bool TryRead(
        JsonElement element, [NotNullWhen(true)] out Peer? peer, out PeerJsonMembers given, out PeerJsonProblem problem)
    {
        peer = null;
        given = PeerJsonMembers.None;
        if (element.ValueKind == JsonValueKind.String && element.TryGetText(out string? text))
        {
            return SeedText.TryRead(text, out peer, out problem);
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            problem = PeerJsonProblem.Invalid("", "an object, or a text such as key::address");
            return false;
        }

        var members = new PeerJsonReader(element, "");
        CommsPublicKey key = members.Key(PublicKey);
        long id = ReadId(ref members);
        CheckNodeId(ref members, key);
        MultiaddressesWithStats addresses = ReadAddresses(ref members);
        PeerFlags flags = ReadFlags(ref members, ref given);
        DateTimeOffset? bannedUntil = members.Time(BannedUntil);
        string? bannedReason = members.Text(BannedReason);
        PeerFeatures features = ReadFeatures(ref members, ref given);
        ImmutableArray<ProtocolId> protocols = ReadProtocols(ref members);
        DateTimeOffset? addedAt = members.Time(AddedAt);
        string? userAgent = members.Text(UserAgent);
        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> metadata = ReadMetadata(ref members, ref given);
        DateTimeOffset? deletedAt = members.Time(DeletedAt);
        problem = members.Problem;
        if (problem.Error != PeerJsonError.None)
        {
            return false;
        }

        peer = new Peer(key, features)
        {
            Id = id,
            Addresses = addresses,
            Flags = flags,
            BannedUntil = bannedUntil,
            BannedReason = bannedReason ?? "",
            SupportedProtocols = protocols,
            AddedAt = addedAt,
            UserAgent = userAgent ?? "",
            Metadata = metadata,
            DeletedAt = deletedAt,
        };
        return true;
    }

    private static void WriteBytes(Utf8JsonWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteStartArray();
        foreach (byte value in bytes)
        {
            writer.WriteNumberValue((uint)value);
        }

        writer.WriteEndArray();
    }

    private static long ReadId(ref PeerJsonReader members)
    {
        if (!members.TryGet(Id, out JsonElement value))
        {
            return 0;
        }

        ulong id = 0;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt64(out id))
        {
            members.Fail(Id, "a whole number");
        }

        // Row numbers of other stores that are none here.
        return id <= long.MaxValue ? (long)id : 0;
    }

    private static void CheckNodeId(ref PeerJsonReader members, in CommsPublicKey key)
    {
        if (!members.TryGet(NodeIdentifier, out JsonElement value))
        {
            return;
        }

        Span<byte> bytes = stackalloc byte[NodeId.Length];
        if (!value.TryReadHex(bytes))
        {
            members.Fail(NodeIdentifier, "26 hexadecimal digits");
        }
        else if (new NodeId(bytes) != NodeId.FromPublicKey(key))
        {
            members.Fail(new PeerJsonProblem(PeerJsonError.NodeIdMismatch, NodeIdentifier));
        }
    }

    private static MultiaddressesWithStats ReadAddresses(ref PeerJsonReader members)
    {
        MultiaddressesWithStats list = MultiaddressesWithStats.Empty;
        if (members.TryGet(Addresses, out JsonElement value)
            && !AddressListJson.TryRead(value, Addresses, out list, out PeerJsonProblem problem))
        {
            members.Fail(problem);
        }

        return list;
    }

    private static PeerFlags ReadFlags(ref PeerJsonReader members, ref PeerJsonMembers given)
    {
        if (members.Text(Flags) is not { } text)
        {
            return PeerFlags.None;
        }

        given |= PeerJsonMembers.Flags;
        if (!PeerFlagsExtensions.TryParse(text, out PeerFlags flags) || !flags.IsDefined())
        {
            members.Fail(Flags, "names of flags: SEED, or nothing");
        }

        return flags;
    }

    private static PeerFeatures ReadFeatures(ref PeerJsonReader members, ref PeerJsonMembers given)
    {
        if (members.Text(Features) is not { } text)
        {
            return PeerFeatures.CommunicationNode;
        }

        given |= PeerJsonMembers.Features;
        if (!PeerFeaturesExtensions.TryParse(text, out PeerFeatures features) || !features.IsDefined())
        {
            members.Fail(Features, "names of features, such as MESSAGE_PROPAGATION | DHT_STORE_FORWARD or COMMUNICATION_NODE");
        }

        return features;
    }

    private static ImmutableArray<ProtocolId> ReadProtocols(ref PeerJsonReader members)
    {
        if (!members.TryGet(SupportedProtocols, out JsonElement value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            members.Fail(SupportedProtocols, ProtocolsForm);
            return [];
        }

        ImmutableArray<ProtocolId>.Builder protocols = ImmutableArray.CreateBuilder<ProtocolId>(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (!TryReadBytes(item, out byte[] bytes))
            {
                members.Fail(
                    string.Create(CultureInfo.InvariantCulture, $"{SupportedProtocols}[{protocols.Count}]"),
                    "an array of bytes as numbers");
                return [];
            }

            protocols.Add(new ProtocolId(bytes));
        }

        return protocols.MoveToImmutable();
    }

    private static ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> ReadMetadata(ref PeerJsonReader members, ref PeerJsonMembers given)
    {
        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> none = ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty;
        if (!members.TryGet(Metadata, out JsonElement value))
        {
            return none;
        }

        given |= PeerJsonMembers.Metadata;
        if (value.ValueKind != JsonValueKind.Object)
        {
            members.Fail(Metadata, MetadataForm);
            return none;
        }

        ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Builder notes = none.ToBuilder();
        foreach (JsonProperty property in value.EnumerateObject())
        {
            if (!PeerJsonReader.TryGetName(property, out string name)
                || !byte.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out byte number)
                || !TryReadBytes(property.Value, out byte[] note))
            {
                members.Fail(Metadata, MetadataForm);
                return none;
            }

            notes[number] = note;
        }

        return notes.ToImmutable();
    }

    private static bool TryReadBytes(JsonElement element, out byte[] bytes)
    {
        bytes = [];
        if (element.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        byte[] read = new byte[element.GetArrayLength()];
        int count = 0;
        foreach (JsonElement item in element.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetByte(out read[count++]))
            {
                return false;
            }
        }

        bytes = read;
        return true;
    }
}
