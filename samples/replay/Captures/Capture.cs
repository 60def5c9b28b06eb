using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>A captured message, with what has to become of it.</summary>
/// <param name="Index">Its place among the captures of the file.</param>
/// <param name="Name">Its name in the file.</param>
/// <param name="Source">The peer that delivered it.</param>
/// <param name="Envelope">Its bytes.</param>
/// <param name="Settings">What it has to be replayed under.</param>
/// <param name="Expected">What has to become of it.</param>
internal sealed record Capture(int Index, string Name, NodeId Source, byte[] Envelope, CaptureSettings Settings, Expectation Expected);
