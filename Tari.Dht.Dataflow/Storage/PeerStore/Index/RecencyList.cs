namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>Slots by <see cref="PeerSlot.LastSeen"/>, the latest last, with a cursor that skips any number of them.</summary>
/// <remarks>
/// A sorted list in pieces: adding and removing search in, and move, one piece. Every member is given what the slots know; the times of
/// listed slots must not change. Not thread safe.
/// </remarks>
internal sealed class RecencyList
{
    internal const int PieceLength = 256;

    private Piece[] _pieces = [];
    private int _pieceCount;

    public int Count { get; private set; }

    public void Add(PeerSlot[] slots, int slot)
    {
        Count++;
        if (_pieceCount == 0)
        {
            InsertPiece(0, new Piece());
        }

        int at = PieceOf(slots, slot);
        Piece piece = _pieces[at];
        int index = piece.Search(slots, slot);
        if (piece.Count == PieceLength)
        {
            var next = new Piece();
            InsertPiece(at + 1, next);

            // Times mostly come in rising order: after the last one, a new piece leaves the full one full.
            int keep = at == _pieceCount - 2 && index == PieceLength ? PieceLength : PieceLength / 2;
            piece.MoveTail(keep, next);
            if (index >= keep)
            {
                (piece, index) = (next, index - keep);
            }
        }

        piece.Insert(index, slot);
    }

    public void Remove(PeerSlot[] slots, int slot)
    {
        Count--;
        int at = PieceOf(slots, slot);
        Piece piece = _pieces[at];
        piece.RemoveAt(piece.Search(slots, slot));
        if (piece.Count == 0)
        {
            RemovePiece(at);
        }
        else if (at > 0 && CanMerge(_pieces[at - 1], piece))
        {
            piece.MoveTail(0, _pieces[at - 1]);
            RemovePiece(at);
        }
        else if (at + 1 < _pieceCount && CanMerge(piece, _pieces[at + 1]))
        {
            _pieces[at + 1].MoveTail(0, piece);
            RemovePiece(at + 1);
        }
    }

    /// <summary>A cursor at the slot with the latest time, which is valid until the list changes.</summary>
    public Cursor Latest() => new(this);

    // Below half, so that a merged piece is not split again by the next slot.
    private static bool CanMerge(Piece a, Piece b) => a.Count + b.Count <= PieceLength / 2;

    /// <summary>Equal times are in order of the slots, so that each slot has one place.</summary>
    private static bool IsBefore(PeerSlot[] slots, int slot, int other)
    {
        long time = slots[slot].LastSeen;
        long otherTime = slots[other].LastSeen;
        return time < otherTime || (time == otherTime && slot < other);
    }

    /// <summary>The last piece that does not begin after a slot.</summary>
    private int PieceOf(PeerSlot[] slots, int slot)
    {
        int low = 0;
        int high = _pieceCount - 1;
        while (low < high)
        {
            int middle = (low + high + 1) >>> 1;
            if (IsBefore(slots, slot, _pieces[middle].Slots[0]))
            {
                high = middle - 1;
            }
            else
            {
                low = middle;
            }
        }

        return low;
    }

    private void InsertPiece(int at, Piece piece)
    {
        if (_pieceCount == _pieces.Length)
        {
            Array.Resize(ref _pieces, Math.Max(4, _pieceCount * 2));
        }

        Array.Copy(_pieces, at, _pieces, at + 1, _pieceCount - at);
        _pieces[at] = piece;
        _pieceCount++;
    }

    private void RemovePiece(int at)
    {
        _pieceCount--;
        Array.Copy(_pieces, at + 1, _pieces, at, _pieceCount - at);
        _pieces[_pieceCount] = null!;
    }

    /// <summary>A place in the list, moving from later to earlier times.</summary>
    public struct Cursor
    {
        private readonly RecencyList _list;
        private int _piece;
        private int _index;

        internal Cursor(RecencyList list)
        {
            _list = list;
            _piece = list._pieceCount - 1;
            _index = _piece < 0 ? -1 : list._pieces[_piece].Count - 1;
        }

        /// <summary>Whether there is a slot; not after the one with the earliest time.</summary>
        public readonly bool IsValid => _piece >= 0;

        public readonly int Slot => _list._pieces[_piece].Slots[_index];

        /// <summary>Moves on by a number of slots, at least 1.</summary>
        public void Advance(long count)
        {
            while (count > _index)
            {
                count -= _index + 1;
                if (--_piece < 0)
                {
                    return;
                }

                _index = _list._pieces[_piece].Count - 1;
            }

            _index -= (int)count;
        }
    }

    private sealed class Piece
    {
        public readonly int[] Slots = new int[PieceLength];

        public int Count;

        /// <summary>Index of a slot, or where it would be.</summary>
        public int Search(PeerSlot[] slots, int slot)
        {
            int low = 0;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) >>> 1;
                if (IsBefore(slots, Slots[middle], slot))
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }

        public void Insert(int index, int slot)
        {
            Slots.AsSpan(index, Count - index).CopyTo(Slots.AsSpan(index + 1));
            Slots[index] = slot;
            Count++;
        }

        public void RemoveAt(int index)
        {
            Count--;
            Slots.AsSpan(index + 1, Count - index).CopyTo(Slots.AsSpan(index));
        }

        /// <summary>Moves all from an index on to the end of another piece.</summary>
        public void MoveTail(int index, Piece other)
        {
            Slots.AsSpan(index, Count - index).CopyTo(other.Slots.AsSpan(other.Count));
            other.Count += Count - index;
            Count = index;
        }
    }
}
