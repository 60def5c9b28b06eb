using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers.Identity;

internal sealed class SecretBufferTests
{
    [Test]
    public void GetMemory_WhenTheBufferGrows_KeepsWhatWasWrittenAndZeroesTheOldBytes()
    {
        using var buffer = new SecretBuffer();
        Memory<byte> first = buffer.GetMemory(10);
        first.Span.Fill(7);
        buffer.Advance(first.Length);

        buffer.GetSpan(5000).Fill(9);
        buffer.Advance(5000);

        Assert.That(first.Span.ContainsAnyExcept((byte)0), Is.False);
        Assert.That(buffer.Written.Length, Is.EqualTo(first.Length + 5000));
        Assert.That(buffer.Written[..first.Length].ContainsAnyExcept((byte)7), Is.False);
        Assert.That(buffer.Written[first.Length..].ContainsAnyExcept((byte)9), Is.False);
    }

    [Test]
    public void Dispose_ZeroesEverything_AlsoWhatWasNotAdvancedOver()
    {
        var buffer = new SecretBuffer();
        Memory<byte> memory = buffer.GetMemory(10);
        memory.Span.Fill(7);
        buffer.Advance(3);

        buffer.Dispose();

        Assert.That(memory.Span.ContainsAnyExcept((byte)0), Is.False);
    }

    [Test]
    public void Advance_BeyondTheBuffer_IsACallersMistake()
    {
        using var buffer = new SecretBuffer();

        Assert.That(() => buffer.Advance(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Advance(1_000_000), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.GetMemory(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
