using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using SQLitePCL;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>A prepared statement, used over and over. Parameters count from 1 to 63, columns from 0. Not thread safe.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly sqlite3_stmt _statement;

    /// <summary>The parameters that hold a value, by bit; the others are NULL.</summary>
    private ulong _bound;

    public SqliteStatement(SqliteDatabase database, sqlite3_stmt statement)
    {
        _database = database;
        _statement = statement;
    }

    public void Bind(int parameter, long value)
    {
        _bound |= 1ul << parameter;
        _database.Check(raw.sqlite3_bind_int64(_statement, parameter, value));
    }

    /// <summary>Binds a copy of the bytes; none makes an empty blob, not NULL.</summary>
    public void Bind(int parameter, ReadOnlySpan<byte> value)
    {
        _bound |= 1ul << parameter;
        _database.Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, parameter, 0)
            : raw.sqlite3_bind_blob(_statement, parameter, value));
    }

    public void Bind(int parameter, long? value)
    {
        if (value is { } number)
        {
            Bind(parameter, number);
        }
        else
        {
            BindNull(parameter);
        }
    }

    /// <summary>Binds a copy of a text in UTF-8; lone surrogates are replaced.</summary>
    [SkipLocalsInit]
    public void BindText(int parameter, string value)
    {
        _bound |= 1ul << parameter;
        if (value.Length == 0)
        {
            // An empty span would mean NULL.
            _database.Check(raw.sqlite3_bind_text(_statement, parameter, ""));
            return;
        }

        int size = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        Span<byte> bytes = size <= 1024 ? stackalloc byte[1024] : rented = ArrayPool<byte>.Shared.Rent(size);
        int length = Encoding.UTF8.GetBytes(value, bytes);
        _database.Check(raw.sqlite3_bind_text(_statement, parameter, bytes[..length]));
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Binds NULL; costs nothing when that is what the parameter holds.</summary>
    public void BindNull(int parameter)
    {
        if ((_bound & (1ul << parameter)) != 0)
        {
            _bound &= ~(1ul << parameter);
            _database.Check(raw.sqlite3_bind_null(_statement, parameter));
        }
    }

    /// <summary>Goes to the next row.</summary>
    /// <returns>False at the end; the statement is then ready to run again.</returns>
    public bool Step()
    {
        int result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        // Resetting repeats the error of the step and would hide its message.
        DhtStorageException? error = result == raw.SQLITE_DONE ? null : _database.Error(result);
        _ = raw.sqlite3_reset(_statement);
        return error is null ? false : throw error;
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    public void Run()
    {
        while (Step())
        {
        }
    }

    public bool IsInteger(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_INTEGER;

    public bool IsBlob(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_BLOB;

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string() ?? "";

    /// <summary>The bytes of a blob, or of a text in UTF-8; none for NULL. Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public void Dispose()
    {
        _statement.Dispose();
        _database.Forget(this);
    }
}
