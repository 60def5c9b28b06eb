namespace Tari.Dht.Dataflow.Interop;

/// <summary>Platforms that name libsodium differently.</summary>
internal enum SodiumPlatform
{
    /// <summary>Linux, and other systems with ELF libraries.</summary>
    Linux,

    /// <summary>macOS.</summary>
    MacOS,

    /// <summary>Windows.</summary>
    Windows,
}
