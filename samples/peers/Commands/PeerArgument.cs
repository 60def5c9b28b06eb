using System.CommandLine;
using System.Globalization;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>The argument that names a peer: its key, its node id, or the first digits of either.</summary>
internal static class PeerArgument
{
    private const int MinDigits = 2;
    private const int MaxDigits = CommsPublicKey.Length * 2;

    public static Argument<string> Create(string description)
    {
        var argument = new Argument<string>("peer") { Description = description };
        argument.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && !IsDigits(text))
            {
                result.AddError(string.Create(
                    CultureInfo.InvariantCulture,
                    $"A peer is named by {MinDigits} to {MaxDigits} hexadecimal digits: the first of its key or node id."));
            }
        });
        return argument;
    }

    /// <summary>The peers whose key or node id begins with the digits.</summary>
    public static List<Peer> FindAll(PeerManager manager, string digits)
    {
        digits = digits.ToLowerInvariant();
        List<Peer> peers = [];
        foreach (Peer peer in manager.FindAllStartsWith(Convert.FromHexString(digits.AsSpan(0, digits.Length & ~1))))
        {
            // The store compares whole bytes, which leaves the last of an odd number of digits.
            if (peer.PublicKey.ToString().StartsWith(digits, StringComparison.Ordinal)
                || peer.NodeId.ToString().StartsWith(digits, StringComparison.Ordinal))
            {
                peers.Add(peer);
            }
        }

        peers.Sort(static (left, right) => left.PublicKey.CompareTo(right.PublicKey));
        return peers;
    }

    /// <summary>The one peer that the digits name.</summary>
    public static Peer FindOne(PeerManager manager, string digits) => FindAll(manager, digits) switch
    {
        [var peer] => peer,
        [] => throw NotFound(digits),
        var peers => throw new CommandException(
            ExitCode.BadInput,
            string.Create(CultureInfo.InvariantCulture, $"{peers.Count} peers begin with '{digits}'; more digits are needed.")),
    };

    /// <summary>Nobody has that key or node id.</summary>
    public static CommandException NotFound(string digits) => new(ExitCode.Partial, $"No peer's key or node id begins with '{digits}'.");

    private static bool IsDigits(string text)
    {
        bool isHex = text.Length is >= MinDigits and <= MaxDigits;
        foreach (char digit in text)
        {
            isHex &= char.IsAsciiHexDigit(digit);
        }

        return isHex;
    }
}
