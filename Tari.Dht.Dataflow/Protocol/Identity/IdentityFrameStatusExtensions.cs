namespace Tari.Dht.Dataflow.Protocol.Identity;

/// <summary>What a frame that cannot be read costs the peer.</summary>
internal static class IdentityFrameStatusExtensions
{
    private static readonly TimeSpan s_versionBan = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan s_lengthBan = TimeSpan.FromHours(2);

    /// <summary>How long the peer is banned; null for not at all.</summary>
    /// <param name="status">What became of reading its frame.</param>
    public static TimeSpan? BanDuration(this IdentityFrameStatus status) => status switch
    {
        IdentityFrameStatus.UnsupportedVersion => s_versionBan,
        IdentityFrameStatus.TooLong => s_lengthBan,
        _ => null,
    };
}
