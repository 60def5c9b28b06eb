using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A list of address ranges: single texts, or one text with commas. White space around an item does not count.</summary>
internal sealed class AddressRangesType : SettingType<ImmutableArray<DialAddressRange>>
{
    private const string ExpectedList = "a list of address ranges, or one text with commas";
    private const string ExpectedItem = "a multiaddress or a range such as \"/ip4/10.0:9.*.*/tcp/*\"";

    public static AddressRangesType Instance { get; } = new();

    public override ImmutableArray<DialAddressRange> Read(SettingNode node, SettingSource source)
    {
        if (node.Kind == SettingKind.Text)
        {
            DialAddressRangeError error = DialAddressRange.TryParseList(
                node.Text.AsSpan(), out ImmutableArray<DialAddressRange> ranges, out int failedItem);
            return error == DialAddressRangeError.None ? ranges : throw NotARange(node, error, failedItem);
        }

        if (node.Kind != SettingKind.List)
        {
            throw node.WrongKind(ExpectedList);
        }

        ImmutableArray<DialAddressRange>.Builder list = ImmutableArray.CreateBuilder<DialAddressRange>(node.Items.Count);
        for (int i = 0; i < node.Items.Count; i++)
        {
            SettingNode item = node.Items[i];
            if (item.Kind != SettingKind.Text)
            {
                throw item.WrongKind(ExpectedItem);
            }

            DialAddressRangeError error = DialAddressRange.TryParse(item.Text.AsSpan().Trim(), out DialAddressRange? range);
            list.Add(range ?? throw NotARange(item, error, i));
        }

        return list.DrainToImmutable();
    }

    public override void Validate(ImmutableArray<DialAddressRange> value, string property)
    {
        if (value.IsDefault || value.Contains(null!))
        {
            throw new ArgumentException($"{property} has to be a list, empty for none, of ranges that are not null.", property);
        }
    }

    private static DhtConfigException NotARange(SettingNode node, DialAddressRangeError error, int index) =>
        node.Error(DhtConfigError.OutOfRange, $"item {index + 1} is no range of addresses ({error})", ExpectedItem);
}
