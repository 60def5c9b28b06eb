namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>Small numbers for the texts of network groups, for as long as an address has them.</summary>
/// <remarks>Who announces addresses chooses their groups, so groups without an address are forgotten. Not thread safe.</remarks>
internal sealed class NetworkGroups
{
    private readonly Dictionary<string, int> _numbers = [];
    private readonly List<(string? Name, int Rows)> _groups = [];
    private readonly Stack<int> _free = [];

    /// <summary>All numbers in use are below.</summary>
    public int End => _groups.Count;

    /// <summary>Groups with an address.</summary>
    public int Count => _numbers.Count;

    /// <summary>The number of a group, with one more address than before.</summary>
    public int Acquire(string name)
    {
        if (_numbers.TryGetValue(name, out int number))
        {
            _groups[number] = (_groups[number].Name, _groups[number].Rows + 1);
            return number;
        }

        if (!_free.TryPop(out number))
        {
            number = _groups.Count;
            _groups.Add(default);
        }

        _groups[number] = (name, 1);
        _numbers.Add(name, number);
        return number;
    }

    /// <summary>Takes an address from a group.</summary>
    public void Release(int number)
    {
        (string? name, int rows) = _groups[number];
        if (rows > 1)
        {
            _groups[number] = (name, rows - 1);
            return;
        }

        _groups[number] = default;
        _numbers.Remove(name!);
        _free.Push(number);
    }

    public bool TryGet(string name, out int number) => _numbers.TryGetValue(name, out number);
}
