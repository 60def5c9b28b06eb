using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Configuration.Settings;

namespace Tari.Dht.Dataflow.Configuration;

// Reading. A setting that is left out has its default; a count or time beyond what the setting holds becomes the most that it holds.
public sealed partial record DhtConfig
{
    /// <summary>Reads TOML.</summary>
    /// <param name="text">The text, of at most 1 048 576 characters.</param>
    /// <param name="form">Where the settings are in it, and how strictly they are read.</param>
    /// <param name="logger">Gets a warning for each setting that is ignored (<c>min_peer_version</c>).</param>
    /// <returns>
    /// The settings that are given, over the defaults; they pass <see cref="Validate"/>. Durations are whole seconds. A number beyond
    /// what a setting holds is read as the most that it holds.
    /// </returns>
    /// <exception cref="DhtConfigException">
    /// The text is not TOML; or a setting is unknown, given twice, of another kind or out of its range.
    /// </exception>
    public static DhtConfig FromToml(string text, DhtTomlForm form = DhtTomlForm.Section, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (form is not (DhtTomlForm.Section or DhtTomlForm.Whole))
        {
            throw new ArgumentOutOfRangeException(nameof(form), form, "Section or Whole.");
        }

        var source = new SettingSource(form == DhtTomlForm.Section, HasCompactNames: false, logger ?? NullLogger.Instance);
        return DhtSettings.Dht.Read(new DhtConfig(), TomlSettings.Read(text, form), source);
    }

    /// <summary>Reads TOML from a stream to its end; the stream stays open.</summary>
    /// <param name="utf8">The text in UTF-8, of at most 1 048 576 bytes.</param>
    /// <param name="form">Where the settings are in it, and how strictly they are read.</param>
    /// <param name="logger">Gets a warning for each setting that is ignored.</param>
    /// <returns>As <see cref="FromToml(string, DhtTomlForm, ILogger?)"/>.</returns>
    /// <exception cref="DhtConfigException">
    /// The stream cannot be read, is too long or not UTF-8; or as for <see cref="FromToml(string, DhtTomlForm, ILogger?)"/>.
    /// </exception>
    public static DhtConfig FromToml(Stream utf8, DhtTomlForm form = DhtTomlForm.Section, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        return FromToml(ReadText(utf8), form, logger);
    }

    /// <summary>Reads a TOML file.</summary>
    /// <param name="path">The file, in UTF-8, of at most 1 048 576 bytes.</param>
    /// <param name="form">Where the settings are in it, and how strictly they are read.</param>
    /// <param name="logger">Gets a warning for each setting that is ignored.</param>
    /// <returns>As <see cref="FromToml(string, DhtTomlForm, ILogger?)"/>.</returns>
    /// <exception cref="DhtConfigException">
    /// The file cannot be read, is too long or not UTF-8; or as for <see cref="FromToml(string, DhtTomlForm, ILogger?)"/>.
    /// </exception>
    public static DhtConfig FromTomlFile(string path, DhtTomlForm form = DhtTomlForm.Section, ILogger? logger = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable($"'{path}' cannot be read", error);
        }

        using (file)
        {
            return FromToml(file, form, logger);
        }
    }

    /// <summary>Reads a section of the application's configuration.</summary>
    /// <param name="section">
    /// The section of the DHT. Names are those of the TOML file or those of the properties here, in whatever case.
    /// </param>
    /// <param name="logger">Gets a warning for each setting that is ignored (<c>min_peer_version</c>).</param>
    /// <returns>
    /// The settings that are given, over the defaults; they pass <see cref="Validate"/>. Values are read as in
    /// <see cref="DhtTomlForm.Section"/>; one that is null counts as left out, and a section without any value gives the defaults.
    /// </returns>
    /// <exception cref="DhtConfigException">A setting is unknown, given twice, of another kind or out of its range.</exception>
    public static DhtConfig FromConfiguration(IConfigurationSection section, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(section);
        var source = new SettingSource(IsLenient: true, HasCompactNames: true, logger ?? NullLogger.Instance);
        return DhtSettings.Dht.Read(new DhtConfig(), ConfigurationSettings.Read(section), source);
    }

    private static string ReadText(Stream utf8)
    {
        // One more than allowed, which shows that there is more.
        byte[] bytes = new byte[TomlSettings.MaxLength + 1];
        int length;
        try
        {
            length = utf8.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable("the text cannot be read", error);
        }

        if (length == bytes.Length)
        {
            throw new DhtConfigException(
                DhtConfigError.Unreadable, setting: null, line: 0, "the text is too long", $"{TomlSettings.MaxLength} bytes at most");
        }

        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException error)
        {
            throw new DhtConfigException(DhtConfigError.Syntax, setting: null, line: 0, "the text is not UTF-8", expected: null, error);
        }
    }

    private static DhtConfigException Unreadable(string problem, Exception error) =>
        new(DhtConfigError.Unreadable, setting: null, line: 0, problem, expected: null, error);
}
