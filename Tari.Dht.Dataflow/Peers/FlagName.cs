namespace Tari.Dht.Dataflow.Peers;

/// <summary>A name in the text of a set of flags.</summary>
/// <param name="Name">The name.</param>
/// <param name="Bits">What it stands for.</param>
internal readonly record struct FlagName(string Name, uint Bits);
