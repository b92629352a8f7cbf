//! Passwords: what is accepted, and argon2id over it.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use zeroize::Zeroizing;

use super::error::AccessError;

/// Shorter ones are tried out; longer ones only cost time (ASVS 4.0.3, 2.1.1 and 2.1.2).
const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// A password of fewer different characters is a pattern.
const DIFFERENT: usize = 5;

/// Words that stand in lists of broken passwords together with digits, and our own.
const COMMON: [&str; 22] = [
    "password",
    "passw0rd",
    "katasandi",
    "rahasia",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "123456",
    "654321",
    "111111",
    "000000",
    "abcdef",
    "iloveyou",
    "sayang",
    "bismillah",
    "indonesia",
    "merdeka",
    "admin",
    "welcome",
    "letmein",
    "selamat",
    "tepat",
];

/// Letters of generated passwords: none that is mistaken for another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Hashing takes 19 MiB and tens of milliseconds: so many at once, the others wait.
static TURNS: [Mutex<()>; 2] = [Mutex::new(()), Mutex::new(())];

/// How many hash or wait for it. Whoever waits holds a thread that pages need.
static WAITING: AtomicUsize = AtomicUsize::new(0);
const MOST_WAITING: usize = 32;

/// Why a text is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    #[error("a password has at least 12 characters")]
    Short,
    #[error("a password has at most 128 characters")]
    Long,
    #[error("a password of so few different characters is guessed")]
    Repeated,
    #[error(
        "a password made of a common word or row of keys is guessed; take several words that do not belong together"
    )]
    Common,
    #[error("a password must not hold the name of the account")]
    HoldsName,
}

/// A password that somebody typed or that was made; wiped from memory after use.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// A text that may become the password of the account `name`. All characters count, spaces too.
    ///
    /// # Errors
    /// Too short, too long, or easily guessed.
    pub fn new(text: &str, name: &str) -> Result<Self, PasswordFault> {
        let length = text.chars().count();
        if length < SHORTEST {
            return Err(PasswordFault::Short);
        }
        if length > LONGEST {
            return Err(PasswordFault::Long);
        }
        let low = text.to_lowercase();
        let mut different: Vec<char> = low.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < DIFFERENT {
            return Err(PasswordFault::Repeated);
        }
        let own = name.split(['@', '.']).next().unwrap_or(name);
        if low.contains(name) || (own.len() >= 4 && low.contains(own)) {
            return Err(PasswordFault::HoldsName);
        }
        if is_common(&low) {
            return Err(PasswordFault::Common);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Four groups of five letters and digits: 100 bits.
    ///
    /// # Errors
    /// The machine has no randomness to give.
    pub fn generate() -> Result<Self, AccessError> {
        Ok(Self(Zeroizing::new(groups(4, 5)?)))
    }

    /// Of two halves that two people hand over, joined by a hyphen.
    pub(super) fn joined(first: &str, second: &str) -> Self {
        Self(Zeroizing::new(format!("{first}-{second}")))
    }

    /// The text, to be shown once to whom it was made for.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The argon2id hash of 19 MiB and two passes (OWASP), with a salt of its own.
    pub(super) fn hash(&self) -> Result<String, AccessError> {
        let _turn = turn(&self.0);
        let hash: PasswordHash = Argon2::default()
            .hash_password(self.0.as_bytes())
            .map_err(|_| AccessError::NoRandomness)?;
        Ok(hash.to_string())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is left of it without common words and digits is too little to be a secret.
fn is_common(low: &str) -> bool {
    let mut rest = low.to_owned();
    for word in COMMON {
        rest = rest.replace(word, "");
    }
    let own = rest.chars().filter(|c| c.is_alphabetic()).count();
    let rows = ["abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "12345678901234567890"];
    rest.len() < low.len() && own < 6 || rows.iter().any(|row| row.contains(low))
}

/// Whether `text` is the password behind `hash`. Of an unknown account the hash of nothing is
/// given, so that the answer takes as long.
pub(super) fn verify(text: &str, hash: &str) -> Result<bool, AccessError> {
    let parsed = PasswordHash::new(hash).map_err(|_| AccessError::DamagedHash)?;
    // Nobody has a longer one: not worth the time.
    let text: String = text.chars().take(LONGEST + 1).collect();
    let text = Zeroizing::new(text);
    let _turn = turn(&text);
    Ok(Argon2::default().verify_password(text.as_bytes(), &parsed).is_ok())
}

/// Whether so many are at it that another attempt had better come back.
pub(super) fn is_crowded() -> bool {
    WAITING.load(Ordering::Relaxed) >= MOST_WAITING
}

/// The right to hash, given back when it is dropped.
struct Turn {
    _held: MutexGuard<'static, ()>,
}

fn turn(text: &str) -> Turn {
    WAITING.fetch_add(1, Ordering::Relaxed);
    let at = usize::from(super::token::hash(text.as_bytes())[0]) % TURNS.len();
    Turn { _held: TURNS[at].lock().unwrap_or_else(PoisonError::into_inner) }
}

impl Drop for Turn {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// `count` groups of `length` random letters, joined by hyphens.
pub(super) fn groups(count: usize, length: usize) -> Result<String, AccessError> {
    let mut bytes = Zeroizing::new(vec![0; count * length]);
    getrandom::fill(&mut bytes).map_err(|_| AccessError::NoRandomness)?;
    let mut text = String::with_capacity(count * (length + 1));
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && i % length == 0 {
            text.push('-');
        }
        // 32 letters: every byte gives each with the same chance.
        text.push(char::from(LETTERS[usize::from(*byte) % LETTERS.len()]));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_guessed_is_no_password() {
        for (text, fault) in [
            ("pendek", PasswordFault::Short),
            ("aaaabbbbaaaabbbb", PasswordFault::Repeated),
            ("Password12345", PasswordFault::Common),
            ("indonesia merdeka", PasswordFault::Common),
            ("abcdefghijkl", PasswordFault::Common),
            ("qwertyuiopas", PasswordFault::Common),
            ("saya siti.aminah lho", PasswordFault::HoldsName),
        ] {
            assert_eq!(Password::new(text, "siti.aminah").unwrap_err(), fault, "{text}");
        }
        assert_eq!(Password::new(&"kuda laut ".repeat(20), "x").unwrap_err(), PasswordFault::Long);
        for text in ["kuda baterai jepit benar", "Tujuh belas kursi biru", "pässwörter sind läng"]
        {
            assert!(Password::new(text, "siti.aminah").is_ok(), "{text}");
        }
    }

    #[test]
    fn a_hash_is_argon2id_and_opens_for_its_password_alone() {
        let password = Password::generate().unwrap();
        let hash = password.hash().unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, password.hash().unwrap(), "no salt");
        assert!(verify(password.reveal(), &hash).unwrap());
        assert!(!verify("another", &hash).unwrap() && !verify("", &hash).unwrap());
        assert!(!format!("{password:?}").contains(password.reveal()));
    }

    #[test]
    fn generated_passwords_pass_their_own_rule() {
        for _ in 0..200 {
            let made = Password::generate().unwrap();
            assert!(Password::new(made.reveal(), "planner").is_ok());
            assert_eq!(made.reveal().len(), 23);
        }
    }
}
