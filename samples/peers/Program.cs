using Tari.Dht.Dataflow.Samples.Peers;

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, interrupt) =>
{
    // The first Ctrl-C ends the command in good order, a second one the process.
    interrupt.Cancel = !stopping.IsCancellationRequested;
    stopping.Cancel();
};
return await PeersCommand.RunAsync(args, Console.Out, Console.Error, TimeProvider.System, stopping.Token);
