namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>How <see cref="PeerImporter"/> reads.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Option</term><description>Default</description></listheader>
/// <item><term><see cref="AsSeeds"/></term><description>false</description></item>
/// <item><term><see cref="MaxEntryBytes"/></term><description>256 KiB</description></item>
/// <item><term><see cref="MaxProblems"/></term><description>100</description></item>
/// </list>
/// </remarks>
public sealed record PeerImportOptions
{
    /// <summary>Whether every peer becomes a seed, whatever its entry says. False by default.</summary>
    public bool AsSeeds { get; init; }

    /// <summary>
    /// The longest entry in bytes; a longer one is passed over. 256 KiB by default, which is ten times a peer with ten addresses and a
    /// claim
    /// for each; at least 64, at most 64 MiB. No more than twice as much is held at a time.
    /// </summary>
    public int MaxEntryBytes { get; init; } = 256 * 1024;

    /// <summary>Problems that are described; more are only counted. 100 by default, 0 or more.</summary>
    public int MaxProblems { get; init; } = 100;

    /// <summary>The clock by which claims are dated in the future.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of its range; the message names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxEntryBytes, 64);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxEntryBytes, 64 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxProblems);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
