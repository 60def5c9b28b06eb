using System.Collections.Immutable;
using System.Numerics;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Which addresses of a peer are dialled, and in which order.</summary>
/// <remarks>Pure, thread safe.</remarks>
public static class DialOrder
{
    /// <summary>The addresses to dial, one after another: kind by kind as the transport prefers them, within a kind as they come.</summary>
    /// <param name="addresses">The addresses of a peer, the best first.</param>
    /// <param name="supportedKinds">The kinds that the transport has, the preferred first; addresses of others are left out.</param>
    /// <param name="policy">Its excluded ranges are left out.</param>
    /// <exception cref="ArgumentNullException">The policy is null.</exception>
    /// <exception cref="ArgumentException">A supported kind is none or several.</exception>
    public static ImmutableArray<MultiaddrWithStats> Of(
        ReadOnlySpan<MultiaddrWithStats> addresses, ReadOnlySpan<TransportKinds> supportedKinds, DialPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ImmutableArray<MultiaddrWithStats>.Builder order = ImmutableArray.CreateBuilder<MultiaddrWithStats>(addresses.Length);
        TransportKinds done = TransportKinds.None;
        foreach (TransportKinds kind in supportedKinds)
        {
            if (!BitOperations.IsPow2((int)kind))
            {
                throw new ArgumentException("The supported kinds are given one by one.", nameof(supportedKinds));
            }

            if ((done & kind) != 0)
            {
                continue;
            }

            done |= kind;
            foreach (MultiaddrWithStats entry in addresses)
            {
                Multiaddr address = entry.Address;
                if (address.DialKind() == kind && !policy.IsExcluded(address))
                {
                    order.Add(entry);
                }
            }
        }

        return order.DrainToImmutable();
    }
}
