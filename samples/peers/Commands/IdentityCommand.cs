using System.CommandLine;
using System.CommandLine.Parsing;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;

namespace Tari.Dht.Dataflow.Samples.Peers.Commands;

/// <summary>Makes an identity, and shows one. The secret key is shown by neither.</summary>
internal static class IdentityCommand
{
    public static Command Create(CommandContext context) => new("identity", "A node's own identity, in a file.")
    {
        CreateCreate(context),
        CreateShow(context),
    };

    private static Command CreateCreate(CommandContext context)
    {
        Option<string> file = FileOption();
        Option<Multiaddr[]> addresses = new("--address")
        {
            Description = "Where the node can be reached, such as /ip4/23.23.23.23/tcp/18189; may be repeated.",
            HelpName = "multiaddress",
            CustomParser = ParseAddresses,
        };
        Option<bool> wallet = new("--wallet")
        {
            Description = "The identity of a wallet, which offers nothing to others, instead of a node.",
        };
        Option<bool> force = new("--force") { Description = "Replace the file if there is one. The key in it is lost." };
        var command = new Command("create", "Makes a random identity and saves it in a file that only its owner can read.")
        {
            file,
            addresses,
            wallet,
            force,
        };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(file)!;
            PeerFeatures features = parsed.GetValue(wallet) ? PeerFeatures.CommunicationClient : PeerFeatures.CommunicationNode;
            using NodeIdentity identity = NodeIdentity.Generate(parsed.GetValue(addresses) ?? [], features, context.Time);
            if (parsed.GetValue(force))
            {
                NodeIdentityFile.Save(identity, path);
            }
            else
            {
                SaveNew(identity, path);
            }

            IdentityReport.Show(context.Console, identity);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command CreateShow(CommandContext context)
    {
        Option<string> file = FileOption();
        var command = new Command("show", "Shows the public part of an identity.") { file };
        command.SetAction(async (parsed, _) =>
        {
            string path = parsed.GetValue(file)!;
            LoadedNodeIdentity loaded = NodeIdentityFile.Load(path, context.Time);
            using NodeIdentity identity = loaded.Identity;
            IdentityReport.Show(context.Console, identity);
            if (loaded.IsOpenToOthers)
            {
                await context.ComplainAsync($"Other users can read the secret key in '{path}'.");
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static Option<string> FileOption()
    {
        Option<string> file = new("--file") { Description = "The identity file.", HelpName = "file", Required = true };
        file.Validators.Add(static result =>
        {
            if (result.Tokens is [{ Value: var text }] && (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal)))
            {
                result.AddError("--file has to name a file.");
            }
        });
        return file;
    }

    private static Multiaddr[] ParseAddresses(ArgumentResult result)
    {
        var addresses = new Multiaddr[result.Tokens.Count];
        for (int i = 0; i < addresses.Length; i++)
        {
            string text = result.Tokens[i].Value;
            if (Multiaddr.TryParse(text, out addresses[i]) != MultiaddrError.None || addresses[i].IsEmpty || !addresses[i].TextReadsBack)
            {
                result.AddError($"'{text}' is no multiaddress such as /ip4/23.23.23.23/tcp/18189.");
                return [];
            }
        }

        return addresses;
    }

    private static void SaveNew(NodeIdentity identity, string path)
    {
        try
        {
            NodeIdentityFile.SaveNew(identity, path);
        }
        catch (NodeIdentityException exception) when (exception.Error == NodeIdentityError.AlreadyExists)
        {
            throw new CommandException(ExitCode.Unusable, exception.Message + " With --force it is replaced, and its key lost.");
        }
    }
}
