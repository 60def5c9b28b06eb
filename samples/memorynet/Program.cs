using Tari.Dht.Dataflow.Samples.MemoryNet;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, interrupt) =>
{
    // The first Ctrl-C ends the run in good order, a second one the process.
    interrupt.Cancel = !stopping.IsCancellationRequested;
    stopping.Cancel();
};
return await MemoryNetCommand.RunAsync(args, Console.Out, Console.Error, stopping.Token);
