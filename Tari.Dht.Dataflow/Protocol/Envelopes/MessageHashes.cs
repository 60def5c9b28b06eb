using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>
/// The two hashes over a signed message, made together: two independent chains keep a processor busier than one after the other.
/// </summary>
internal static class MessageHashes
{
    // The head of the binding hash ends with the length of the body, which the paired step writes itself.
    private const int HeadWithoutBodyLength = BindingHash.HeadLength - sizeof(ulong);

    // Below this the pair gains nothing: its code is long and has to be brought in first.
    private const int ShortestPairedBody = 2048;

    /// <summary>The binding hash and the dedup key of a signed message.</summary>
    /// <param name="header">The header; its signature is the canonical encoding.</param>
    /// <param name="body">The body as on the wire.</param>
    /// <param name="bindingHash">Exactly <see cref="BindingHash.Length"/> bytes.</param>
    /// <param name="dedupKey">Equal to <see cref="DedupKey.Compute(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>.</param>
    public static void Compute(in DhtHeaderView header, ReadOnlySpan<byte> body, Span<byte> bindingHash, out DedupKey dedupKey)
    {
        Span<byte> head = stackalloc byte[BindingHash.HeadLength];
        BindingHash.WriteHead(header, body.Length, head);
        DomainHasher binding = DomainHasher.Challenge();
        binding.AppendRaw(head[..HeadWithoutBodyLength]);
        DomainHasher dedup = DomainHasher.Dedup();
        dedup.Append(header.MessageSignature);
        if (body.Length >= ShortestPairedBody)
        {
            DomainHasher.AppendPair(ref binding, body, ref dedup, body);
        }
        else
        {
            binding.Append(body);
            dedup.Append(body);
        }

        binding.Finish(bindingHash);
        Span<byte> key = stackalloc byte[DedupKey.Length];
        dedup.Finish(key);
        dedupKey = new DedupKey(key);
    }
}
