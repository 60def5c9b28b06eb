using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>Puts a node into an application's host.</summary>
public static class TariDhtServiceCollectionExtensions
{
    /// <summary>The name of the health check.</summary>
    public const string HealthCheckName = "tari-dht";

    /// <summary>
    /// Adds a node that starts and stops with the host, as <see cref="DhtHost"/>, and its health check <see cref="HealthCheckName"/>. What
    /// the host starts after it finds it running; what it stops before has it until then.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="options">Gives the options, at each start. If it throws, the start fails.</param>
    /// <exception cref="InvalidOperationException">There is a node already; a host has one.</exception>
    public static IServiceCollection AddTariDht(this IServiceCollection services, Func<IServiceProvider, DhtHostOptions> options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        foreach (ServiceDescriptor service in services)
        {
            if (service.ServiceType == typeof(DhtHost))
            {
                throw new InvalidOperationException("The host has a node already.");
            }
        }

        services.AddSingleton(provider => new DhtHost(provider, options));
        services.AddSingleton<IHostedService>(static provider => provider.GetRequiredService<DhtHost>());
        services.AddHealthChecks().Add(new HealthCheckRegistration(
            HealthCheckName,
            static provider => new DhtHealthCheck(provider.GetRequiredService<DhtHost>()),
            failureStatus: null,
            tags: null));
        return services;
    }

    /// <summary>
    /// As <see cref="AddTariDht(IServiceCollection, Func{IServiceProvider, DhtHostOptions})"/>, with <see cref="DhtHostOptions.Config"/>
    /// read from a section of the application's configuration at each start, by <see cref="DhtConfig.FromConfiguration"/>.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">The section. What is wrong in it fails the start with a <see cref="DhtConfigException"/>.</param>
    /// <param name="options">Gives the other options, at each start.</param>
    /// <exception cref="InvalidOperationException">There is a node already; a host has one.</exception>
    public static IServiceCollection AddTariDht(
        this IServiceCollection services, IConfigurationSection section, Func<IServiceProvider, DhtHostOptions> options)
    {
        ArgumentNullException.ThrowIfNull(section);
        ArgumentNullException.ThrowIfNull(options);
        return services.AddTariDht(provider =>
        {
            // First, so that a mistake in it leaves nothing to dispose.
            DhtConfig config = DhtConfig.FromConfiguration(
                section, provider.GetService<ILoggerFactory>()?.CreateLogger("Tari.Dht.Dataflow"));
            return options(provider) with { Config = config };
        });
    }
}
