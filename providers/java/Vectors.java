import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/** Makes a token for each case on standard input. See ../README.md for what is read and written. */
public final class Vectors {
    public static void main(String[] arguments) throws Exception {
        String input = new String(System.in.readAllBytes(), StandardCharsets.UTF_8).trim();
        for (String text : input.split("\n\n")) {
            Map<String, String> fields = new HashMap<>();
            Map<String, String> data = new HashMap<>();
            for (String line : text.split("\n")) {
                String[] parts = line.split(" ", 2);
                String value = new String(Base64.getDecoder().decode(parts.length > 1 ? parts[1] : ""), StandardCharsets.UTF_8);
                if (parts[0].startsWith("data.")) data.put(parts[0].substring(5), value);
                else fields.put(parts[0], value);
            }
            System.out.println(answer(fields, data));
        }
    }

    private static String answer(Map<String, String> fields, Map<String, String> data) throws GeneralSecurityException {
        Duration lifetime = Duration.ofSeconds(Long.parseLong(fields.getOrDefault("lifetime", "60")));
        Clock clock = fields.containsKey("clock")
            ? Clock.fixed(Instant.ofEpochSecond(Long.parseLong(fields.get("clock"))), ZoneOffset.UTC) : Clock.systemUTC();
        SignetToken.Options options = new SignetToken.Options(fields.get("issuer"), lifetime, fields.get("audience"),
            fields.get("keyId"), fields.get("platformKeyId"), fields.getOrDefault("claimPrefix", "https://iadvize.com/"), clock);
        try {
            return new SignetToken(fields.get("privateKey"), fields.get("platformKey"), options).issue(fields.get("userId"), data);
        } catch (IllegalArgumentException error) {
            return "refused";
        }
    }
}
