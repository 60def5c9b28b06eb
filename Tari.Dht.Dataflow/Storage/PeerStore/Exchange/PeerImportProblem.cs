using System.Globalization;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>An entry that was not imported. Never holds a value that was read.</summary>
/// <param name="Entry">Its number, from 1.</param>
/// <param name="Line">The line on which it begins, or on which it ceases to be JSON; from 1.</param>
/// <param name="Error">The kind of problem.</param>
/// <param name="Member">The member at fault with its parents; empty for the entry as a whole.</param>
/// <param name="Explanation">What is wrong, as the end of a sentence that begins with the entry or the member.</param>
public sealed record PeerImportProblem(long Entry, long Line, PeerImportError Error, string Member, string Explanation)
{
    /// <summary>All of it in one line.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"line {Line}, entry {Entry}: {(Member.Length == 0 ? "" : Member + ": ")}{Explanation}");
}
