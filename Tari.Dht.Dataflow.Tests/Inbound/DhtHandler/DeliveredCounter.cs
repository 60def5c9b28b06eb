using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>Instruments whose count of delivered messages a test can read.</summary>
internal sealed class DeliveredCounter : IDisposable, IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly Meter _meter = new(DhtMetrics.MeterName);
    private long _delivered;

    public DeliveredCounter()
    {
        Metrics = new DhtMetrics(this);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter && instrument.Name == "tari.dht.inbound.delivered")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, count, _, _) => Interlocked.Add(ref _delivered, count));
        _listener.Start();
    }

    public DhtMetrics Metrics { get; }

    public long Delivered => Interlocked.Read(ref _delivered);

    public Meter Create(MeterOptions options) => _meter;

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }
}
