using BenchmarkDotNet.Running;
using Tari.Dht.Dataflow.Benchmarks.Yardstick;

if (args is ["yardstick", ..])
{
    return await YardstickCommand.RunAsync(args.AsMemory(1));
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
