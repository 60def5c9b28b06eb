using System.Numerics;
using System.Text;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

/// <summary>
/// The rules by which a message with a claim is decoded and converted, written down as plainly as possible: the twin of the readers that
/// work in place.
/// </summary>
internal sealed class PlainClaim
{
    private const int MaxNesting = 100;
    private const int MaxItems = 1024;

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    public byte[] PublicKey { get; private set; } = [];

    public List<byte[]> Addresses { get; } = [];

    public uint Features { get; private set; }

    public ulong Nonce { get; private set; }

    public List<byte[]> Protocols { get; } = [];

    public byte[] UserAgent { get; private set; } = [];

    public bool HasSignature { get; private set; }

    public uint Version { get; private set; }

    public byte[] Scalar { get; private set; } = [];

    public byte[] PublicNonce { get; private set; } = [];

    public long UpdatedAt { get; private set; }

    /// <summary>A join, a discovery or a response; null if the bytes are none.</summary>
    public static PlainClaim? DecodeDht(byte[] encoded)
    {
        var claim = new PlainClaim();
        int items = 0;
        return Try(() =>
        {
            foreach (Field field in Parse(encoded, MaxNesting))
            {
                switch (field.Number)
                {
                    case 1:
                        claim.PublicKey = field.Delimited();
                        break;
                    case 2:
                        claim.Addresses.Add(field.Delimited());
                        items++;
                        break;
                    case 3:
                        claim.Features = (uint)field.Varint();
                        break;
                    case 4:
                        claim.Nonce = field.Varint();
                        break;
                    case 5:
                        claim.MergeSignature(field.Delimited(), MaxNesting - 1);
                        items++;
                        break;
                }
            }

            Require(items <= MaxItems);
        }) ? claim : null;
    }

    /// <summary>An identity message; null if the bytes are none.</summary>
    public static PlainClaim? DecodeIdentity(byte[] encoded)
    {
        var claim = new PlainClaim();
        return Try(() =>
        {
            foreach (Field field in Parse(encoded, MaxNesting))
            {
                switch (field.Number)
                {
                    case 1:
                        claim.Addresses.Add(field.Delimited());
                        break;
                    case 2:
                        claim.Features = (uint)field.Varint();
                        break;
                    case 3:
                        claim.Protocols.Add(field.Delimited());
                        break;
                    case 4:
                        claim.UserAgent = field.Delimited();
                        Require(IsUtf8(claim.UserAgent));
                        break;
                    case 5:
                        claim.MergeSignature(field.Delimited(), MaxNesting - 1);
                        break;
                }
            }
        }) ? claim : null;
    }

    /// <summary>A claim within a record that is passed on, to be called within <see cref="Try"/>.</summary>
    public static PlainClaim DecodeRelayed(byte[] encoded, int depthLeft)
    {
        var claim = new PlainClaim();
        foreach (Field field in Parse(encoded, depthLeft))
        {
            switch (field.Number)
            {
                case 1:
                    claim.Addresses.Add(field.Delimited());
                    break;
                case 2:
                    claim.Features = (uint)field.Varint();
                    break;
                case 3:
                    claim.MergeSignature(field.Delimited(), depthLeft - 1);
                    break;
            }
        }

        return claim;
    }

    /// <summary>Everything that keeps the message from being a claim, in any order.</summary>
    public HashSet<PeerClaimError> Faults(bool hasKey)
    {
        var faults = new HashSet<PeerClaimError>();
        Add(hasKey && PublicKey.Length != 32, PeerClaimError.PublicKey);
        Add(Features > 3, PeerClaimError.Features);
        Add(!HasSignature, PeerClaimError.MissingSignature);
        Add(HasSignature && Version > 255, PeerClaimError.SignatureVersion);
        Add(HasSignature && PublicNonce.Length != 32, PeerClaimError.SignatureNonce);
        Add(HasSignature && (Scalar.Length != 32 || Scalars.Number(Scalar) >= Scalars.Order), PeerClaimError.SignatureScalar);
        Add(HasSignature && UpdatedAt is < -8_334_601_228_800 or > 8_210_266_876_799, PeerClaimError.SignatureDate);
        Add(Addresses.Exists(address => Multiaddr.TryFromBytes(address, out _) != MultiaddrError.None), PeerClaimError.Address);
        return faults;

        void Add(bool condition, PeerClaimError fault)
        {
            if (condition)
            {
                faults.Add(fault);
            }
        }
    }

    private static bool IsUtf8(byte[] bytes)
    {
        try
        {
            s_strict.GetCharCount(bytes);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Whether something is decoded without meeting bytes that cannot be.</summary>
    internal static bool Try(Action decode)
    {
        try
        {
            decode();
            return true;
        }
        catch (BadWireException)
        {
            return false;
        }
    }

    internal static List<Field> Parse(byte[] encoded, int depthLeft)
    {
        int position = 0;
        return ParseFields(encoded, ref position, depthLeft, depthLeft, group: null);
    }

    // Known fields of a message don't nest, so only what is passed over counts: fields 1 to 5 at the message's own level are known.
    private static List<Field> ParseFields(byte[] input, ref int position, int depthLeft, int top, uint? group)
    {
        var fields = new List<Field>();
        while (group is not null || position < input.Length)
        {
            BigInteger key = ReadVarint(input, ref position);
            Require(key <= uint.MaxValue && key >= 8);
            uint number = (uint)(key / 8);
            int type = (int)(key % 8);
            if (type == 4)
            {
                Require(number == group);
                break;
            }

            Require(depthLeft > 0 || depthLeft == top);
            switch (type)
            {
                case 0:
                    fields.Add(new Field(number, type, (ulong)ReadVarint(input, ref position), []));
                    break;
                case 1:
                    fields.Add(new Field(number, type, 0, Take(input, ref position, 8)));
                    break;
                case 2:
                    BigInteger length = ReadVarint(input, ref position);
                    fields.Add(new Field(number, type, 0, Take(input, ref position, length)));
                    break;
                case 3:
                    ParseFields(input, ref position, depthLeft - 1, top, number);
                    fields.Add(new Field(number, type, 0, []));
                    break;
                case 5:
                    fields.Add(new Field(number, type, 0, Take(input, ref position, 4)));
                    break;
                default:
                    throw new BadWireException();
            }
        }

        return fields;
    }

    private static BigInteger ReadVarint(byte[] input, ref int position)
    {
        BigInteger value = 0;
        for (int i = 0; i < 10; i++)
        {
            byte next = Take(input, ref position, 1)[0];
            value += (BigInteger)(next & 127) << (7 * i);
            if (next < 128)
            {
                Require(value <= ulong.MaxValue);
                return value;
            }
        }

        throw new BadWireException();
    }

    private static byte[] Take(byte[] input, ref int position, BigInteger count)
    {
        Require(count <= input.Length - position);
        byte[] taken = input[position..(position + (int)count)];
        position += taken.Length;
        return taken;
    }

    private static void Require(bool condition)
    {
        if (!condition)
        {
            throw new BadWireException();
        }
    }

    private void MergeSignature(byte[] encoded, int depthLeft)
    {
        HasSignature = true;
        foreach (Field field in Parse(encoded, depthLeft))
        {
            switch (field.Number)
            {
                case 1:
                    Version = (uint)field.Varint();
                    break;
                case 2:
                    Scalar = field.Delimited();
                    break;
                case 3:
                    PublicNonce = field.Delimited();
                    break;
                case 4:
                    UpdatedAt = (long)field.Varint();
                    break;
            }
        }
    }

    internal sealed record Field(uint Number, int Type, ulong Value, byte[] Bytes)
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

    private sealed class BadWireException : Exception;
}
