using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>
/// The manager with a real file, restarted now and then, against <see cref="PeerModel"/> under the same random operations.
/// </summary>
[TestFixture]
internal sealed class PeerManagerModelTests
{
    private const int Operations = 500;
    private const int Peers = 14;

    private static IEnumerable<int> Seeds => LongRun.Seeds(1, 8);

    [TestCaseSource(nameof(Seeds))]
    public async Task Every_answer_is_that_of_the_model(int seed)
    {
        using var folder = new TemporaryFolder();
        var run = new ModelRun(seed, folder["peers.db"]);
        await run.RunAsync();
    }

    private sealed class ModelRun
    {
        private static readonly Multiaddr[] s_addresses =
        [
            .. Enumerable.Range(0, 8).Select(i => Multiaddr.Parse($"/ip4/23.{23 + (i % 2)}.1.{i}/tcp/18189")),
            .. Enumerable.Range(0, 4).Select(i => Multiaddr.Parse($"/ip6/2606:4700::{i + 1}/tcp/18189")),
            Multiaddr.Parse("/ip4/10.1.2.3/tcp/1"),
            Multiaddr.Parse("/ip4/127.0.0.1/tcp/2"),
            Multiaddr.Parse("/dns4/a.example.com/tcp/3"),
            Multiaddr.Parse("/dns4/b.example.com/tcp/3"),
            Multiaddr.Parse("/memory/7"),
            Multiaddr.FromBytes([0x36, 6, .. "evil/x"u8, 0x06, 0x00, 0x50]),
            Multiaddr.Empty,
        ];

        private readonly Random _random;
        private readonly ManualTimeProvider _time = new();
        private readonly PeerModel _model = new();
        private readonly PeerManagerOptions _options;
        private readonly PeerAddressSource[] _sources;
        private readonly int _cap;
        private PeerManager _manager;

        public ModelRun(int seed, string path)
        {
            _random = new Random(seed);
            _cap = _random.Next(4);
            _options = new PeerManagerOptions
            {
                DatabasePath = path,
                MaxPeerRows = _random.Next(8),
                MaxCandidatesPerNetgroup = _cap,
                Transports = _random.Next(4) switch
                {
                    0 => TransportKinds.None,
                    1 => TransportKinds.Ipv4,
                    2 => TransportKinds.Ipv6 | TransportKinds.Memory,
                    _ => TransportKinds.All,
                },
                FlushBatch = 8,
                TimeProvider = _time,
                TaskScheduler = new InlineTaskScheduler(),
                Random = new Random(seed),
            };
            _sources =
            [
                PeerAddressSource.Config,
                .. Enumerable.Range(1, 6).Select(i => PeerMaker.Claimed(
                    Now.AddMinutes(-_random.Next(3)).AddTicks(_random.Next(2)), [.. s_addresses.Skip(i).Take(3)])),
            ];
            _manager = PeerManager.Open(_options);
        }

        private DateTimeOffset Now => _time.GetUtcNow();

        public async Task RunAsync()
        {
            for (int operation = 0; operation < Operations; operation++)
            {
                int kind = _random.Next(30);
                if (kind == 0)
                {
                    await RestartAsync();
                }
                else
                {
                    Do(kind);
                }

                Compare($"after operation {operation}, of kind {kind}");
                if (_random.Next(3) == 0)
                {
                    CompareQueries($"after operation {operation}, of kind {kind}");
                }
            }

            await RestartAsync();
            Compare("at the end");
            await _manager.DisposeAsync();
        }

        private async Task RestartAsync()
        {
            if (_random.Next(2) == 0)
            {
                await _manager.FlushAsync();
                Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.Zero);
            }

            await _manager.DisposeAsync();
            _manager = PeerManager.Open(_options);
            _model.Restart();
        }

        private void Do(int kind)
        {
            int number = _random.Next(Peers);
            NodeId id = PeerMaker.Id(number);
            switch (kind)
            {
                case < 9:
                    Peer peer = RandomPeer(number);
                    if (_model.Save(peer, Now))
                    {
                        long row = _manager.AddOrUpdatePeer(peer);
                        Assert.That(row, Is.EqualTo(_manager.Find(peer.NodeId)!.Id));
                        _model.Edit(peer.NodeId, fields => fields with { Id = row });
                    }
                    else
                    {
                        AssertFails(() => _manager.AddOrUpdatePeer(peer));
                    }

                    break;
                case < 12 when _manager.Find(id) is { } known:
                    // What a dialler does: it reads, marks, and saves.
                    MultiaddressesWithStats list = known.Addresses;
                    Multiaddr dialled = list.Entries[_random.Next(list.Count)].Address;
                    Assert.That(_random.Next(3) switch
                    {
                        0 => list.TryMarkFailed(dialled, "refused", Now, out list),
                        1 => list.TryMarkSeen(dialled, Now, out list),
                        _ => list.TryUpdateLatency(dialled, (UInt128)_random.NextInt64(5_000_000_000), Now, out list),
                    });
                    _model.Save(known with { Addresses = list }, Now);
                    _manager.AddOrUpdatePeer(known with { Addresses = list });
                    break;
                case < 14:
                    Multiaddr[] online = RandomAddresses();
                    PeerFeatures features = (PeerFeatures)_random.Next(4);
                    PeerAddressSource source = _sources[_random.Next(_sources.Length)];
                    Peer? expected = _model.SaveOnline(PeerMaker.Key(number), id, online, features, source, Now);
                    if (expected is null)
                    {
                        AssertFails(() => _manager.AddOrUpdateOnlinePeer(PeerMaker.Key(number), id, online, features, source));
                    }
                    else
                    {
                        Peer answer = _manager.AddOrUpdateOnlinePeer(PeerMaker.Key(number), id, online, features, source);
                        Assert.That(PeerMaker.Describe(answer), Is.EqualTo(PeerMaker.Describe(expected)));
                        _model.Edit(id, fields => fields with { Id = answer.Id });
                    }

                    break;
                case < 16:
                    Ban(number);
                    break;
                case 16:
                    _manager.UnbanPeer(id);
                    _model.Edit(id, fields => fields with { BannedUntil = null, BannedReason = "" });
                    break;
                case 17 when _random.Next(4) == 0:
                    Assert.That(_manager.UnbanAllPeers(), Is.EqualTo(_model.UnbanAll()));
                    break;
                case 18:
                    _manager.SoftDeletePeer(id);
                    _model.Edit(id, fields => fields with { DeletedAt = Now });
                    break;
                case 19:
                    Metadata(id);
                    break;
                case 20:
                    DateTimeOffset? seen = RandomTime();
                    Multiaddr address = s_addresses[_random.Next(s_addresses.Length - 1)];
                    Assert.That(
                        _manager.SetAddressLastSeen(id, address, seen),
                        Is.EqualTo(_model.EditRows(id, address, entry => entry with { LastSeen = seen })));
                    break;
                case 21:
                    string? reason = _random.Next(2) == 0 ? "it's broken" : null;
                    Multiaddr failed = s_addresses[_random.Next(s_addresses.Length - 1)];
                    Assert.That(
                        _manager.SetAddressFailedReason(id, failed, reason),
                        Is.EqualTo(_model.EditRows(id, failed, entry => entry with { LastFailedReason = reason })));
                    break;
                case 22:
                    Assert.That(_manager.ResetOfflineNonWalletPeers(), Is.EqualTo(_model.ResetOffline()));
                    break;
                case 23:
                    Collect();
                    break;
                case 24:
                    Assert.That(_manager.FlushAsync().IsCompletedSuccessfully);
                    break;
                default:
                    _time.Advance(TimeSpan.FromSeconds(_random.Next(6) == 0 ? _random.Next(100_000) : _random.Next(3)));
                    break;
            }
        }

        private void Ban(int number)
        {
            NodeId id = PeerMaker.Id(number);
            ulong seconds = _random.Next(5) == 0 ? ulong.MaxValue : (ulong)_random.Next(8000);
            DateTimeOffset until = seconds == ulong.MaxValue ? DateTimeOffset.MaxValue : Now.AddSeconds(seconds);
            string reason = $"reason {seconds}";
            bool byKey = _random.Next(2) == 0;
            if (byKey)
            {
                if (_model.Records.Values.FirstOrDefault(record => record.Fields.PublicKey == PeerMaker.Key(number)) is { } known)
                {
                    id = known.Fields.NodeId;
                }
                else if (_model.Records.ContainsKey(id))
                {
                    // A record of another key has the node id of this one.
                    AssertFails(() => _manager.BanPeer(PeerMaker.Key(number), seconds, reason));
                    return;
                }
                else
                {
                    Assert.That(_model.Save(new Peer(PeerMaker.Key(number), PeerFeatures.CommunicationClient), Now));
                }

                Assert.That(_model.Ban(id, until, reason));
                Assert.That(_manager.BanPeer(PeerMaker.Key(number), seconds, reason), Is.EqualTo(id));
                _model.Edit(id, fields => fields with { Id = _manager.Find(id)!.Id });
            }
            else if (_model.Ban(id, until, reason))
            {
                _manager.BanPeerByNodeId(id, seconds, reason);
            }
            else
            {
                AssertFails(() => _manager.BanPeerByNodeId(id, seconds, reason));
            }
        }

        private void Metadata(NodeId id)
        {
            byte key = (byte)_random.Next(3);
            byte[] data = new byte[_random.Next(3)];
            _random.NextBytes(data);
            if (_model.Find(id) is not { } peer)
            {
                AssertFails(() => _manager.SetPeerMetadata(id, key, data));
                return;
            }

            byte[]? expected = peer.Metadata.TryGetValue(key, out ReadOnlyMemory<byte> before) ? before.ToArray() : null;
            Assert.That(_manager.SetPeerMetadata(id, key, data)?.ToArray(), Is.EqualTo(expected));
            _model.Edit(id, fields => fields with { Metadata = fields.Metadata.SetItem(key, data) });
        }

        private void Collect()
        {
            HashSet<NodeId> connected = [.. Enumerable.Range(0, _random.Next(3)).Select(_ => PeerMaker.Id(_random.Next(Peers)))];
            DateTimeOffset? seenSince = _random.Next(3) == 0 ? null : Now.AddDays(-1);
            PeerCollection removed = _manager.CollectGarbage(connected, seenSince);
            int side = _options.MaxPeerRows / 5;
            Assert.That(removed, Is.EqualTo(new PeerCollection(
                Remove(PeerManager.CollectionPass.NeverSeen, _options.MaxPeerRows),
                Remove(PeerManager.CollectionPass.Banned, side),
                Remove(PeerManager.CollectionPass.AddressLess, side),
                Remove(PeerManager.CollectionPass.SoftDeleted, 0))));

            int Remove(PeerManager.CollectionPass pass, int cap)
            {
                List<NodeId> candidates = _model.Collectable(pass, connected, seenSince, Now);
                int quota = Math.Max(0, candidates.Count - cap);
                NodeId[] gone = pass == PeerManager.CollectionPass.NeverSeen
                    ? [.. candidates.Where(id => _manager.Find(id) is null)]
                    : [.. candidates.Take(quota)];
                foreach (NodeId id in gone)
                {
                    Assert.That(_manager.Find(id), Is.Null);
                    _model.Records.Remove(id);
                }

                Assert.That(gone, Has.Length.EqualTo(quota));
                return gone.Length;
            }
        }

        private void Compare(string when)
        {
            Peer[] expected = [.. _model.Records.Values.Select(record => record.Read())];
            Assert.That(_manager.Count, Is.EqualTo(expected.Length), when);
            Assert.That(
                _manager.All().Select(PeerMaker.Describe).Order(StringComparer.Ordinal),
                Is.EqualTo(expected.Select(PeerMaker.Describe).Order(StringComparer.Ordinal)),
                when);
            foreach (Peer peer in expected)
            {
                Peer found = _manager.Find(peer.NodeId)!;
                Assert.That(_manager.Find(peer.PublicKey), Is.SameAs(found), when);
                Assert.That(found.Id, Is.EqualTo(peer.Id), when);
            }
        }

        private void CompareQueries(string when)
        {
            DateTimeOffset now = Now;
            AssertIds(_manager.All(PeerFeatures.CommunicationClient), _model.Where(record => record.Fields.Features == 0), when);
            AssertIds(_manager.All(PeerFeatures.DhtStoreForward), _model.Where(record => ((uint)record.Fields.Features & 2) != 0), when);
            AssertIds(_manager.GetBannedPeers(), _model.Where(record => PeerModel.IsBanned(record, now)), when);
            AssertIds(
                _manager.GetNotBannedOrDeletedPeers(), _model.Where(record => PeerModel.IsFree(record, now)
                    && record.Rows.Count > 0), when);
            AssertIds(_manager.GetSeedPeers(), _model.Where(record => record.Fields.IsSeed && record.Rows.Count > 0), when);
            for (int number = 0; number < Peers; number++)
            {
                NodeId id = PeerMaker.Id(number);
                Assert.That(_manager.Exists(id), Is.EqualTo(_model.Records.ContainsKey(id)), when);
                bool isDirect = _model.Records.TryGetValue(id, out PeerModel.Record? record) && !PeerModel.IsBanned(record, now);
                Assert.That(_manager.GetDirectIdentity(id) is not null, Is.EqualTo(isDirect), when);
            }

            byte[] prefix = _random.Next(2) == 0
                ? PeerMaker.Id(_random.Next(Peers)).Bytes[.._random.Next(1, 14)].ToArray()
                : PeerMaker.Key(_random.Next(Peers)).Bytes[.._random.Next(1, 33)].ToArray();
            AssertIds(
                _manager.FindAllStartsWith(prefix),
                _model.Where(record =>
                    (prefix.Length <= 13 && record.Fields.NodeId.Bytes.StartsWith(prefix))
                        || record.Fields.PublicKey.Bytes.StartsWith(prefix)),
                when);

            HashSet<NodeId> excluded = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => PeerMaker.Id(_random.Next(Peers)))];
            CompareRandom(excluded, now, when);
            CompareActive(excluded, now, when);
            var query = new DialCandidatesQuery
            {
                Limit = _random.Next(3) == 0 ? _random.Next(6) : null,
                Excluded = excluded,
                ExcludeFailed = _random.Next(2) == 0,
                GroupsTaken = _random.Next(2) == 0 ? new Dictionary<string, int> { ["ip4:23.23"] = _random.Next(4),
                    ["dns:example.com"] = 1 } : null,
                SeenSince = _random.Next(2) == 0 ? now.AddDays(-1) : null,
            };
            IReadOnlyList<Peer> candidates = _manager.DialCandidates(query);
            Assert.That(
                candidates.Select(peer => peer.NodeId),
                Is.EqualTo(_model.Candidates(query, _cap, _options.Transports, now)),
                $"{when}: {query}");
            Assert.That(candidates, Has.All.Matches<Peer>(peer => ReferenceEquals(peer, _manager.Find(peer.NodeId))));
        }

        private void CompareRandom(HashSet<NodeId> excluded, DateTimeOffset now, string when)
        {
            PeerFlags? flags = _random.Next(3) switch { 0 => PeerFlags.None, 1 => PeerFlags.Seed, _ => null };
            bool knownGood = _random.Next(2) == 0;
            int count = _random.Next(Peers + 2);
            HashSet<NodeId> drawable = [.. _model.Drawable(excluded, flags, _options.Transports, now, seenAfter: null)];
            HashSet<NodeId> good = [.. _model.Drawable(excluded, flags, _options.Transports, now, now.AddHours(-1))];
            IReadOnlyList<Peer> drawn = _manager.RandomPeers(count, excluded, flags, knownGood);
            NodeId[] ids = [.. drawn.Select(peer => peer.NodeId)];
            Assert.That(ids, Is.Unique.And.SubsetOf(drawable), when);
            Assert.That(ids, Has.Length.EqualTo(Math.Min(count, drawable.Count)), when);
            if (knownGood)
            {
                Assert.That(ids.Take(good.Count), Is.SubsetOf(good), when);
            }

            AssertExternal(drawn, when);
        }

        private void CompareActive(HashSet<NodeId> excluded, DateTimeOffset now, string when)
        {
            PeerFeatures? features = _random.Next(3) switch { 0 => PeerFeatures.CommunicationClient, 1 => PeerFeatures.CommunicationNode,
                _ => null };
            bool externalOnly = _random.Next(2) == 0;
            int count = _random.Next(Peers + 2);
            HashSet<NodeId> active = [.. _model.Active(excluded, features, externalOnly, now)];
            IReadOnlyList<Peer> drawn = _manager.DiscoverySyncing(count, excluded, features, externalOnly);
            Assert.That(drawn.Select(peer => peer.NodeId), Is.Unique.And.SubsetOf(active), when);
            Assert.That(drawn, Has.Count.EqualTo(count == 0 ? active.Count : Math.Min(count, active.Count)), when);
            if (externalOnly)
            {
                AssertExternal(drawn, when);
            }
            else
            {
                Assert.That(drawn,
                    Has.All.Matches<Peer>(peer => PeerMaker.Describe(peer) == PeerMaker.Describe(_model.Find(peer.NodeId)!)), when);
            }
        }

        /// <summary>The drawn records are whole but for the addresses that lead nowhere from outside.</summary>
        private void AssertExternal(IReadOnlyList<Peer> drawn, string when)
        {
            foreach (Peer peer in drawn)
            {
                PeerModel.Record record = _model.Records[peer.NodeId];
                var filtered = new PeerModel.Record { Fields = record.Fields,
                    Rows = [.. record.Rows.Where(row => row.Entry.Address.IsExternal())] };
                Assert.That(PeerMaker.Describe(peer), Is.EqualTo(PeerMaker.Describe(filtered.Read())), when);
            }
        }

        private static void AssertIds(IReadOnlyList<Peer> peers, IEnumerable<NodeId> expected, string when) =>
            Assert.That(peers.Select(peer => peer.NodeId), Is.EquivalentTo(expected), when);

        private static void AssertFails(Action operation) => Assert.That(() => operation(), Throws.InstanceOf<PeerManagerException>());

        private Peer RandomPeer(int number)
        {
            PeerAddressSource source = _sources[_random.Next(_sources.Length)];
            MultiaddressesWithStats list = PeerMaker.List(source, RandomAddresses());
            if (_random.Next(2) == 0)
            {
                list = PeerMaker.Entries([.. list.Entries.Select(entry => entry with
                {
                    LastSeen = RandomTime(),
                    LastAttempted = RandomTime(),
                    ConnectionAttempts = (uint)_random.Next(3),
                    LastFailedReason = _random.Next(3) == 0 ? "timed out" : null,
                    Latency = new RunningMean((UInt128)_random.NextInt64(3_000_000_000), (uint)_random.Next(1, 101)),
                    QualityScore = _random.Next(1000),
                    Source = _sources[_random.Next(_sources.Length)],
                })]);
            }

            return new Peer(PeerMaker.Key(number), (PeerFeatures)_random.Next(4))
            {
                // Now and then a key under the node id of another one.
                NodeId = PeerMaker.Id(_random.Next(12) == 0 ? _random.Next(Peers) : number),
                Flags = _random.Next(4) == 0 ? PeerFlags.Seed : PeerFlags.None,
                Addresses = list,
                BannedUntil = _random.Next(4) == 0 ? RandomTime() ?? DateTimeOffset.MaxValue : null,
                BannedReason = _random.Next(4) == 0 ? "came with it" : "",
                AddedAt = _random.Next(3) == 0 ? RandomTime() : null,
                DeletedAt = _random.Next(8) == 0 ? RandomTime() : null,
                UserAgent = _random.Next(2) == 0 ? "" : $"agent {_random.Next(3)}",
                SupportedProtocols = _random.Next(2) == 0 ? [] : [new ProtocolId("t/msg"u8), new ProtocolId([(byte)_random.Next(256)])],
                Metadata = _random.Next(3) == 0
                    ? System.Collections.Immutable.ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty.Add(1, new byte[] { 1 })
                    : System.Collections.Immutable.ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty,
            };
        }

        private Multiaddr[] RandomAddresses() =>
            [.. Enumerable.Range(0, _random.Next(6)).Select(_ => s_addresses[_random.Next(s_addresses.Length)])];

        private DateTimeOffset? RandomTime() => _random.Next(6) switch
        {
            0 => null,
            1 => Now,
            2 => Now.AddSeconds(_random.Next(200_000)),
            3 => Now.AddDays(-_random.Next(5)),
            _ => Now.AddMinutes(-_random.Next(200)),
        };
    }
}
