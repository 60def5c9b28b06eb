using System.Text;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>A stream of ASCII into a text writer, which stays open.</summary>
internal sealed class AsciiWriterStream(TextWriter writer) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await writer.WriteAsync(Encoding.ASCII.GetString(buffer.Span).AsMemory(), cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => writer.Write(Encoding.ASCII.GetString(buffer, offset, count));

    public override void Flush() => writer.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
