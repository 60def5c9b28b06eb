using System.Threading.Tasks.Dataflow;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>The filters of one link, asked in order; the first that refuses decides.</summary>
/// <typeparam name="T">The form in which messages pass.</typeparam>
/// <remarks>Used by the one block that offers on the link, which offers under its own lock: one call at a time.</remarks>
internal sealed class FilterChain<T>
    where T : class, IFilteredMessage
{
    private const byte Accepted = 1;
    private const byte FirstRefusal = 2;

    private readonly ILinkFilter<T>[] _filters;

    public FilterChain(ReadOnlySpan<ILinkFilter<T>> filters) => _filters = filters.ToArray();

    public bool Accepts(T? message) => message is not null && Verdict(message) == Accepted;

    public bool Refuses(T? message) => message is not null && Verdict(message) != Accepted;

    /// <summary>The block that takes what was refused.</summary>
    public ActionBlock<T?> CreateRefusedTarget(Settlement settlement, ExecutionDataflowBlockOptions options) => new(
        message =>
        {
            ILinkFilter<T> filter = _filters[message!.LinkVerdict - FirstRefusal];
            settlement.Discard(filter.Name, message, filter.Reason);
        },
        options);

    private byte Verdict(T message)
    {
        byte verdict = message.LinkVerdict;
        if (verdict == 0)
        {
            verdict = Judge(message);
            message.LinkVerdict = verdict;
        }

        return verdict;
    }

    private byte Judge(T message)
    {
        for (int i = 0; i < _filters.Length; i++)
        {
            if (!_filters[i].Accepts(message))
            {
                return (byte)(FirstRefusal + i);
            }
        }

        return Accepted;
    }
}
