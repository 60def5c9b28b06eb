using Tari.Dht.Dataflow.Outbound.Requests;

namespace Tari.Dht.Dataflow.Tests.Soak;

/// <summary>What a request of a soak round asks for.</summary>
internal enum SoakRequestKind
{
    Clear,
    Signed,
    ForBob,
    ForCarol,
    NoBody,
    ToOurselves,
    BadKey,
}

/// <summary>How the call that made a request ended.</summary>
internal enum SoakOutcome
{
    Pending,
    Answered,
    Unanswered,
    Refused,
    Cancelled,
}

/// <summary>One request of a soak round and what its sender learnt of it.</summary>
internal sealed class SoakRequest
{
    public SoakRequest(int number, Random random)
    {
        Number = number;
        Kind = (SoakRequestKind)random.Next((int)SoakRequestKind.BadKey + 1);
        Recipients = random.Next(8) == 0 ? 0 : random.Next(1, 5);
        IsDiscovered = Recipients == 1 && random.Next(2) == 0;
        Payload = new byte[random.Next(10) == 0 ? 20_000 : random.Next(8, 2_000)];
        random.NextBytes(Payload);
        BitConverter.TryWriteBytes(Payload, number);
    }

    public int Number { get; }

    /// <summary>Unique in its round; travels in the header.</summary>
    public ulong Tag => (ulong)Number + 1;

    public SoakRequestKind Kind { get; }

    public int Recipients { get; }

    /// <summary>It names a key that nobody knows, so that its recipient has to be discovered.</summary>
    public bool IsDiscovered { get; }

    public byte[] Payload { get; }

    public SoakOutcome Outcome { get; set; }

    public SendMessageResponse? Response { get; set; }

    /// <summary>Bob delivers it if nothing comes between.</summary>
    public bool IsDeliverable =>
        Recipients > 0 && Kind is SoakRequestKind.Clear or SoakRequestKind.Signed or SoakRequestKind.ForBob or SoakRequestKind.ForCarol;
}
