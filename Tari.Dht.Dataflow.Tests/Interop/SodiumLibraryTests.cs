using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Tests.Interop;

internal sealed class SodiumLibraryTests
{
    [Test]
    public void Load_SeveralLibraries_TakesTheFirstNameThatLoads()
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add("libsodium.so.26", 26);
        loader.Add("libsodium.so.23", 23);

        Assert.That(SodiumLibrary.Load(SodiumPlatform.Linux, loader), Is.EqualTo((nint)26));
        Assert.That(string.Join(", ", loader.Tried), Is.EqualTo("libsodium.so, libsodium.so.26"));
        Assert.That(loader.Freed, Is.Empty);
    }

    [TestCase(SodiumPlatform.Linux, "libsodium.so")]
    [TestCase(SodiumPlatform.Linux, "libsodium.so.26")]
    [TestCase(SodiumPlatform.Linux, "libsodium.so.23")]
    [TestCase(SodiumPlatform.MacOS, "libsodium.dylib")]
    [TestCase(SodiumPlatform.MacOS, "/opt/homebrew/lib/libsodium.dylib")]
    [TestCase(SodiumPlatform.MacOS, "/usr/local/lib/libsodium.dylib")]
    [TestCase(SodiumPlatform.Windows, "libsodium.dll")]
    public void Load_LibraryUnderAnyOfItsNames_FindsIt(SodiumPlatform platform, string name)
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add(name, 1);

        Assert.That(SodiumLibrary.Load(platform, loader), Is.EqualTo((nint)1));
    }

    [TestCase(SodiumPlatform.Linux, "libsodium.so.23", "apt-get install libsodium23")]
    [TestCase(SodiumPlatform.MacOS, "/opt/homebrew/lib/libsodium.dylib", "brew install libsodium")]
    [TestCase(SodiumPlatform.Windows, "libsodium.dll", "beside the application")]
    public void Load_NoLibrary_SaysWhatWasTriedAndHowToInstallIt(SodiumPlatform platform, string tried, string advice)
    {
        var error = Assert.Throws<SodiumNotFoundException>(() => SodiumLibrary.Load(platform, new ScriptedSodiumLoader()));

        Assert.That(error.Message, Does.StartWith("libsodium was not found").And.Contain(tried).And.Contain(advice));
    }

    [Test]
    public void Load_LibraryWithoutRistretto255_SaysSo()
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add("libsodium.so.23", 23, missing: "ristretto255");

        var error = Assert.Throws<SodiumUnsuitableException>(() => SodiumLibrary.Load(SodiumPlatform.Linux, loader));

        Assert.That(error.Message, Does.Contain("'libsodium.so.23'").And.Contain("built without ristretto255").And.Contain("1.0.18"));
        Assert.That(loader.Freed.Single(), Is.EqualTo("libsodium.so.23"));
    }

    [TestCase("sodium_init")]
    [TestCase("crypto_aead_chacha20poly1305_ietf_decrypt_detached")]
    [TestCase("crypto_aead_chacha20poly1305_ietf_keybytes")]
    public void Load_LibraryWithoutAnotherFunction_NamesIt(string function)
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add("libsodium.dll", 1, missing: function);

        var error = Assert.Throws<SodiumUnsuitableException>(() => SodiumLibrary.Load(SodiumPlatform.Windows, loader));

        Assert.That(error.Message, Does.Contain($"'{function}' is missing").And.Not.Contain("without ristretto255 ("));
    }

    [Test]
    public void Load_LibraryWithAnotherSize_NamesBothSizes()
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add("libsodium.dll", 1, wrongSize: "crypto_core_ristretto255_bytes");

        var error = Assert.Throws<SodiumUnsuitableException>(() => SodiumLibrary.Load(SodiumPlatform.Windows, loader));

        Assert.That(error.Message, Does.Contain("crypto_core_ristretto255_bytes() is 48 instead of 32"));
    }

    [Test]
    public void Load_UnsuitableLibraryBeforeASuitableOne_TakesTheSuitableOne()
    {
        var loader = new ScriptedSodiumLoader();
        loader.Add("libsodium.so", 1, missing: "ristretto255");
        loader.Add("libsodium.so.23", 23);

        Assert.That(SodiumLibrary.Load(SodiumPlatform.Linux, loader), Is.EqualTo((nint)23));
        Assert.That(loader.Freed.Single(), Is.EqualTo("libsodium.so"));
    }

    [Test]
    public void Load_OnThisMachine_FindsASuitableLibrary() =>
        Assert.That(SodiumLibrary.Load(SodiumLibrary.CurrentPlatform, new NativeSodiumLoader()), Is.Not.Zero);

    [Test]
    public void EnsureInitialized_FromManyThreads_Succeeds() =>
        Assert.That(() => Parallel.For(0, 64, _ => Sodium.EnsureInitialized()), Throws.Nothing);
}
