using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>Reads a write-ahead log without SQLite, which cannot do it where nothing can be written.</summary>
/// <remarks>
/// A header of 32 bytes is followed by frames: 24 bytes and a page. A frame counts when its salts are those of the header, its running
/// checksum is right and a frame that ends a transaction follows or is the frame itself. Numbers are big-endian.
/// </remarks>
internal static class SqliteLog
{
    private const int HeaderLength = 32;
    private const int FrameHeaderLength = 24;
    private const uint Version = 3_007_000;

    /// <summary>The last bit says that the checksums are over big-endian words.</summary>
    private const uint Magic = 0x377f0682;

    /// <summary>Finds the pages that count.</summary>
    /// <param name="log">The whole log.</param>
    /// <param name="pageSize">The page size of the database.</param>
    /// <param name="pages">Takes where in the log the latest form of each page starts, by its number from 1.</param>
    /// <param name="pageCount">The pages of the database after the last transaction; 0 when the log says nothing.</param>
    /// <returns>False for a log that SQLite would not read either.</returns>
    public static bool TryRead(ReadOnlySpan<byte> log, int pageSize, Dictionary<uint, int> pages, out uint pageCount)
    {
        pageCount = 0;
        if (log.Length < HeaderLength)
        {
            return true;
        }

        uint magic = Word(log, 0);
        bool isBigEndian = (magic & 1) != 0;
        uint first = 0, second = 0;
        AddChecksum(log[..24], isBigEndian, ref first, ref second);
        if ((magic & ~1u) != Magic || Word(log, 24) != first || Word(log, 28) != second)
        {
            // As a crash leaves it that came before the first frame.
            return true;
        }

        if (Word(log, 4) != Version || Word(log, 8) != (uint)pageSize)
        {
            return false;
        }

        var pending = new Dictionary<uint, int>();
        for (int offset = HeaderLength; log.Length - offset >= FrameHeaderLength + pageSize; offset += FrameHeaderLength + pageSize)
        {
            ReadOnlySpan<byte> frame = log.Slice(offset, FrameHeaderLength + pageSize);
            uint page = Word(frame, 0);
            if (page == 0 || !frame.Slice(8, 8).SequenceEqual(log.Slice(16, 8)))
            {
                break;
            }

            AddChecksum(frame[..8], isBigEndian, ref first, ref second);
            AddChecksum(frame[FrameHeaderLength..], isBigEndian, ref first, ref second);
            if (Word(frame, 16) != first || Word(frame, 20) != second)
            {
                break;
            }

            pending[page] = offset + FrameHeaderLength;
            if (Word(frame, 4) is var count and not 0)
            {
                foreach ((uint number, int start) in pending)
                {
                    pages[number] = start;
                }

                pending.Clear();
                pageCount = count;
            }
        }

        return true;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32BigEndian(bytes[offset..]);

    private static void AddChecksum(ReadOnlySpan<byte> bytes, bool isBigEndian, ref uint first, ref uint second)
    {
        for (int i = 0; i < bytes.Length; i += 8)
        {
            ulong pair = BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]);
            uint left = (uint)pair, right = (uint)(pair >> 32);
            if (isBigEndian)
            {
                left = BinaryPrimitives.ReverseEndianness(left);
                right = BinaryPrimitives.ReverseEndianness(right);
            }

            first += left + second;
            second += right + first;
        }
    }
}
