using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What can be made of the members of <see cref="IConnectivity"/>.</summary>
public static class ConnectivityExtensions
{
    /// <summary>Dials peers at the same time.</summary>
    /// <param name="connectivity">Dials.</param>
    /// <param name="peers">Whom to dial.</param>
    /// <param name="strength">The kind of the handles.</param>
    /// <param name="cancellationToken">Ends the waiting; the dials go on.</param>
    /// <returns>The results as they come, one for each peer; handles that are not read are disposed.</returns>
    public static IAsyncEnumerable<DialResult> DialManyAsync(
        this IConnectivity connectivity,
        IReadOnlyList<NodeId> peers,
        ConnectionStrength strength,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(connectivity);
        ArgumentNullException.ThrowIfNull(peers);
        return ReadAsync(connectivity, peers, strength, cancellationToken);
    }

    private static async IAsyncEnumerable<DialResult> ReadAsync(
        IConnectivity connectivity,
        IReadOnlyList<NodeId> peers,
        ConnectionStrength strength,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Task<DialResult>> dials = new(peers.Count);
        try
        {
            for (int i = 0; i < peers.Count; i++)
            {
                dials.Add(DialAsync(connectivity, peers[i], strength, cancellationToken));
            }

            while (dials.Count > 0)
            {
                Task<DialResult> first = await Task.WhenAny(dials);
                dials.Remove(first);
                yield return await first;
            }
        }
        finally
        {
            foreach (Task<DialResult> unread in dials)
            {
                _ = unread.ContinueWith(
                    static dial => Release(dial),
                    CancellationToken.None,
                    TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Current);
            }
        }
    }

    private static void Release(Task<DialResult> dial)
    {
        if (dial.IsCompletedSuccessfully)
        {
            dial.Result.Handle?.Dispose();
        }
        else
        {
            // Observed: nobody reads it any more.
            _ = dial.Exception;
        }
    }

    private static async Task<DialResult> DialAsync(
        IConnectivity connectivity, NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken)
    {
        try
        {
            return new DialResult(peer, await connectivity.DialPeerAsync(peer, strength, cancellationToken), null);
        }
        catch (ConnectivityException error)
        {
            return new DialResult(peer, null, error);
        }
    }
}
