import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
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
import java.util.Arrays;
import java.util.Base64;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/** Makes visitor tokens with the JDK alone. See ../README.md for what is read and written. */
public final class MakeTokens {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    private static final SecureRandom RANDOM = new SecureRandom();

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        KeyFactory rsa = KeyFactory.getInstance("RSA");
        PrivateKey signingKey = rsa.generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(input.readLine())));
        PublicKey encryptionKey = rsa.generatePublic(new X509EncodedKeySpec(Base64.getDecoder().decode(input.readLine())));
        String customerKeyId = input.readLine();
        String platformKeyId = input.readLine();
        String claims = input.readLine();
        String escapedClaims = input.readLine();

        String outer = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\"}";
        print("jdk-minimal", encrypt(outer, sign("{\"alg\":\"RS256\"}", claims, signingKey), encryptionKey));
        print("jdk-escaped", encrypt(outer, sign("{\"alg\":\"RS256\"}", escapedClaims, signingKey), encryptionKey));
        String fullInner = "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":\"" + customerKeyId + "\"}";
        String fullOuter =
            "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"JWT\",\"kid\":\"" + platformKeyId + "\"}";
        print("jdk-full", encrypt(fullOuter, sign(fullInner, claims, signingKey), encryptionKey));
    }

    private static void print(String name, String token) {
        System.out.println(name + " " + token);
    }

    private static String base64url(byte[] bytes) {
        return BASE64URL.encodeToString(bytes);
    }

    private static String sign(String header, String payload, PrivateKey key) throws GeneralSecurityException {
        String signed = base64url(header.getBytes(StandardCharsets.UTF_8)) + "."
            + base64url(payload.getBytes(StandardCharsets.UTF_8));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(signed.getBytes(StandardCharsets.US_ASCII));
        return signed + "." + base64url(signature.sign());
    }

    private static String encrypt(String header, String content, PublicKey key) throws GeneralSecurityException {
        byte[] contentKey = new byte[32];
        byte[] vector = new byte[12];
        RANDOM.nextBytes(contentKey);
        RANDOM.nextBytes(vector);
        String protectedHeader = base64url(header.getBytes(StandardCharsets.UTF_8));

        // The name alone would use SHA-1 for MGF1: the parameters must be given.
        Cipher oaep = Cipher.getInstance("RSA/ECB/OAEPWithSHA-256AndMGF1Padding");
        oaep.init(Cipher.ENCRYPT_MODE, key,
            new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT));
        byte[] encryptedKey = oaep.doFinal(contentKey);

        Cipher gcm = Cipher.getInstance("AES/GCM/NoPadding");
        gcm.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(contentKey, "AES"), new GCMParameterSpec(128, vector));
        gcm.updateAAD(protectedHeader.getBytes(StandardCharsets.US_ASCII));
        byte[] sealed = gcm.doFinal(content.getBytes(StandardCharsets.UTF_8));
        byte[] ciphertext = Arrays.copyOf(sealed, sealed.length - 16);
        byte[] tag = Arrays.copyOfRange(sealed, sealed.length - 16, sealed.length);
        return String.join(".", protectedHeader, base64url(encryptedKey), base64url(vector), base64url(ciphertext),
            base64url(tag));
    }
}
