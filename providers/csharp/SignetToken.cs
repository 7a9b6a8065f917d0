// UNTESTED here: needs the .NET 8 SDK, which the tests of this project cannot install. Written against System.Security.Cryptography alone.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Signet;

/// <summary>Options of a token provider. Only the issuer is needed in the compatible profile.</summary>
/// <param name="Issuer"><c>iss</c>: your site's name, such as https://www.example.com</param>
/// <param name="Lifetime">Seconds that a token is good for.</param>
/// <param name="Audience"><c>aud</c>: your site id; the strict profile needs it.</param>
/// <param name="KeyId"><c>kid</c> of your key, as registered; the strict profile needs it.</param>
/// <param name="PlatformKeyId"><c>kid</c> of Signet's key, from /.well-known/jwks.json; the strict profile needs it.</param>
/// <param name="ClaimPrefix">The project's claim prefix.</param>
/// <param name="Clock">For tests; null says the system's.</param>
public sealed record TokenOptions(
    string Issuer,
    int Lifetime = 60,
    string? Audience = null,
    string? KeyId = null,
    string? PlatformKeyId = null,
    string ClaimPrefix = "https://iadvize.com/",
    TimeProvider? Clock = null);

/// <summary>Makes the tokens with which a site's backend tells Signet who is signed in. Make one and keep it.</summary>
public sealed class TokenProvider : IDisposable
{
    private static readonly string[] VisitorDataMembers =
        ["address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode"];

    private readonly RSA _signingKey = RSA.Create();
    private readonly RSA _platformKey = RSA.Create();
    private readonly object _lock = new();
    private readonly TokenOptions _options;

    /// <param name="privateKeyPem">Yours: PKCS#8 or traditional, as openssl and <c>signet keys generate</c> write it.</param>
    /// <param name="platformKeyPem">Signet's public key, from /keys/platform.pem.</param>
    /// <param name="options">See <see cref="TokenOptions"/>.</param>
    public TokenProvider(string privateKeyPem, string platformKeyPem, TokenOptions options)
    {
        Require(!string.IsNullOrEmpty(options.Issuer), "an issuer is needed");
        Require(options.Lifetime is >= 1 and <= 86_400, "the lifetime is 1 to 86400 seconds");
        _signingKey.ImportFromPem(privateKeyPem);
        _platformKey.ImportFromPem(platformKeyPem);
        _options = options;
    }

    /// <summary>
    /// A token for the person who is signed in now. Take the user id from your own checked session, never from the request: 1 to
    /// 255 characters, unique, never given to somebody else. Visitor data is shown to agents; null is left out.
    /// </summary>
    /// <exception cref="ArgumentException">For what Signet would refuse.</exception>
    public string Issue(string userId, IReadOnlyDictionary<string, string?>? visitorData = null)
    {
        var length = userId.EnumerateRunes().Count();
        Require(length is >= 1 and <= 255 && !userId.Any(char.IsControl), "a user id is a string of 1 to 255 printable characters");
        var data = new Dictionary<string, string>();
        foreach (var (name, value) in visitorData ?? new Dictionary<string, string?>())
        {
            if (value is null) continue;
            Require(VisitorDataMembers.Contains(name), $"visitorData has no member {name}");
            Require(value.EnumerateRunes().Count() <= 1024, $"{name} is a string of at most 1,024 characters");
            data[name] = value;
        }
        var issuedAt = (_options.Clock ?? TimeProvider.System).GetUtcNow().ToUnixTimeSeconds();
        var claims = new Dictionary<string, object>
        {
            [_options.ClaimPrefix + "userId"] = userId,
            ["iss"] = _options.Issuer,
            ["iat"] = issuedAt,
            ["exp"] = issuedAt + _options.Lifetime,
            ["jti"] = Guid.NewGuid().ToString(),
        };
        if (data.Count > 0) claims[_options.ClaimPrefix + "visitorData"] = data;
        if (_options.Audience is not null) claims["aud"] = _options.Audience;
        return Encrypt(Sign(JsonSerializer.SerializeToUtf8Bytes(claims)));
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _signingKey.Dispose();
        _platformKey.Dispose();
    }

    private string Sign(byte[] claims)
    {
        var content = Header(new() { ["alg"] = "RS256", ["typ"] = "visitor+jwt" }, _options.KeyId) + "." + Encode(claims);
        // RSA instances are not promised to be safe for several threads at once.
        lock (_lock)
        {
            return content + "." + Encode(_signingKey.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        }
    }

    private string Encrypt(string content)
    {
        var header = Header(new() { ["alg"] = "RSA-OAEP-256", ["enc"] = "A256GCM", ["cty"] = "JWT" }, _options.PlatformKeyId);
        var contentKey = RandomNumberGenerator.GetBytes(32);
        var vector = RandomNumberGenerator.GetBytes(12);
        var plain = Encoding.UTF8.GetBytes(content);
        var ciphertext = new byte[plain.Length];
        var tag = new byte[16];
        using var gcm = new AesGcm(contentKey, tag.Length);
        gcm.Encrypt(vector, plain, ciphertext, tag, Encoding.ASCII.GetBytes(header));
        byte[] encryptedKey;
        lock (_lock) encryptedKey = _platformKey.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256);
        return string.Join('.', header, Encode(encryptedKey), Encode(vector), Encode(ciphertext), Encode(tag));
    }

    private static string Header(Dictionary<string, string> header, string? keyId)
    {
        if (keyId is not null) header["kid"] = keyId;
        return Encode(JsonSerializer.SerializeToUtf8Bytes(header));
    }

    private static string Encode(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    private static void Require(bool condition, string message)
    {
        if (!condition) throw new ArgumentException(message);
    }
}
