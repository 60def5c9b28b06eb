using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

public sealed class RelayFingerprintTests
{
    [Test]
    public void Any_other_byte_and_any_other_length_make_another_fingerprint([Values(0, 1, 15, 16, 17, 190, 700, 1024)] int length)
    {
        byte[] response = new byte[length];
        new Random(length).NextBytes(response);
        var seen = new HashSet<UInt128> { RelayFingerprint.Of(response) };
        for (int i = 0; i < length; i++)
        {
            byte before = response[i];
            response[i] ^= (byte)(1 << (i % 8));
            Assert.That(seen.Add(RelayFingerprint.Of(response)), $"byte {i}");
            response[i] = before;
            Assert.That(seen.Add(RelayFingerprint.Of(response.AsSpan(0, i))), $"{i} bytes");
        }

        Assert.That(seen, Does.Contain(RelayFingerprint.Of([.. response])), "the same bytes, the same fingerprint");
    }

    [Test]
    public void Zeros_at_the_end_count()
    {
        var seen = new HashSet<UInt128>();
        for (int length = 0; length <= RelayFingerprint.MaxLength; length++)
        {
            Assert.That(seen.Add(RelayFingerprint.Of(new byte[length])), $"{length} zeros");
        }
    }

    [Test]
    public void What_is_too_long_has_none() => Assert.That(RelayFingerprint.Of(new byte[RelayFingerprint.MaxLength + 1]), Is.EqualTo(UInt128.Zero));
}
