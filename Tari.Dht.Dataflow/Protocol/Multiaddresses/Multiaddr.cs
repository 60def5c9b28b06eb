using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Text.Unicode;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>An address of several components, such as <c>/ip4/1.2.3.4/tcp/18189</c>, in its binary form.</summary>
/// <remarks>
/// A value over bytes that were checked once; equality is that of the bytes. Immutable, thread safe. Reading untrusted bytes or text
/// takes time and memory in proportion to their length and answers an error, never an exception.
/// The text form can lose what the bytes hold, see <see cref="TextReadsBack"/>.
/// </remarks>
public readonly struct Multiaddr : IEquatable<Multiaddr>, ISpanParsable<Multiaddr>, ISpanFormattable, IUtf8SpanFormattable
{
    /// <summary>Bytes of the longest address that <see cref="WriteIp"/> writes.</summary>
    internal const int MaxIpLength = 1 + 16 + 1 + sizeof(ushort);

    private const int StackBytes = 256;
    private const int MaxUtf8PerCharacter = 3;

    private static readonly UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[]? _bytes;

    private Multiaddr(byte[] bytes) => _bytes = bytes;

    /// <summary>The address without any component.</summary>
    public static Multiaddr Empty => default;

    /// <summary>The binary form; the address's own bytes, not a copy, which nobody may write to.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The binary form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether there is no component.</summary>
    public bool IsEmpty => _bytes is null or { Length: 0 };

    /// <summary>Whether the text form parses back to the identical bytes; a DNS name with a slash does not.</summary>
    /// <remarks>Decided without writing the text; allocates nothing.</remarks>
    public bool TextReadsBack
    {
        get
        {
            ReadOnlySpan<byte> rest = Bytes;
            while (!rest.IsEmpty)
            {
                MultiaddrBinary.TrySplit(rest, out MultiaddrProtocol protocol, out ReadOnlySpan<byte> value, out int length);
                if (!MultiaddrTextWriter.ReadsBack(new MultiaddrComponent(protocol, value), length))
                {
                    return false;
                }

                rest = rest[length..];
            }

            return true;
        }
    }

    /// <summary>Byte equality.</summary>
    public static bool operator ==(Multiaddr left, Multiaddr right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(Multiaddr left, Multiaddr right) => !left.Equals(right);

    /// <summary>Reads a binary form, which is copied.</summary>
    /// <param name="bytes">Untrusted bytes.</param>
    /// <param name="address">The address; empty unless the result is <see cref="MultiaddrError.None"/>.</param>
    public static MultiaddrError TryFromBytes(ReadOnlySpan<byte> bytes, out Multiaddr address)
    {
        MultiaddrError error = MultiaddrBinary.Check(bytes);
        address = error == MultiaddrError.None && !bytes.IsEmpty ? new Multiaddr(bytes.ToArray()) : default;
        return error;
    }

    /// <summary>Reads a binary form, which is copied.</summary>
    /// <param name="bytes">The binary form.</param>
    /// <exception cref="MultiaddrException">It is none.</exception>
    public static Multiaddr FromBytes(ReadOnlySpan<byte> bytes)
    {
        MultiaddrError error = TryFromBytes(bytes, out Multiaddr address);
        return error == MultiaddrError.None ? address : throw new MultiaddrException(error);
    }

    /// <summary>Reads a text form.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="address">The address; empty unless the result is <see cref="MultiaddrError.None"/>.</param>
    public static MultiaddrError TryParse(ReadOnlySpan<char> text, out Multiaddr address)
    {
        address = default;
        if (text.Length > Array.MaxLength / MaxUtf8PerCharacter)
        {
            return MultiaddrError.ParsingError;
        }

        byte[]? rented = null;
        int maximum = text.Length * MaxUtf8PerCharacter;
        Span<byte> utf8 = maximum <= StackBytes ? stackalloc byte[StackBytes] : (rented = ArrayPool<byte>.Shared.Rent(maximum));
        try
        {
            // Half of a surrogate pair is no character; there is no UTF-8 for it.
            return Utf8.FromUtf16(text, utf8, out _, out int length, replaceInvalidSequences: false) == OperationStatus.Done
                ? TryParse(utf8[..length], out address)
                : MultiaddrError.ParsingError;
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    /// <summary>Reads a text form in UTF-8.</summary>
    /// <param name="utf8Text">Untrusted text.</param>
    /// <param name="address">The address; empty unless the result is <see cref="MultiaddrError.None"/>.</param>
    public static MultiaddrError TryParse(ReadOnlySpan<byte> utf8Text, out Multiaddr address)
    {
        address = default;
        if (!Utf8.IsValid(utf8Text))
        {
            return MultiaddrError.ParsingError;
        }

        var bytes = new ByteBuilder(stackalloc byte[StackBytes]);
        try
        {
            MultiaddrError error = MultiaddrTextReader.TryRead(utf8Text, ref bytes);
            if (error == MultiaddrError.None && !bytes.Written.IsEmpty)
            {
                address = new Multiaddr(bytes.Written.ToArray());
            }

            return error;
        }
        finally
        {
            bytes.Dispose();
        }
    }

    /// <summary>Reads a text form.</summary>
    /// <param name="text">The text form.</param>
    /// <exception cref="MultiaddrException">It is none.</exception>
    public static Multiaddr Parse(ReadOnlySpan<char> text)
    {
        MultiaddrError error = TryParse(text, out Multiaddr address);
        return error == MultiaddrError.None ? address : throw new MultiaddrException(error);
    }

    /// <summary><c>/ip4/…/tcp/…</c> or <c>/ip6/…/tcp/…</c>; the zone of an IPv6 address is left out.</summary>
    /// <param name="address">The address of IP.</param>
    /// <param name="port">The TCP port.</param>
    /// <exception cref="ArgumentNullException">The address is null.</exception>
    public static Multiaddr FromIp(IPAddress address, ushort port)
    {
        ArgumentNullException.ThrowIfNull(address);
        Span<byte> ip = stackalloc byte[16];
        address.TryWriteBytes(ip, out int length);
        Span<byte> bytes = stackalloc byte[MaxIpLength];
        return new Multiaddr(bytes[..WriteIp(ip[..length], port, bytes)].ToArray());
    }

    /// <summary><c>/ip4/…/tcp/…</c> or <c>/ip6/…/tcp/…</c>.</summary>
    /// <param name="endPoint">The address of IP and the TCP port.</param>
    /// <exception cref="ArgumentNullException">The end point is null.</exception>
    public static Multiaddr FromEndPoint(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return FromIp(endPoint.Address, (ushort)endPoint.Port);
    }

    /// <summary><c>/dns4/name/tcp/…</c>.</summary>
    /// <param name="name">The name; not checked but for being Unicode.</param>
    /// <param name="port">The TCP port.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    /// <exception cref="ArgumentException">The name holds half of a surrogate pair.</exception>
    public static Multiaddr FromDns4(string name, ushort port)
    {
        ArgumentNullException.ThrowIfNull(name);
        byte[] utf8;
        try
        {
            utf8 = s_strictUtf8.GetBytes(name);
        }
        catch (EncoderFallbackException exception)
        {
            throw new ArgumentException("The name is not Unicode.", nameof(name), exception);
        }

        var bytes = new ByteBuilder(stackalloc byte[StackBytes]);
        try
        {
            bytes.AppendVarint((uint)MultiaddrProtocol.Dns4);
            bytes.AppendVarint((uint)utf8.Length);
            bytes.Append(utf8);
            bytes.AppendVarint((uint)MultiaddrProtocol.Tcp);
            BinaryPrimitives.WriteUInt16BigEndian(bytes.Take(sizeof(ushort)), port);
            return new Multiaddr(bytes.Written.ToArray());
        }
        finally
        {
            bytes.Dispose();
        }
    }

    /// <summary><c>/memory/…</c>, an address of the in-memory transport that tests use.</summary>
    /// <param name="port">The number.</param>
    public static Multiaddr FromMemoryPort(ulong port)
    {
        var bytes = new ByteBuilder(stackalloc byte[16]);
        bytes.AppendVarint((uint)MultiaddrProtocol.Memory);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.Take(sizeof(ulong)), port);
        return new Multiaddr(bytes.Written.ToArray());
    }

    /// <summary><c>/onion3/…</c> of a hidden service, with its checksum.</summary>
    /// <param name="serviceKey">The service's public key, 32 bytes.</param>
    /// <param name="port">The port, not 0.</param>
    /// <exception cref="ArgumentException">The key is not 32 bytes.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is 0.</exception>
    public static Multiaddr FromOnion3(ReadOnlySpan<byte> serviceKey, ushort port)
    {
        if (serviceKey.Length != OnionAddress.KeyLength)
        {
            throw new ArgumentException($"The key of a hidden service is {OnionAddress.KeyLength} bytes.", nameof(serviceKey));
        }

        ArgumentOutOfRangeException.ThrowIfZero(port);
        var bytes = new ByteBuilder(stackalloc byte[64]);
        bytes.AppendVarint((uint)MultiaddrProtocol.Onion3);
        OnionAddress.Write(serviceKey, bytes.Take(OnionAddress.Length));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.Take(sizeof(ushort)), port);
        return new Multiaddr(bytes.Written.ToArray());
    }

    /// <summary>The components in order; for <c>foreach</c>.</summary>
    public MultiaddrEnumerator GetEnumerator() => new(Bytes);

    /// <summary>The first component, which decides what kind of address this is.</summary>
    /// <param name="component">The component; meaningless when there is none.</param>
    /// <returns>False when the address is empty.</returns>
    public bool TryGetFirst(out MultiaddrComponent component)
    {
        MultiaddrEnumerator components = GetEnumerator();
        bool found = components.MoveNext();
        component = components.Current;
        return found;
    }

    /// <inheritdoc/>
    public bool Equals(Multiaddr other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Multiaddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The canonical text form; empty for the empty address.</summary>
    public override string ToString()
    {
        var text = new ByteBuilder(stackalloc byte[StackBytes]);
        try
        {
            MultiaddrTextWriter.Append(ref text, this);
            return Encoding.UTF8.GetString(text.Written);
        }
        finally
        {
            text.Dispose();
        }
    }

    /// <summary>Writes the canonical text form.</summary>
    /// <param name="destination">Room for the text.</param>
    /// <param name="charsWritten">Characters written; 0 when there is too little room.</param>
    /// <returns>False when there is too little room.</returns>
    public bool TryFormat(Span<char> destination, out int charsWritten)
    {
        var text = new ByteBuilder(stackalloc byte[StackBytes]);
        try
        {
            MultiaddrTextWriter.Append(ref text, this);
            return Encoding.UTF8.TryGetChars(text.Written, destination, out charsWritten);
        }
        finally
        {
            text.Dispose();
        }
    }

    /// <summary>Writes the canonical text form in UTF-8.</summary>
    /// <param name="utf8Destination">Room for the text.</param>
    /// <param name="bytesWritten">Bytes written; 0 when there is too little room.</param>
    /// <returns>False when there is too little room.</returns>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten)
    {
        var text = new ByteBuilder(stackalloc byte[StackBytes]);
        try
        {
            MultiaddrTextWriter.Append(ref text, this);
            bool fits = text.Written.TryCopyTo(utf8Destination);
            bytesWritten = fits ? text.Written.Length : 0;
            return fits;
        }
        finally
        {
            text.Dispose();
        }
    }

    // The text form knows neither formats nor cultures.
    static Multiaddr IParsable<Multiaddr>.Parse(string s, IFormatProvider? provider)
    {
        ArgumentNullException.ThrowIfNull(s);
        return Parse(s);
    }

    static bool IParsable<Multiaddr>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Multiaddr result)
    {
        result = default;
        return s is not null && TryParse(s, out result) == MultiaddrError.None;
    }

    static Multiaddr ISpanParsable<Multiaddr>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool ISpanParsable<Multiaddr>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Multiaddr result) =>
        TryParse(s, out result) == MultiaddrError.None;

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    bool ISpanFormattable.TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(destination, out charsWritten);

    bool IUtf8SpanFormattable.TryFormat(
        Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        TryFormat(utf8Destination, out bytesWritten);

    /// <summary>Writes the binary form of an address of IP and a TCP port.</summary>
    /// <param name="ip">The 4 or 16 bytes of the address.</param>
    /// <param name="port">The port.</param>
    /// <param name="destination"><see cref="MaxIpLength"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    internal static int WriteIp(ReadOnlySpan<byte> ip, ushort port, Span<byte> destination)
    {
        destination[0] = (byte)(ip.Length == 4 ? MultiaddrProtocol.Ip4 : MultiaddrProtocol.Ip6);
        ip.CopyTo(destination[1..]);
        destination[ip.Length + 1] = (byte)MultiaddrProtocol.Tcp;
        BinaryPrimitives.WriteUInt16BigEndian(destination[(ip.Length + 2)..], port);
        return ip.Length + 4;
    }
}
