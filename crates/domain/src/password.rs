//! Which passwords are accepted: long ones that are not what everybody tries first.
//!
//! As NIST SP 800-63B section 3.1.1 wants it, length counts and classes of characters do not. Instead of a list of leaked
//! passwords, which would be large, foreign and old, the shapes that fill such lists are refused: a common word with digits and
//! signs around it, keys in a row, few characters over and over, and what stands in the person's own name or address.

/// Shortest password, in characters.
pub const SHORTEST: usize = 12;
/// Longest password, in characters. Hashing takes the same time for all of them.
pub const LONGEST: usize = 200;
/// Fewest different characters.
const DIFFERENT: usize = 5;
/// A password must keep this many characters when everything that is easily guessed is taken out of it.
const LEFT: usize = 5;

/// What people choose when they are made to choose, in English, French and on keyboards, without digits and signs. Our own
/// list: words, not leaked passwords. Longer ones stand before those they contain.
const COMMON: [&str; 56] = [
    "azertyuiop",
    "qwertyuiop",
    "qsdfghjklm",
    "asdfghjkl",
    "motdepasse",
    "changeme",
    "changeit",
    "iloveyou",
    "password",
    "passwort",
    "passcode",
    "passphrase",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "starwars",
    "computer",
    "internet",
    "trustno",
    "whatever",
    "welcome",
    "bienvenue",
    "bonjour",
    "soleil",
    "doudou",
    "loulou",
    "chouchou",
    "azerty",
    "qwerty",
    "qwertz",
    "wxcvbn",
    "zxcvbn",
    "letmein",
    "dragon",
    "monkey",
    "master",
    "shadow",
    "secret",
    "default",
    "company",
    "admin",
    "administrator",
    "winter",
    "spring",
    "summer",
    "autumn",
    "hello",
    "login",
    "guest",
    "signet",
    "test",
    "user",
    "root",
    "pass",
];

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Too short.
    #[error("the password has fewer than {SHORTEST} characters")]
    TooShort,
    /// Too long.
    #[error("the password has more than {LONGEST} characters")]
    TooLong,
    /// One that is tried first.
    #[error(
        "the password is easily guessed: it is little more than a common word, a row of keys or a repetition"
    )]
    Common,
    /// Made of the person's own name or address.
    #[error("the password is little more than your name or e-mail address")]
    Personal,
}

impl PasswordFault {
    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooShort => "PASSWORD_TOO_SHORT",
            Self::TooLong => "PASSWORD_TOO_LONG",
            Self::Common => "PASSWORD_COMMON",
            Self::Personal => "PASSWORD_PERSONAL",
        }
    }
}

/// Checks a password that somebody chose. `personal` are their name, address and the like.
pub fn check(password: &str, personal: &[&str]) -> Result<(), PasswordFault> {
    let length = password.chars().count();
    if length < SHORTEST {
        return Err(PasswordFault::TooShort);
    }
    if length > LONGEST {
        return Err(PasswordFault::TooLong);
    }
    let plain = plain(password);
    let mut characters: Vec<char> = plain.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < DIFFERENT || left(&without_rows(&without_words(&plain, &COMMON))) < LEFT {
        return Err(PasswordFault::Common);
    }
    let own: Vec<String> = personal
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|part| part.chars().count() >= 3)
        .map(self::plain)
        .collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    if left(&without_rows(&without_words(&without_words(&plain, &own), &COMMON))) < LEFT {
        return Err(PasswordFault::Personal);
    }
    Ok(())
}

/// Lower case, with the usual signs back in place of the letters they stand for.
fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    // Digits at either end are years and counters, not letters.
    let lower = text.to_lowercase();
    let core = lower.trim_matches(|c: char| !c.is_alphabetic());
    let (before, after) = lower.split_once(core).unwrap_or(("", ""));
    if core.is_empty() {
        lower
    } else {
        format!("{before}{}{after}", core.chars().map(letter).collect::<String>())
    }
}

fn without_words(text: &str, words: &[&str]) -> String {
    words.iter().fold(text.to_owned(), |text, word| text.replace(word, " "))
}

/// Takes out what repeats or counts up or down: of `aaaa`, `abcd` and `4321` the first character is left.
fn without_rows(text: &str) -> String {
    let mut left = String::new();
    let mut before: Option<char> = None;
    for c in text.chars() {
        let follows =
            before.is_some_and(|before| (i64::from(u32::from(c)) - i64::from(u32::from(before))).abs() <= 1);
        if !follows {
            left.push(c);
        }
        before = Some(c);
    }
    left
}

/// How many characters there are to guess: digits and signs count for a third of a letter's worth, since they come in
/// years, counters and a sign at the end.
fn left(text: &str) -> usize {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let others = text.chars().filter(|c| !c.is_alphabetic() && !c.is_whitespace()).count();
    letters + others / 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_refused() {
        let personal = ["Jane Doe", "jane.doe@lumen.example"];
        let cases = [
            ("short", PasswordFault::TooShort),
            ("elevenchars", PasswordFault::TooShort),
            ("Password2026!", PasswordFault::Common),
            ("P@ssw0rd1234", PasswordFault::Common),
            ("passwordpassword", PasswordFault::Common),
            ("Welcome-2026!!", PasswordFault::Common),
            ("qwertyuiop123", PasswordFault::Common),
            ("azertyuiop12!", PasswordFault::Common),
            ("Motdepasse2026", PasswordFault::Common),
            ("aaaaaaaaaaaaaa", PasswordFault::Common),
            ("abababababab", PasswordFault::Common),
            ("123456789012", PasswordFault::Common),
            ("abcdefghijklmnop", PasswordFault::Common),
            ("Summer2026!Winter", PasswordFault::Common),
            ("janedoe20261234", PasswordFault::Personal),
            ("Lumen-Jane-2026", PasswordFault::Personal),
        ];
        for (password, fault) in cases {
            assert_eq!(check(password, &personal), Err(fault), "{password}");
        }
        assert_eq!(check(&"x".repeat(LONGEST + 1), &[]), Err(PasswordFault::TooLong));
    }

    #[test]
    fn long_ones_of_any_kind_are_accepted() {
        for password in [
            "correct horse battery staple",
            "correct horse battery",
            "vélo sous la pluie",
            "tK9#mWq2Lx!z",
            "猫が好きです。とても好きです",
            "pass the salt please, Martha",
            "demo-agent-lumen",
        ] {
            assert_eq!(check(password, &["Jane Doe", "jane@lumen.example"]), Ok(()), "{password}");
        }
    }
}
