using System.Text;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>Several node ids in one text.</summary>
internal static class NodeIdList
{
    /// <summary>The ids in their order and in brackets: <c>[hex, hex]</c>.</summary>
    public static string Format(ReadOnlySpan<NodeId> ids)
    {
        var text = new StringBuilder(2 + (ids.Length * (NodeId.TextLength + 2)));
        text.Append('[');
        string separator = "";
        foreach (ref readonly NodeId id in ids)
        {
            text.Append(separator).Append($"{id}");
            separator = ", ";
        }

        return text.Append(']').ToString();
    }
}
