using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>Samples of how many messages wait at each stage.</summary>
internal sealed class QueueDepths
{
    private readonly SortedDictionary<StageName, (int Most, long Sum, int Samples)> _stages = [];

    /// <summary>The stages in the order of the way through: most, mean and number of samples.</summary>
    public IEnumerable<(StageName Stage, int Most, double Mean, int Samples)> Stages
    {
        get
        {
            foreach ((StageName stage, (int most, long sum, int samples)) in _stages)
            {
                yield return (stage, most, (double)sum / samples, samples);
            }
        }
    }

    public void Add(StageName stage, int count)
    {
        (int most, long sum, int samples) = _stages.GetValueOrDefault(stage);
        _stages[stage] = (Math.Max(most, count), sum + count, samples + 1);
    }
}
