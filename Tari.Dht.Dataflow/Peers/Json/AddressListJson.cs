using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>The addresses of a peer and what dialling them brought, as JSON.</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class AddressListJson
{
    /// <summary>What has to stand in the place of an address.</summary>
    public const string AddressForm = "a multiaddress such as /ip4/23.23.23.23/tcp/18189";

    /// <summary>Addresses that one peer may have; a sorted list keeps a tenth of them.</summary>
    public const int MaxEntries = 100;

    private const string Addresses = "addresses";
    private const string Address = "address";
    private const string LastSeen = "last_seen";
    private const string ConnectionAttempts = "connection_attempts";
    private const string InitialDialTime = "avg_initial_dial_time";
    private const string InitialDialTimeSamples = "initial_dial_time_sample_count";
    private const string Latency = "avg_latency";
    private const string LatencySamples = "latency_sample_count";
    private const string LastAttempted = "last_attempted";
    private const string LastFailedReason = "last_failed_reason";
    private const string QualityScore = "quality_score";
    private const string Source = "source";

    /// <summary>Writes a list as an object.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="list">The list.</param>
    /// <returns>
    /// How many addresses were left out because their text would read back as others: entries, and addresses within claims, which then do
    /// not
    /// verify.
    /// </returns>
    public static int Write(Utf8JsonWriter writer, MultiaddressesWithStats list)
    {
        int leftOut = 0;
        writer.WriteStartObject();
        writer.WriteStartArray(Addresses);
        foreach (MultiaddrWithStats entry in list.Entries)
        {
            leftOut += Write(writer, entry);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return leftOut;
    }

    /// <summary>Reads a list: the object that is written, or the array in it; an entry may be just the text of an address.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="member">The list's own name, for problems.</param>
    /// <param name="list">The entries as they are, neither sorted nor cut; empty on failure.</param>
    /// <param name="problem">On failure, what is wrong.</param>
    public static bool TryRead(JsonElement element, string member, out MultiaddressesWithStats list, out PeerJsonProblem problem)
    {
        list = MultiaddressesWithStats.Empty;
        JsonElement array = element;
        if (element.ValueKind == JsonValueKind.Object && !element.TryGetMember(Addresses, out array))
        {
            problem = PeerJsonProblem.Missing($"{member}.{Addresses}");
            return false;
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            problem = PeerJsonProblem.Invalid(member, "an array of addresses, or an object with one");
            return false;
        }

        if (array.GetArrayLength() > MaxEntries)
        {
            problem = PeerJsonProblem.Invalid(member, string.Create(CultureInfo.InvariantCulture, $"at most {MaxEntries} addresses"));
            return false;
        }

        ImmutableArray<MultiaddrWithStats>.Builder entries = ImmutableArray.CreateBuilder<MultiaddrWithStats>();
        foreach (JsonElement item in array.EnumerateArray())
        {
            string name = string.Create(CultureInfo.InvariantCulture, $"{member}[{entries.Count}]");
            if (item.ValueKind == JsonValueKind.String)
            {
                if (!TryReadAddress(item, out Multiaddr address) || address.IsEmpty)
                {
                    problem = PeerJsonProblem.Invalid(name, AddressForm);
                    return false;
                }

                AddConfigured(entries, address);
            }
            else if (TryReadEntry(item, name, entries, out MultiaddrWithStats? entry, out problem))
            {
                entries.Add(entry!);
            }
            else
            {
                return false;
            }
        }

        problem = default;
        list = MultiaddressesWithStats.FromEntries(entries.ToImmutable());
        return true;
    }

    /// <summary>Adds an untried address from the configuration, unless the list has it already.</summary>
    public static void AddConfigured(ImmutableArray<MultiaddrWithStats>.Builder entries, in Multiaddr address)
    {
        var entry = new MultiaddrWithStats(address, PeerAddressSource.Config);
        if (!entries.Contains(entry))
        {
            entries.Add(entry);
        }
    }

    private static int Write(Utf8JsonWriter writer, MultiaddrWithStats entry)
    {
        if (!entry.Address.TextReadsBack)
        {
            return 1;
        }

        writer.WriteStartObject();
        writer.WriteString(Address, entry.Address.ToString());
        writer.WriteTime(LastSeen, entry.LastSeen);
        writer.WriteNumber(ConnectionAttempts, entry.ConnectionAttempts);
        writer.WriteMean(InitialDialTime, InitialDialTimeSamples, entry.InitialDialTime);
        writer.WriteMean(Latency, LatencySamples, entry.Latency);
        writer.WriteTime(LastAttempted, entry.LastAttempted);
        writer.WriteString(LastFailedReason, entry.LastFailedReason);
        if (entry.QualityScore is { } score)
        {
            writer.WriteNumber(QualityScore, score);
        }
        else
        {
            writer.WriteNull(QualityScore);
        }

        writer.WritePropertyName(Source);
        int leftOut = PeerAddressSourceJson.Write(writer, entry.Source);
        writer.WriteEndObject();
        return leftOut;
    }

    private static bool TryReadEntry(
        JsonElement item,
        string name,
        ImmutableArray<MultiaddrWithStats>.Builder before,
        out MultiaddrWithStats? entry,
        out PeerJsonProblem problem)
    {
        entry = null;
        if (item.ValueKind != JsonValueKind.Object)
        {
            problem = PeerJsonProblem.Invalid(name, "an address as text, or an object with one");
            return false;
        }

        if (!item.TryGetMember(Address, out JsonElement text))
        {
            problem = PeerJsonProblem.Missing($"{name}.{Address}");
            return false;
        }

        if (!TryReadAddress(text, out Multiaddr address))
        {
            problem = PeerJsonProblem.Invalid($"{name}.{Address}", AddressForm);
            return false;
        }

        var members = new PeerJsonReader(item, name + ".");
        DateTimeOffset? lastSeen = members.Time(LastSeen);
        uint attempts = members.Count(ConnectionAttempts);
        UInt128? dialTime = members.Duration(InitialDialTime);
        uint dialTimes = members.Count(InitialDialTimeSamples);
        UInt128? latency = members.Duration(Latency);
        uint latencies = members.Count(LatencySamples);
        DateTimeOffset? lastAttempted = members.Time(LastAttempted);
        string? reason = members.Text(LastFailedReason);
        int? score = members.Number(QualityScore);
        problem = members.Problem;
        if (problem.Error != PeerJsonError.None || !TryReadSource(item, name, before, out PeerAddressSource source, out problem))
        {
            return false;
        }

        entry = new MultiaddrWithStats(address, source)
        {
            LastSeen = lastSeen,
            ConnectionAttempts = attempts,
            InitialDialTime = new RunningMean(dialTime, dialTimes),
            Latency = new RunningMean(latency, latencies),
            LastAttempted = lastAttempted,
            LastFailedReason = reason,
            QualityScore = score,
        };
        return true;
    }

    private static bool TryReadSource(
        JsonElement item,
        string name,
        ImmutableArray<MultiaddrWithStats>.Builder before,
        out PeerAddressSource source,
        out PeerJsonProblem problem)
    {
        problem = default;
        source = PeerAddressSource.Config;
        if (!item.TryGetMember(Source, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return true;
        }

        if (!PeerAddressSourceJson.TryRead(value, out PeerAddressSource? read, out string? member))
        {
            problem = PeerJsonProblem.Invalid(
                member.Length == 0 ? $"{name}.{Source}" : $"{name}.{Source}.{member}",
                member.Length == 0 ? "\"Config\", or an object with the claim of the peer" : "as a claim has it");
            return false;
        }

        // One claim announces several addresses: keep it once.
        PeerAddressSource? last = before.Count == 0 ? null : before[^1].Source;
        source = last is not null
            && last.Equals(read)
            && Equals(last.Claim, read.Claim)
            && last.SourcePeer == read.SourcePeer ? last : read;
        return true;
    }

    private static bool TryReadAddress(JsonElement element, out Multiaddr address)
    {
        address = default;
        return element.TryGetText(out string? text) && Multiaddr.TryParse(text, out address) == MultiaddrError.None;
    }
}
