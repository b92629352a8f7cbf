//! The random values that stand for a session, and what is derived from them. A token is shown to
//! its owner once, as a cookie; the database knows only its hash.

use std::fmt;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::error::AccessError;

/// Bytes of randomness: nobody guesses 256 bits.
const BYTES: usize = 32;

/// 256 random bits as 64 hexadecimal digits. Its text is never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(Zeroizing<String>);

impl Token {
    /// # Errors
    /// The machine has no randomness to give.
    pub fn new() -> Result<Self, AccessError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        getrandom::fill(bytes.as_mut_slice()).map_err(|_| AccessError::NoRandomness)?;
        Ok(Self(Zeroizing::new(hex(bytes.as_slice()))))
    }

    /// A token as a cookie brings it; `None` for anything that this program never made.
    pub fn parse(text: &str) -> Option<Self> {
        let ours = text.len() == 2 * BYTES
            && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        ours.then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text for the cookie.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        hash(self.0.as_bytes())
    }

    /// The value that every form of this session carries: who cannot read a page of the session
    /// cannot know it, and it does not tell the token.
    pub fn form(&self) -> FormToken {
        // A key of any length is fine for HMAC: there is nothing that could fail.
        let mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .map(|mac| mac.chain_update(b"tepat form").finalize().into_bytes());
        FormToken(mac.map(|bytes| hex(&bytes)).unwrap_or_default())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What makes a form one of this session (a synchroniser token).
#[derive(Clone, PartialEq, Eq)]
pub struct FormToken(String);

impl FormToken {
    /// The text for the hidden field.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a form brought it; takes the same time wherever the texts differ.
    pub fn is(&self, brought: &str) -> bool {
        !self.0.is_empty() && bool::from(self.0.as_bytes().ct_eq(brought.as_bytes()))
    }
}

impl fmt::Debug for FormToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormToken(…)")
    }
}

/// SHA-256: enough for values of many random bits, which nobody tries out one by one.
pub(super) fn hash(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_differs_each_time_and_is_never_shown() {
        let (one, other) = (
            Token::new().unwrap_or_else(|_| Token::parse(&"0".repeat(64)).unwrap()),
            Token::new().unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one.reveal().len(), 64);
        assert!(!format!("{one:?}{:?}", one.form()).contains(&one.reveal()[..8]));
    }

    #[test]
    fn a_form_token_belongs_to_one_token() {
        let (one, other) = (Token::new().unwrap(), Token::new().unwrap());
        assert!(one.form().is(one.form().reveal()));
        assert!(!one.form().is(other.form().reveal()) && !one.form().is(""));
        assert!(!one.form().reveal().contains(one.reveal()));
    }

    #[test]
    fn what_was_never_a_token_is_none() {
        for text in ["", "0", "' OR 1=1 --", &"g".repeat(64), &"A".repeat(64), &"0".repeat(65)] {
            assert!(Token::parse(text).is_none(), "{text}");
        }
    }
}
