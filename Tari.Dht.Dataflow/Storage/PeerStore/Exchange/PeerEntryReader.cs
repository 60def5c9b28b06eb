using System.Buffers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Exchange;

/// <summary>Cuts a stream of peers as JSON into its entries: the values of one array, or lines.</summary>
/// <remarks>
/// <para>
/// Which of the two it is, the first character says: an array begins with <c>[</c>. Within an array nothing but brackets and strings are
/// looked at, to find where an entry ends; whether it is JSON, its reader says.
/// </para>
/// <para>Holds one entry and a piece of the next, in a rented buffer that grows to the longest entry allowed. Not thread safe.</para>
/// </remarks>
internal sealed class PeerEntryReader : IDisposable
{
    // Enough for a usual entry many times over.
    private const int FirstBuffer = 16 * 1024;

    private readonly Stream _stream;
    private readonly int _maxEntryBytes;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private bool _isFinal;
    private long _line = 1;
    private Form _form;
    private int _entryStart;
    private int _entryLength;

    /// <param name="stream">UTF-8; the caller's to dispose of.</param>
    /// <param name="maxEntryBytes">The longest entry, at least 1.</param>
    public PeerEntryReader(Stream stream, int maxEntryBytes)
    {
        _stream = stream;
        _maxEntryBytes = maxEntryBytes;
        _buffer = ArrayPool<byte>.Shared.Rent(Math.Min(FirstBuffer, maxEntryBytes + 2));
    }

    private enum Form
    {
        Unknown,
        ArrayStart,
        Array,
        ArrayEnd,
        Lines,
        Nothing,
    }

    /// <summary>What <see cref="ReadAsync"/> came to.</summary>
    public enum Found
    {
        /// <summary>The end.</summary>
        Nothing,

        /// <summary>An entry of the array.</summary>
        Value,

        /// <summary>A line.</summary>
        Line,

        /// <summary>An entry that is too long; it was passed over.</summary>
        TooLong,

        /// <summary>The end, within an array.</summary>
        OpenArray,

        /// <summary>Something that follows the array; nothing more is read.</summary>
        Trailing,
    }

    /// <summary>The entry found, until the next one is read.</summary>
    public ReadOnlyMemory<byte> Entry => _buffer.AsMemory(_entryStart, _entryLength);

    /// <summary>The number of what was found, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>The line on which what was found begins, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads up to the end of the next entry.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async ValueTask<Found> ReadAsync(CancellationToken cancellationToken)
    {
        if (_form == Form.Unknown)
        {
            await BeginAsync(cancellationToken).ConfigureAwait(false);
        }

        bool hasMore = await SkipSpaceAsync(cancellationToken).ConfigureAwait(false);
        if (!hasMore || _form == Form.Nothing)
        {
            Line = _line;
            Number++;
            bool isOpen = _form is Form.ArrayStart or Form.Array;
            _form = Form.Nothing;
            return isOpen ? Found.OpenArray : Found.Nothing;
        }

        if (_form == Form.ArrayStart && _buffer[_start] == ']')
        {
            _start++;
            _form = Form.ArrayEnd;
            return await ReadAsync(cancellationToken).ConfigureAwait(false);
        }

        Line = _line;
        Number++;
        if (_form == Form.ArrayEnd)
        {
            _form = Form.Nothing;
            return Found.Trailing;
        }

        return _form == Form.Lines
            ? await ReadLineAsync(cancellationToken).ConfigureAwait(false)
            : await ReadValueAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Returns the buffer; <see cref="Entry"/> is void from here on.</summary>
    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private async ValueTask BeginAsync(CancellationToken cancellationToken)
    {
        await FillAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlySpan<byte> byteOrderMark = [0xEF, 0xBB, 0xBF];
        if (_buffer.AsSpan(_start, _end - _start).StartsWith(byteOrderMark))
        {
            _start += byteOrderMark.Length;
        }

        bool hasMore = await SkipSpaceAsync(cancellationToken).ConfigureAwait(false);
        _form = hasMore && _buffer[_start] == '[' ? Form.ArrayStart : Form.Lines;
        if (_form == Form.ArrayStart)
        {
            _start++;
        }
    }

    /// <summary>Passes over white space, and counts its lines.</summary>
    /// <returns>False at the end of the stream.</returns>
    private async ValueTask<bool> SkipSpaceAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            for (; _start < _end; _start++)
            {
                byte value = _buffer[_start];
                if (value == '\n')
                {
                    _line++;
                }
                else if (value is not ((byte)' ' or (byte)'\t' or (byte)'\r'))
                {
                    return true;
                }
            }

            if (_isFinal)
            {
                return false;
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Found> ReadLineAsync(CancellationToken cancellationToken)
    {
        int scanned = 0;
        bool isTooLong = false;
        while (true)
        {
            int length = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (length >= 0 || _isFinal)
            {
                // The end of the line counts when the next entry is looked for.
                Take(length >= 0 ? scanned + length : _end - _start);
                return isTooLong || _entryLength > _maxEntryBytes ? Found.TooLong : Found.Line;
            }

            // A carriage return may belong to the end of the line, for which one more byte is read.
            scanned = _end - _start;
            if (scanned > _maxEntryBytes + 1)
            {
                isTooLong = true;
                Pass(ref scanned);
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Found> ReadValueAsync(CancellationToken cancellationToken)
    {
        var scan = default(ValueScan);
        int scanned = 0;
        bool isTooLong = false;
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start + scanned, _end - _start - scanned);
            int length = scan.FindEnd(rest, ref _line);
            if (length >= 0)
            {
                _form = rest[length] == ']' ? Form.ArrayEnd : Form.Array;
                Take(scanned + length);
                _start++;
                return isTooLong || _entryLength > _maxEntryBytes ? Found.TooLong : Found.Value;
            }

            scanned = _end - _start;
            if (_isFinal)
            {
                Take(scanned);
                _form = scan.IsWhole ? Form.Array : Form.Nothing;
                return !scan.IsWhole ? Found.OpenArray
                    : isTooLong || _entryLength > _maxEntryBytes ? Found.TooLong
                    : Found.Value;
            }

            if (scan.IsWhole)
            {
                DropSpaceAfter(ref scanned);
            }

            if (scanned > _maxEntryBytes + 1)
            {
                isTooLong = true;
                Pass(ref scanned);
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes the next bytes as an entry, without the white space at their end.</summary>
    private void Take(int length)
    {
        _entryStart = _start;
        _entryLength = TrimmedLength(length);
        _start += length;
    }

    /// <summary>Of white space after what was scanned, leaves one character: enough to keep apart what must not be joined.</summary>
    private void DropSpaceAfter(ref int scanned)
    {
        scanned = Math.Min(scanned, TrimmedLength(scanned) + 1);
        _end = _start + scanned;
    }

    private int TrimmedLength(int length) => _buffer.AsSpan(_start, length).TrimEnd(" \t\r\n"u8).Length;

    /// <summary>Forgets what was scanned.</summary>
    private void Pass(ref int scanned)
    {
        _start += scanned;
        scanned = 0;
    }

    /// <summary>Reads until the buffer is full or the stream ends; makes room first, if there is none.</summary>
    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            long enough = Math.Max(_maxEntryBytes + 2L, _buffer.Length + 1L);
            byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(2L * _buffer.Length, enough));
            _buffer.AsSpan(0, _end).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        // A whole buffer at a time, for an entry may be scanned no more than once.
        int wanted = _buffer.Length - _end;
        int read = await _stream.ReadAtLeastAsync(_buffer.AsMemory(_end), wanted, throwOnEndOfStream: false, cancellationToken)
            .ConfigureAwait(false);
        _end += read;
        _isFinal = read < wanted;
    }

    /// <summary>Finds the comma or bracket after a value, across pieces of it.</summary>
    private struct ValueScan
    {
        private int _depth;
        private bool _isInString;
        private bool _isEscaped;

        /// <summary>Whether no bracket and no string is open.</summary>
        public readonly bool IsWhole => _depth == 0 && !_isInString;

        /// <returns>Where it is; −1 if it is not in this piece.</returns>
        public int FindEnd(ReadOnlySpan<byte> piece, ref long line)
        {
            for (int i = 0; i < piece.Length; i++)
            {
                byte value = piece[i];
                if (value == '\n')
                {
                    line++;
                }

                if (_isInString)
                {
                    _isInString = _isEscaped || value != '"';
                    _isEscaped = !_isEscaped && value == '\\';
                    continue;
                }

                switch (value)
                {
                    case (byte)'"':
                        _isInString = true;
                        break;
                    case (byte)'{' or (byte)'[':
                        _depth++;
                        break;
                    case (byte)',' or (byte)']' when _depth == 0:
                        return i;
                    case (byte)'}' or (byte)']':
                        // One too many belongs to the entry, whose reader refuses it.
                        _depth = Math.Max(_depth - 1, 0);
                        break;
                }
            }

            return -1;
        }
    }
}
