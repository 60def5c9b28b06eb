namespace Tari.Dht.Dataflow.Peers;

/// <summary>An identity from a file, and what the application may want to do about that file.</summary>
/// <param name="Identity">The identity; the caller's to dispose of.</param>
/// <param name="IsSignedAnew">
/// The file had no signature, or one that peers would refuse, so the identity has a new one, which is not in the file yet.
/// </param>
/// <param name="IsOpenToOthers">
/// Users other than the owner may read or write the file. Saving the identity again makes a file that is open to its owner alone. Always
/// false on Windows, where the folder's access list decides.
/// </param>
public sealed record LoadedNodeIdentity(NodeIdentity Identity, bool IsSignedAnew, bool IsOpenToOthers);
