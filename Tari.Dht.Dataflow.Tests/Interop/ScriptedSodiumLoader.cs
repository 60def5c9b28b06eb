using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Tests.Interop;

/// <summary>A loader that knows the libraries it was told of, by name, with what each of them lacks.</summary>
internal sealed class ScriptedSodiumLoader : ISodiumLoader
{
    private readonly Dictionary<string, Library> _libraries = [];
    private readonly List<string> _functions = [];

    public List<string> Tried { get; } = [];

    public List<string> Freed { get; } = [];

    public void Add(string name, nint handle, string? missing = null, string? wrongSize = null) =>
        _libraries.Add(name, new Library(handle, missing, wrongSize));

    public bool TryLoad(string name, out nint handle)
    {
        Tried.Add(name);
        bool found = _libraries.TryGetValue(name, out Library? library);
        handle = library?.Handle ?? 0;
        return found;
    }

    public bool TryGetExport(nint handle, string function, out nint address)
    {
        Library library = _libraries.Values.Single(candidate => candidate.Handle == handle);
        bool found = library.Missing is null || !function.Contains(library.Missing, StringComparison.Ordinal);
        _functions.Add(library.WrongSize == function ? "wrong" : function);
        address = found ? _functions.Count : 0;
        return found;
    }

    public nuint ReadSize(nint address) => _functions[(int)address - 1] switch
    {
        "crypto_core_ristretto255_nonreducedscalarbytes" => 64,
        "crypto_aead_chacha20poly1305_ietf_npubbytes" => 12,
        "crypto_aead_chacha20poly1305_ietf_abytes" => 16,
        "wrong" => 48,
        _ => 32,
    };

    public void Free(nint handle) => Freed.Add(_libraries.Single(library => library.Value.Handle == handle).Key);

    private sealed record Library(nint Handle, string? Missing, string? WrongSize);
}
