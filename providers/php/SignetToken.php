<?php
// Tested with PHP 8.2 and phpseclib 3 by crates/signet/tests/it/providers.rs. Needs ext-openssl and `composer require phpseclib/phpseclib:^3`.
declare(strict_types=1);

use phpseclib3\Crypt\Common\PrivateKey;
use phpseclib3\Crypt\Common\PublicKey;
use phpseclib3\Crypt\RSA;

/** Makes the tokens with which a site's backend tells Signet who is signed in. */
final class SignetToken
{
    private const VISITOR_DATA = ['address', 'city', 'country', 'email', 'firstName', 'lastName', 'phoneNumber', 'zipCode'];

    private PrivateKey $signingKey;
    private PublicKey $platformKey;

    /**
     * @param string      $privateKeyPem  yours: PKCS#8 or traditional, as openssl and `signet keys generate` write it
     * @param string      $platformKeyPem Signet's public key, from /keys/platform.pem
     * @param string      $issuer         `iss`: your site's name, such as https://www.example.com
     * @param int         $lifetime       seconds that a token is good for
     * @param string|null $audience       `aud`: your site id; the strict profile needs it
     * @param string|null $keyId          `kid` of your key, as registered; the strict profile needs it
     * @param string|null $platformKeyId  `kid` of Signet's key, from /.well-known/jwks.json; the strict profile needs it
     * @param string      $claimPrefix    the project's claim prefix
     * @param int|null    $now            seconds since 1970, for tests
     */
    public function __construct(
        string $privateKeyPem,
        string $platformKeyPem,
        private string $issuer,
        private int $lifetime = 60,
        private ?string $audience = null,
        private ?string $keyId = null,
        private ?string $platformKeyId = null,
        private string $claimPrefix = 'https://iadvize.com/',
        private ?int $now = null,
    ) {
        self::require($issuer !== '', 'an issuer is needed');
        self::require($lifetime >= 1 && $lifetime <= 86400, 'the lifetime is 1 to 86400 seconds');
        $this->signingKey = RSA::loadPrivateKey($privateKeyPem)->withPadding(RSA::SIGNATURE_PKCS1)->withHash('sha256');
        // phpseclib, because openssl_public_encrypt has no SHA-256 for OAEP before PHP 8.5.
        $this->platformKey = RSA::loadPublicKey($platformKeyPem)
            ->withPadding(RSA::ENCRYPTION_OAEP)->withHash('sha256')->withMGFHash('sha256');
    }

    /**
     * A token for the person who is signed in now. Take the user id from your own checked session, never from the request:
     * 1 to 255 characters, unique, never given to somebody else. Visitor data is shown to agents; null is left out.
     *
     * @param array<string, string|null> $visitorData
     * @throws InvalidArgumentException for what Signet would refuse
     */
    public function issue(string $userId, array $visitorData = []): string
    {
        self::require(preg_match('/^\P{Cc}{1,255}$/uD', $userId) === 1, 'a user id is a string of 1 to 255 printable characters');
        $data = array_filter($visitorData, fn ($value) => $value !== null);
        foreach ($data as $name => $value) {
            self::require(in_array($name, self::VISITOR_DATA, true), "visitorData has no member $name");
            self::require(is_string($value) && preg_match('/^.{0,1024}$/usD', $value) === 1, "$name is a string of at most 1,024 characters");
        }
        $issuedAt = $this->now ?? time();
        $claims = [$this->claimPrefix . 'userId' => $userId];
        if ($data !== []) {
            $claims[$this->claimPrefix . 'visitorData'] = $data;
        }
        $claims += ['iss' => $this->issuer, 'iat' => $issuedAt, 'exp' => $issuedAt + $this->lifetime, 'jti' => bin2hex(random_bytes(16))];
        if ($this->audience !== null) {
            $claims['aud'] = $this->audience;
        }
        $content = self::header(['alg' => 'RS256', 'typ' => 'visitor+jwt'], $this->keyId) . '.' . self::base64url(self::json($claims));
        return $this->encrypt($content . '.' . self::base64url($this->signingKey->sign($content)));
    }

    private function encrypt(string $content): string
    {
        $header = self::header(['alg' => 'RSA-OAEP-256', 'enc' => 'A256GCM', 'cty' => 'JWT'], $this->platformKeyId);
        $contentKey = random_bytes(32);
        $vector = random_bytes(12);
        $ciphertext = openssl_encrypt($content, 'aes-256-gcm', $contentKey, OPENSSL_RAW_DATA, $vector, $tag, $header);
        if ($ciphertext === false) {
            throw new RuntimeException('the content could not be encrypted');
        }
        $parts = [$this->platformKey->encrypt($contentKey), $vector, $ciphertext, $tag];
        return implode('.', [$header, ...array_map(self::base64url(...), $parts)]);
    }

    /** @param array<string, string> $header */
    private static function header(array $header, ?string $keyId): string
    {
        return self::base64url(self::json($keyId === null ? $header : $header + ['kid' => $keyId]));
    }

    private static function json(array $value): string
    {
        return json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    }

    private static function base64url(string $bytes): string
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }

    private static function require(bool $condition, string $message): void
    {
        if (!$condition) {
            throw new InvalidArgumentException($message);
        }
    }
}
