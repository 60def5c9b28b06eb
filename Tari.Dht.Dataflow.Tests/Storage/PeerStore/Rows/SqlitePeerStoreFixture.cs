using Tari.Dht.Dataflow.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>A folder with the place for a file of peers, and the log of the stores that open it.</summary>
internal abstract class SqlitePeerStoreFixture
{
    protected TemporaryFolder Folder { get; private set; } = null!;

    protected LogRecorder Log { get; private set; } = null!;

    /// <summary>The file, which need not exist; another one if a test says so.</summary>
    protected string StorePath { get; set; } = null!;

    [SetUp]
    public void CreateFolder()
    {
        Folder = new TemporaryFolder();
        Log = new LogRecorder();
        StorePath = Folder["peers.db"];
    }

    [TearDown]
    public void DisposeFolder() => Folder.Dispose();

    protected SqlitePeerStore Open() => SqlitePeerStore.Open(StorePath, StoredPeers.Owner, Log);
}
