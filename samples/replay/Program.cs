using Tari.Dht.Dataflow.Samples.Replay;

return await ReplayCommand.RunAsync(args, Console.Out, Console.Error);
