// Tested with JDK 17 by crates/signet/tests/it/providers.rs. Needs nothing but the JDK, 17 or later.
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** Makes the tokens with which a site's backend tells Signet who is signed in. Make one and keep it; threads may share it. */
public final class SignetToken {
    /**
     * @param issuer        {@code iss}: your site's name, such as https://www.example.com
     * @param lifetime      how long a token is good for; a minute is plenty
     * @param audience      {@code aud}: your site id, or null; the strict profile needs it
     * @param keyId         {@code kid} of your key as registered, or null; the strict profile needs it
     * @param platformKeyId {@code kid} of Signet's key from /.well-known/jwks.json, or null; the strict profile needs it
     * @param claimPrefix   the project's claim prefix
     * @param clock         {@link Clock#systemUTC()}, but in tests
     */
    public record Options(String issuer, Duration lifetime, String audience, String keyId, String platformKeyId,
                          String claimPrefix, Clock clock) {
        public Options(String issuer) {
            this(issuer, Duration.ofMinutes(1), null, null, null, "https://iadvize.com/", Clock.systemUTC());
        }
    }

    private static final Set<String> VISITOR_DATA =
        Set.of("address", "city", "country", "email", "firstName", "lastName", "phoneNumber", "zipCode");
    private static final SecureRandom RANDOM = new SecureRandom();
    /** What stands in PKCS#8 before a traditional RSA key: version 0, algorithm rsaEncryption, the head of an octet string. */
    private static final byte[] PKCS8_HEAD = HexFormat.of().parseHex("020100300d06092a864886f70d01010105000482");

    private final PrivateKey signingKey;
    private final PublicKey platformKey;
    private final Options options;

    /**
     * @param privateKeyPem  yours: PKCS#8 or traditional, as openssl and {@code signet keys generate} write it
     * @param platformKeyPem Signet's public key, from /keys/platform.pem
     */
    public SignetToken(String privateKeyPem, String platformKeyPem, Options options) throws GeneralSecurityException {
        require(options.issuer() != null && !options.issuer().isEmpty(), "an issuer is needed");
        long seconds = options.lifetime().toSeconds();
        require(seconds >= 1 && seconds <= 86_400, "the lifetime is 1 to 86400 seconds");
        KeyFactory rsa = KeyFactory.getInstance("RSA");
        byte[] key = der(privateKeyPem);
        boolean traditional = privateKeyPem.contains("BEGIN RSA PRIVATE KEY");
        this.signingKey = rsa.generatePrivate(new PKCS8EncodedKeySpec(traditional ? pkcs8(key) : key));
        this.platformKey = rsa.generatePublic(new X509EncodedKeySpec(der(platformKeyPem)));
        this.options = options;
    }

    /**
     * A token for the person who is signed in now. Take {@code userId} from your own checked session, never from the request:
     * 1 to 255 characters, unique, never given to somebody else. {@code visitorData} is shown to agents; null values
     * are left out.
     *
     * @throws IllegalArgumentException for what Signet would refuse
     */
    public String issue(String userId, Map<String, String> visitorData) throws GeneralSecurityException {
        require(userId != null && !userId.isEmpty() && length(userId) <= 255 && userId.codePoints().noneMatch(Character::isISOControl),
            "a user id is a string of 1 to 255 printable characters");
        Map<String, Object> data = new LinkedHashMap<>();
        visitorData.forEach((name, value) -> {
            if (value == null) return;
            require(VISITOR_DATA.contains(name), "visitorData has no member " + name);
            require(length(value) <= 1024, name + " is a string of at most 1,024 characters");
            data.put(name, value);
        });
        long issuedAt = options.clock().instant().getEpochSecond();
        Map<String, Object> claims = new LinkedHashMap<>();
        claims.put(options.claimPrefix() + "userId", userId);
        if (!data.isEmpty()) claims.put(options.claimPrefix() + "visitorData", data);
        claims.put("iss", options.issuer());
        if (options.audience() != null) claims.put("aud", options.audience());
        claims.put("iat", issuedAt);
        claims.put("exp", issuedAt + options.lifetime().toSeconds());
        claims.put("jti", UUID.randomUUID().toString());
        return encrypt(sign(json(claims)));
    }

    private String sign(String claims) throws GeneralSecurityException {
        Map<String, Object> header = new LinkedHashMap<>(Map.of("alg", "RS256", "typ", "visitor+jwt"));
        if (options.keyId() != null) header.put("kid", options.keyId());
        String content = base64url(utf8(json(header))) + "." + base64url(utf8(claims));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(signingKey);
        signature.update(utf8(content));
        return content + "." + base64url(signature.sign());
    }

    private String encrypt(String content) throws GeneralSecurityException {
        Map<String, Object> header = new LinkedHashMap<>(Map.of("alg", "RSA-OAEP-256", "enc", "A256GCM", "cty", "JWT"));
        if (options.platformKeyId() != null) header.put("kid", options.platformKeyId());
        String protectedHeader = base64url(utf8(json(header)));
        byte[] contentKey = new byte[32];
        byte[] vector = new byte[12];
        RANDOM.nextBytes(contentKey);
        RANDOM.nextBytes(vector);
        // The name alone would leave SHA-1 for MGF1: the parameters must be given.
        Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        oaep.init(Cipher.ENCRYPT_MODE, platformKey,
            new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
        gcm.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(contentKey, "AES"), new GCMParameterSpec(128, vector));
        gcm.updateAAD(utf8(protectedHeader));
        byte[] sealed = gcm.doFinal(utf8(content));
        int length = sealed.length - 16;
        return String.join(".", protectedHeader, base64url(oaep.doFinal(contentKey)), base64url(vector),
            base64url(Arrays.copyOf(sealed, length)), base64url(Arrays.copyOfRange(sealed, length, sealed.length)));
    }

    private static void require(boolean condition, String message) {
        if (!condition) throw new IllegalArgumentException(message);
    }

    /** Code points, as Signet counts. */
    private static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static byte[] der(String pem) {
        return Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    }

    /** A traditional key (RFC 8017 RSAPrivateKey) in the PKCS#8 wrapping that the JDK reads. Keys from 2048 bits have two-byte lengths. */
    private static byte[] pkcs8(byte[] key) {
        int inner = PKCS8_HEAD.length + 2 + key.length;
        return ByteBuffer.allocate(4 + inner).put((byte) 0x30).put((byte) 0x82).putShort((short) inner)
            .put(PKCS8_HEAD).putShort((short) key.length).put(key).array();
    }

    private static String json(Object value) {
        if (value instanceof Map<?, ?> members) {
            return members.entrySet().stream().map(member -> json(member.getKey()) + ":" + json(member.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Number) return value.toString();
        StringBuilder text = new StringBuilder("\"");
        value.toString().chars().forEach(unit -> {
            if (unit == '"' || unit == '\\') text.append('\\').append((char) unit);
            else if (unit < 0x20) text.append(String.format("\\u%04x", unit));
            else text.append((char) unit);
        });
        return text.append('"').toString();
    }
}
