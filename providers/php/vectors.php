<?php
// Makes a token for each case on standard input. See ../README.md for what is read and written.
declare(strict_types=1);

// Composer's autoloader, or the one of Debian's php-phpseclib3.
foreach ([__DIR__ . '/vendor/autoload.php', '/usr/share/php/phpseclib3/autoload.php'] as $autoload) {
    if (is_file($autoload)) {
        require $autoload;
        break;
    }
}
require __DIR__ . '/SignetToken.php';

foreach (explode("\n\n", trim(stream_get_contents(STDIN))) as $text) {
    $fields = [];
    $data = [];
    foreach (explode("\n", $text) as $line) {
        [$name, $value] = explode(' ', $line . ' ');
        $value = base64_decode($value, true);
        if (str_starts_with($name, 'data.')) {
            $data[substr($name, 5)] = $value;
        } else {
            $fields[$name] = $value;
        }
    }
    try {
        $provider = new SignetToken(
            $fields['privateKey'],
            $fields['platformKey'],
            $fields['issuer'],
            lifetime: (int) ($fields['lifetime'] ?? 60),
            audience: $fields['audience'] ?? null,
            keyId: $fields['keyId'] ?? null,
            platformKeyId: $fields['platformKeyId'] ?? null,
            claimPrefix: $fields['claimPrefix'] ?? 'https://iadvize.com/',
            now: isset($fields['clock']) ? (int) $fields['clock'] : null,
        );
        echo $provider->issue($fields['userId'], $data), "\n";
    } catch (InvalidArgumentException) {
        echo "refused\n";
    }
}
