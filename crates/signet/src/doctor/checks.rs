//! Everything the doctor may find, each with a stable code, what it means and what to do. `docs/doctor.md` is made of this table.

use super::Severity;

/// Something the doctor may find.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Never renamed and never used for anything else.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means.
    pub meaning: &'static str,
    /// What to do; empty if there is nothing to do.
    pub fix: &'static str,
}

impl Check {
    /// Where `docs/doctor.md` has it.
    pub fn anchor(&self) -> String {
        self.code.to_ascii_lowercase()
    }
}

macro_rules! checks {
    ($($(#[$section:meta])* $name:ident = $severity:ident, $meaning:literal, $fix:literal;)*) => {
        $(pub(super) const $name: Check =
            Check { code: stringify!($name), severity: Severity::$severity, meaning: $meaning, fix: $fix };)*

        /// Every check, in the order in which things are looked at.
        pub const ALL: &[Check] = &[$($name),*];
    };
}

checks! {
    SETTINGS_READ = Ok, "The settings were read and make sense.", "";
    SETTINGS_INVALID = Error, "The settings cannot be read, hold an unknown name or contradict each other. Nothing else was looked at.",
        "Correct what is named; settings.md lists every setting.";
    SECRET_READABLE_BY_OTHERS = Error, "Other users of this machine can read a file with a secret.",
        "`chmod 600` the file and give it to the user that Signet runs as. If others use this machine, change the secret too.";
    FOLDER_OPEN_TO_OTHERS = Warning, "Other users of this machine can look into the data directory.",
        "`chmod 700` the directory.";
    PASSPHRASE_BESIDE_KEYSTORE = Note, "The keystore's passphrase lies in the keystore's own directory: whoever copies the one has the other.",
        "Move it to where backups of the data do not reach, and name it in `keystore_passphrase_file`.";
    TLS_UNUSABLE = Error, "The certificate or its key cannot be used.", "Correct `tls_certificate` and `tls_key`; both are PEM and belong together.";
    METRICS_PUBLIC = Note, "`/metrics` answers everybody.", "Unset `metrics_public` unless something in front keeps strangers away.";
    OUTBOUND_OPEN = Warning, "Key sets of brands are fetched from private addresses or without TLS.",
        "Unset `outbound_private_addresses` and `outbound_plain_http`: they are for tests.";

    DISK_SOUND = Ok, "The data directory takes writes and there is room.", "";
    DISK_UNWRITABLE = Error, "Writing to the data directory and waiting for the disk fails.",
        "Look at the mount, the quota and the owner of the directory.";
    DISK_SPACE_LOW = Warning, "Less than 1 GiB or a twentieth of the disk is free.", "Make room, or move the data to a larger disk.";
    DATABASE_SOUND = Ok, "The database answers, is whole, and has the schema of this version.", "";
    DATABASE_MISSING = Note, "There is no database yet.", "The first start makes it. If there should be one, correct `data_dir` or `database`.";
    DATABASE_UNREACHABLE = Error, "The database cannot be opened.", "See that it runs, that address and password are right, and who owns the file.";
    DATABASE_DAMAGED = Error, "SQLite finds faults in the database file.",
        "Stop Signet, keep a copy of the file as it is, and restore the last backup. Suspect the disk.";
    SCHEMA_OLD = Warning, "The database has the schema of an earlier version.", "Take a backup, then run `signet migrate` or start the server.";
    SCHEMA_UNKNOWN = Error, "The database was changed by a newer version of Signet, or by hand.",
        "Run that version or a newer one. To go back, restore the backup that was taken before the upgrade.";
    LOG_LARGE = Warning, "The write-ahead log beside the database is longer than 256 MiB.",
        "Something reads for a very long time, such as a backup program with the file open: end it. The log shrinks by itself.";
    POSTGRESQL_OLD = Warning, "The PostgreSQL server is older than version 14.", "Upgrade it: the project no longer mends such versions.";
    POSTGRESQL_UNSAFE = Error, "The PostgreSQL server may lose writes that were acknowledged.",
        "Turn `fsync`, `full_page_writes` and `synchronous_commit` on.";

    CUSTODY_SOUND = Ok, "Every platform key opened something that was encrypted to it.", "";
    KEYSTORE_MISSING = Note, "There is no keystore yet.", "The first start makes it. If there should be one, correct `keystore` or restore a backup.";
    CUSTODY_UNUSABLE = Error, "The platform's keys cannot be opened: the keystore, or the custody that the settings name.",
        "Give the right passphrase; if the file is damaged, restore a backup. For other custody see custody.md.";
    VAULT_UNREACHABLE = Error, "Vault does not answer, not in time, or not with TLS that is trusted.",
        "Correct `vault_address` or `vault_ca_file`, or bring Vault back. The platform goes on by itself when it is there.";
    VAULT_SEALED = Error, "Vault is sealed, or has no leader.", "Unseal it. The platform goes on by itself afterwards.";
    VAULT_LOGIN_REFUSED = Error, "Vault does not accept the credentials, or they cannot be read.",
        "Issue new ones (a secret id, a token) into the file that the settings name. Nothing needs a restart.";
    VAULT_DENIED = Error, "Vault denies what the platform has to do: read the key and decrypt with it.",
        "Give its role the policy in custody.md.";
    VAULT_KEY_UNUSABLE = Error, "Vault has no key of that name, or one that is no RSA key of 2048 to 4096 bits.",
        "Correct `vault_key` and `vault_mount`, or make the key as custody.md says.";
    PKCS11_MODULE_UNUSABLE = Error, "The PKCS#11 module cannot be loaded or started.",
        "Correct `pkcs11_module`; see that the library is readable for Signet's user, and that its own settings are in Signet's environment.";
    PKCS11_TOKEN_MISSING = Error, "The module has no token of that label.", "Correct `pkcs11_token`; see that the HSM is connected.";
    PKCS11_LOGIN_REFUSED = Error, "The token does not accept the PIN, or it cannot be read.",
        "Correct the PIN in the file that `pkcs11_pin_file` names. After some wrong ones a token locks itself: the security officer opens it.";
    PKCS11_KEY_UNUSABLE = Error, "The token has no private RSA key of that label, or several, or one that cannot be used.",
        "Correct `pkcs11_key`: labels of RSA keys of 2048 to 4096 bits, each once in the token.";
    PKCS11_ALGORITHM_REFUSED = Error, "The token does not unwrap with RSA-OAEP and SHA-256 what was wrapped for its key.",
        "Use another module: custody.md says what it has to do.";
    SELF_TEST_FAILED = Error, "A platform key does not open what was just encrypted to it.",
        "Restore the keystore from a backup, or look at what the other custody says. Sessions live on meanwhile; new sign-ins fail.";
    FORMER_COPY_LEFT = Warning, "The keystore still has a copy of a key that lives in other custody: whoever gets it and its passphrase has the key.",
        "`signet keys migrate --to … --destroy-former`, once tokens open where the keys are now.";
    PLATFORM_KEY_OLD = Warning, "The key that tokens are encrypted to is older than a year.",
        "Make a new one and follow who still encrypts to the old one: keys.md.";
    RETIRED_KEY_LEFT = Warning, "A platform key is retired for more than 90 days and still opens tokens.",
        "See who uses it (`signet keys platform list`), have them change over, then `signet keys platform destroy`.";
    REVOKED_KEY_IN_CUSTODY = Note, "Custody has a key that is revoked. It opens nothing.",
        "Destroy it there. In a keystore it comes from a backup: `signet keys platform revoke` destroys it again.";
    RETIRED_KEY_IN_USE = Note, "Tokens are still encrypted to a platform key that is no longer published.",
        "Have the brand fetch `/keys/platform.pem` or the key set again. Destroy the key when this is over.";

    CLOCK_RIGHT = Ok, "The clocks that could be compared agree.", "";
    CLOCK_DIFFERS = Warning, "This machine's clock and another one differ by more than five seconds.",
        "Run a time service such as chrony on both. Tokens live for a minute: skew refuses them.";

    ADDRESS_ANSWERS = Ok, "The platform with these keys answers at its public address.", "";
    PUBLIC_URL_MISSING = Warning, "The platform listens on more than loopback and does not know its public address.",
        "Set `public_url` to what browsers use.";
    PUBLIC_URL_NOT_SECURE = Error, "The public address has no TLS: tokens and passwords travel in the clear.",
        "Put a reverse proxy with TLS in front, or set `tls_certificate` and `tls_key`, and set `public_url` to https://….";
    ADDRESS_UNREACHABLE = Error, "Nothing usable answers at the public address.",
        "See that the server runs, that the name leads to it, and that the certificate is valid for the name.";
    ADDRESS_OF_ANOTHER = Error, "Something answers at the public address, but no platform with these keys.",
        "Correct `public_url` or the proxy. Has the server been restarted since its keys or its version changed?";
    PROXY_SOUND = Ok, "The caller's address arrives as `trusted_proxies` says.", "";
    CALLER_FORGEABLE = Error, "A caller can choose the address that Signet takes it for, and so escape limits by address.",
        "Lower `trusted_proxies` to the number of proxies that append to X-Forwarded-For, or have the proxy append to it.";
    PROXY_NOT_TRUSTED = Warning, "A proxy says who calls and Signet does not listen: all callers share one address and its limits.",
        "Set `trusted_proxies` to the number of proxies in front.";
    SOCKETS_BLOCKED = Error, "WebSockets do not pass the proxy: nothing arrives live.",
        "Have the proxy pass `Upgrade` and `Connection`; operations.md has the lines.";
    HEADERS_CHANGED = Error, "The proxy removes or changes headers that protect pages.",
        "Let Signet's headers through as they are, and add none of the same name.";
    BODY_LIMIT_LOW = Error, "The proxy refuses bodies that Signet would take.", "Allow bodies of at least 64 KiB.";

    PROJECT_WITHOUT_KEY = Error, "Visitors of this project must prove who they are, and there is no key to check it with.",
        "Register and activate a key: keys.md says how.";
    PROJECT_WITHOUT_ORIGINS = Warning, "No page may embed this project's chat.", "`signet project set-origins`, or in the console.";
    PROJECT_ORIGIN_NOT_SECURE = Warning, "Pages without TLS may embed this project's chat: anybody on the way can act as their visitors.",
        "Serve the site over https and remove the http origin.";
    PROJECT_ANY_LOOPBACK = Note, "Pages on any visitor's own machine may embed this project's chat. Right for development alone.",
        "`signet project set-origins` without `--any-loopback`.";
    SESSION_LONG = Warning, "Sessions of this project last longer than a day.", "`signet project set --session-lifetime`; an hour is usual, seven minutes for a bank.";
    CUSTOMER_KEY_OLD = Warning, "A brand's key is older than a year.", "Have the brand register a new one and retire the old: keys.md.";
    CUSTOMER_KEY_WEAK = Warning, "A brand's RSA key has fewer than 2048 bits.", "Have the brand register a new one and revoke the old.";
    CUSTOMER_KEY_UNUSED = Note, "A key is active for more than a month and never verified anything.", "Ask whether it is needed; retire it otherwise.";
    RETIRING_KEY_IN_USE = Warning, "A key on its way out still signs tokens.", "Have the brand change over before the key is revoked.";
    NOBODY_OWNS = Note, "Nobody can administrate the platform yet.", "The server prints a link for the first owner when it starts.";
    OWNER_WITHOUT_SECOND_FACTOR = Warning, "Somebody who may do everything signs in with a password alone.", "Have them set a second factor up at the desk: sign-in.md.";
}
