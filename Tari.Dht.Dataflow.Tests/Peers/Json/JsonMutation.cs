namespace Tari.Dht.Dataflow.Tests.Peers.Json;

/// <summary>Changes JSON a little, often so that it is still JSON.</summary>
internal static class JsonMutation
{
    private static readonly string[] s_values =
        ["null", "true", "0", "-1", "1e400", "4294967296", "\"\"", "\"\\ud800\"", "[]", "{}", "[[]]", "\"Config\"", "18446744073709551616"];

    public static byte[] Mutate(byte[] json, Random random)
    {
        List<byte> changed = [.. json];
        int count = random.Next(1, 4);
        for (int i = 0; i < count && changed.Count > 1; i++)
        {
            int at = random.Next(changed.Count);
            switch (random.Next(7))
            {
                case 0:
                    changed[at] = (byte)random.Next(256);
                    break;
                case 1:
                    changed.RemoveRange(at, Math.Min(random.Next(1, 20), changed.Count - at));
                    break;
                case 2:
                    changed.RemoveRange(at, changed.Count - at);
                    break;
                case 3:
                    changed.InsertRange(at, changed.GetRange(at, Math.Min(random.Next(1, 40), changed.Count - at)));
                    break;
                case 4:
                    changed[at] = (byte)"0123456789abcdef\"{}[],:"[random.Next(23)];
                    break;
                default:
                    ReplaceValue(changed, at, s_values[random.Next(s_values.Length)]);
                    break;
            }
        }

        return [.. changed];
    }

    // From the colon after a place to the comma that follows.
    private static void ReplaceValue(List<byte> json, int at, string value)
    {
        int colon = json.IndexOf((byte)':', at);
        int comma = colon < 0 ? -1 : json.IndexOf((byte)',', colon);
        if (comma > 0)
        {
            json.RemoveRange(colon + 1, comma - colon - 1);
            json.InsertRange(colon + 1, System.Text.Encoding.ASCII.GetBytes(value));
        }
    }
}
