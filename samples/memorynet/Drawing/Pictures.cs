using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Drawing;

/// <summary>Draws what a run found.</summary>
internal static class Pictures
{
    private const int Size = 1000;
    private const double Radius = 460;

    /// <summary>Writes <c>network.svg</c> and <c>propagation.svg</c>; replaces files of the same names.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static void Write(string folder, Findings findings)
    {
        using (var writer = new StreamWriter(Path.Combine(folder, "network.svg")))
        {
            DrawNetwork(writer, findings);
        }

        using (var writer = new StreamWriter(Path.Combine(folder, "propagation.svg")))
        {
            DrawPropagation(writer, findings.Propagations[0]);
        }
    }

    /// <summary>All nodes on a circle, seeds on one within it.</summary>
    private static void DrawNetwork(TextWriter writer, Findings findings)
    {
        int seeds = findings.Nodes.Count(static node => node.IsSeed);
        var places = new Point[findings.Nodes.Count];
        foreach (NodeFinding node in findings.Nodes)
        {
            places[node.Index] = node.IsSeed
                ? Point.OnCircle(seeds == 1 ? 0 : Radius / 3, (double)node.Index / seeds)
                : Point.OnCircle(Radius, (double)(node.Index - seeds) / (findings.Nodes.Count - seeds));
        }

        using var svg = new SvgWriter(writer, Size);
        svg.Lines(
            findings.Connections.Select(connection => (places[connection.From], places[connection.To])),
            "#4878a8",
            0.6,
            Math.Clamp(400.0 / findings.Connections.Count, 0.08, 0.7));
        foreach (NodeFinding node in findings.Nodes)
        {
            string colour = node.IsSeed ? "#d04020" : "#204060";
            string name = $"{(node.IsSeed ? "seed" : "node")} {node.Index}, {node.Id}";
            svg.Dot(places[node.Index], DotRadius(findings.Nodes.Count), colour, name);
        }

        svg.Words(Corner, $"{findings.Nodes.Count} nodes, {seeds} of them seeds (red), {findings.Connections.Count} connections");
    }

    /// <summary>The origin in the middle, around it a circle for each number of hops, and lines from who passed the message on.</summary>
    private static void DrawPropagation(TextWriter writer, PropagationFinding propagation)
    {
        int hops = propagation.Receipts.Select(static receipt => receipt.Hops).DefaultIfEmpty(0).Max();
        var places = new Dictionary<int, Point> { [propagation.Origin] = default };
        var turns = new Dictionary<int, double> { [propagation.Origin] = 0 };
        using var svg = new SvgWriter(writer, Size);
        for (int hop = 1; hop <= hops; hop++)
        {
            // Behind those who passed the message on, so that few lines cross.
            Receipt[] ring = [.. propagation.Receipts
                .Where(receipt => receipt.Hops == hop)
                .OrderBy(receipt => turns[receipt.From])
                .ThenBy(static receipt => receipt.From)
                .ThenBy(static receipt => receipt.Node)];
            double radius = Radius * hop / hops;
            for (int i = 0; i < ring.Length; i++)
            {
                turns[ring[i].Node] = (double)i / ring.Length;
                places[ring[i].Node] = Point.OnCircle(radius, turns[ring[i].Node]);
            }

            svg.Ring(radius, "#d8d8d8");
        }

        svg.Lines(propagation.Receipts.Select(receipt => (places[receipt.From], places[receipt.Node])), "#4878a8", 0.8, 0.6);
        double dot = DotRadius(propagation.Expected);
        svg.Dot(default, dot * 1.5, "#d04020", $"node {propagation.Origin}");
        foreach (Receipt receipt in propagation.Receipts)
        {
            string name = FormattableString.Invariant(
                $"node {receipt.Node}, from {receipt.From}, after {receipt.Delay.TotalMilliseconds:F1} ms");
            svg.Dot(places[receipt.Node], dot, "#204060", name);
        }

        svg.Words(
            Corner,
            $"from node {propagation.Origin} (red) to {propagation.Receipts.Count} of {propagation.Expected}, a circle for each hop");
    }

    private static Point Corner => new(10 - (Size / 2), 20 - (Size / 2));

    private static double DotRadius(int count) => count > 200 ? 2.5 : 5;
}
