using Tari.Dht.Dataflow.Tests.Peers.Claims;

namespace Tari.Dht.Dataflow.Tests.Protocol.Rpc;

/// <summary>
/// The rules by which the messages of sessions are decoded, written down as plainly as possible: the twin of the readers.
/// </summary>
internal static class PlainRpc
{
    private const int MaxNesting = 100;

    /// <summary>The numbers of a request or a response, by their field less one, and its payload; null if the bytes are none.</summary>
    public static (ulong[] Numbers, byte[] Payload)? Message(byte[] encoded, int numbers)
    {
        ulong[] values = new ulong[numbers];
        byte[] payload = [];
        bool isMessage = PlainClaim.Try(() =>
        {
            foreach (PlainClaim.Field field in PlainClaim.Parse(encoded, MaxNesting))
            {
                if (field.Number <= numbers)
                {
                    values[field.Number - 1] = field.Varint();
                }
                else if (field.Number == 10)
                {
                    payload = field.Delimited();
                }
            }
        });
        return isMessage ? (values, payload) : null;
    }

    /// <summary>The versions of an offer; null if the bytes are none.</summary>
    public static List<uint>? Versions(byte[] encoded)
    {
        List<uint> versions = [];
        bool isMessage = PlainClaim.Try(() =>
        {
            foreach (PlainClaim.Field field in PlainClaim.Parse(encoded, MaxNesting).Where(field => field.Number == 1))
            {
                // A run is varints and nothing between them: the values of fields, less the keys.
                byte[] run = field.Type == 2 ? field.Delimited() : [];
                while (run.Length > 0)
                {
                    int length = 1 + run.TakeWhile(part => part >= 128).Count();
                    byte[] single = [8, .. run[..Math.Min(length, run.Length)]];
                    versions.Add((uint)PlainClaim.Parse(single, MaxNesting).Single().Varint());
                    run = run[length..];
                }

                if (field.Type != 2)
                {
                    versions.Add((uint)field.Varint());
                }
            }
        });
        return isMessage ? versions : null;
    }

    /// <summary>Whether the bytes are a reply.</summary>
    public static bool IsReply(byte[] encoded) => PlainClaim.Try(() =>
    {
        foreach (PlainClaim.Field field in PlainClaim.Parse(encoded, MaxNesting).Where(field => field.Number <= 3))
        {
            field.Varint();
        }
    });
}
