using System.Numerics;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

/// <summary>
/// The rules of decoding and of canonical encoding for an envelope, written down as plainly as possible: it decodes into objects
/// and encodes them again. The twin that <c>EnvelopeReader</c> is compared with.
/// </summary>
internal sealed class PlainEnvelope
{
    private const int MaxNesting = 100;

    public PlainHeader? Header { get; private set; }

    public byte[] Body { get; private set; } = [];

    /// <summary>The envelope, or null if the bytes do not decode.</summary>
    public static PlainEnvelope? Decode(byte[] encoded)
    {
        var envelope = new PlainEnvelope();
        try
        {
            foreach (Field field in Parse(new Input(encoded), MaxNesting, [1, 2]))
            {
                switch (field.Number)
                {
                    case 1:
                        envelope.Header ??= new PlainHeader();
                        envelope.Header.Merge(field.Delimited());
                        break;
                    case 2:
                        envelope.Body = field.Delimited();
                        break;
                }
            }

            return envelope;
        }
        catch (BadWireException)
        {
            return null;
        }
    }

    /// <summary>Whether bytes decode as a message that has only fields of type bytes, of these numbers.</summary>
    public static bool Decodes(byte[] encoded, HashSet<uint> numbers)
    {
        try
        {
            foreach (Field field in Parse(new Input(encoded), MaxNesting, numbers))
            {
                Require(field.Type == 2 || !numbers.Contains(field.Number));
            }

            return true;
        }
        catch (BadWireException)
        {
            return false;
        }
    }

    public byte[] Encode()
    {
        var output = new List<byte>();
        if (Header is not null)
        {
            PutBytes(output, 1, Header.Encode());
        }

        if (Body.Length > 0)
        {
            PutBytes(output, 2, Body);
        }

        return [.. output];
    }

    private static void PutVarint(List<byte> output, ulong value)
    {
        for (; value > 127; value /= 128)
        {
            output.Add((byte)((value % 128) + 128));
        }

        output.Add((byte)value);
    }

    private static void PutNumber(List<byte> output, int field, ulong value)
    {
        PutVarint(output, (ulong)field * 8);
        PutVarint(output, value);
    }

    private static void PutBytes(List<byte> output, int field, byte[] value)
    {
        PutVarint(output, ((ulong)field * 8) + 2);
        PutVarint(output, (ulong)value.Length);
        output.AddRange(value);
    }

    private static List<Field> Parse(Input input, int depthLeft, HashSet<uint> known, uint? group = null)
    {
        var fields = new List<Field>();
        while (group is not null || !input.AtEnd)
        {
            BigInteger key = input.Varint();
            Require(key <= uint.MaxValue && key / 8 > 0);
            uint number = (uint)(key / 8);
            int type = (int)(key % 8);
            if (type == 4)
            {
                Require(number == group);
                break;
            }

            Require(depthLeft > 0 || known.Contains(number));
            fields.Add(type switch
            {
                0 => new Field(number, type, (ulong)input.Varint(), []),
                1 => new Field(number, type, 0, input.Take(8)),
                2 => new Field(number, type, 0, input.Take(input.Varint())),
                3 => new Field(number, type, (ulong)Parse(input, depthLeft - 1, [], number).Count, []),
                5 => new Field(number, type, 0, input.Take(4)),
                _ => throw new BadWireException(),
            });
        }

        return fields;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new BadWireException();
        }
    }

    internal sealed class PlainHeader
    {
        public uint Major { get; private set; }

        public bool? Unknown { get; private set; }

        public byte[]? PublicKey { get; private set; }

        public byte[] Signature { get; private set; } = [];

        public byte[] EphemeralKey { get; private set; } = [];

        public int MessageType { get; private set; }

        public uint Flags { get; private set; }

        public ulong MessageTag { get; private set; }

        public ulong Expires { get; private set; }

        public void Merge(byte[] encoded)
        {
            foreach (Field field in Parse(new Input(encoded), MaxNesting - 1, [1, 3, 4, 6, 7, 8, 10, 11, 12]))
            {
                switch (field.Number)
                {
                    case 1:
                        Major = (uint)field.Varint();
                        break;
                    case 3:
                        (Unknown, PublicKey) = (field.Varint() != 0, null);
                        break;
                    case 4:
                        (Unknown, PublicKey) = (null, field.Delimited());
                        break;
                    case 6:
                        Signature = field.Delimited();
                        break;
                    case 7:
                        EphemeralKey = field.Delimited();
                        break;
                    case 8:
                        MessageType = (int)field.Varint();
                        break;
                    case 10:
                        Flags = (uint)field.Varint();
                        break;
                    case 11:
                        MessageTag = field.Varint();
                        break;
                    case 12:
                        Expires = field.Varint();
                        break;
                }
            }
        }

        public byte[] Encode()
        {
            var output = new List<byte>();
            Number(1, Major);
            if (Unknown is { } unknown)
            {
                PutNumber(output, 3, unknown ? 1UL : 0UL);
            }

            if (PublicKey is not null)
            {
                PutBytes(output, 4, PublicKey);
            }

            Bytes(6, Signature);
            Bytes(7, EphemeralKey);
            Number(8, (ulong)(long)MessageType);
            Number(10, Flags);
            Number(11, MessageTag);
            Number(12, Expires);
            return [.. output];

            void Number(int field, ulong value)
            {
                if (value != 0)
                {
                    PutNumber(output, field, value);
                }
            }

            void Bytes(int field, byte[] value)
            {
                if (value.Length > 0)
                {
                    PutBytes(output, field, value);
                }
            }
        }
    }

    private sealed record Field(uint Number, int Type, ulong Value, byte[] Bytes)
    {
        public ulong Varint()
        {
            Require(Type == 0);
            return Value;
        }

        public byte[] Delimited()
        {
            Require(Type == 2);
            return Bytes;
        }
    }

    private sealed class Input(byte[] data)
    {
        private int _position;

        public bool AtEnd => _position == data.Length;

        public byte[] Take(BigInteger count)
        {
            Require(count <= data.Length - _position);
            _position += (int)count;
            return data[(_position - (int)count).._position];
        }

        public BigInteger Varint()
        {
            BigInteger value = 0;
            for (int i = 0; i < 10; i++)
            {
                byte next = Take(1)[0];
                value += BigInteger.Pow(128, i) * (next % 128);
                if (next < 128)
                {
                    Require(value <= ulong.MaxValue);
                    return value;
                }
            }

            throw new BadWireException();
        }
    }

    private sealed class BadWireException : Exception;
}
