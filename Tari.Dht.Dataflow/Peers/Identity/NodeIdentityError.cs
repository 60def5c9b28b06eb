namespace Tari.Dht.Dataflow.Peers;

/// <summary>Why an identity can't be loaded from its file, or saved to it.</summary>
public enum NodeIdentityError
{
    /// <summary>There is no such file.</summary>
    NotFound,

    /// <summary>There is a file already, which is left as it is.</summary>
    AlreadyExists,

    /// <summary>The path is a symbolic link, which is neither followed nor replaced.</summary>
    SymbolicLink,

    /// <summary>The file can't be read or written; the inner exception says why.</summary>
    Inaccessible,

    /// <summary>The file is longer than any identity.</summary>
    TooLong,

    /// <summary>The file is not a JSON object, or one in which a member occurs twice.</summary>
    NotJson,

    /// <summary>A member is missing.</summary>
    MissingMember,

    /// <summary>A member has a value that makes no sense.</summary>
    BadValue,

    /// <summary>A member does not belong to the secret key.</summary>
    Mismatch,
}
