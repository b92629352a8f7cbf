//! Bytes sealed and opened again. What belongs around them (`context`) is not stored, but must be
//! the same at both times: a sealed block cannot stand in for another.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use zeroize::Zeroizing;

use super::key::Secret;
use crate::data::{hex, unhex};

const NONCE: usize = 24;
const TAG: usize = 16;

/// Seals and opens with one key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    /// Makes nonces.
    nonces: Secret,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(•)")
    }
}

impl Sealer {
    pub fn new(key: &Secret) -> Self {
        let sealing = key.subkey("segel");
        Self { cipher: XChaCha20Poly1305::new(sealing.bytes().into()), nonces: key.subkey("nonce") }
    }

    /// How many bytes sealing adds.
    pub const MORE: usize = NONCE + TAG;

    /// Nonce, sealed bytes and tag; the content is used up.
    pub fn seal(&self, context: &[u8], mut content: Vec<u8>) -> Vec<u8> {
        let mac = self.nonces.mac_of(&[context, &content]);
        let mut sealed = Vec::with_capacity(content.len() + Self::MORE);
        sealed.extend_from_slice(&mac[..NONCE]);
        let nonce = nonce_of(&sealed);
        content.reserve(TAG);
        // Refuses beyond 256 GiB alone.
        if self.cipher.encrypt_in_place(&nonce, context, &mut content).is_err() {
            return Vec::new();
        }
        sealed.extend_from_slice(&content);
        sealed
    }

    /// The content, wiped when dropped; `None` where it was sealed with another key or for another context, or was
    /// changed.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.len() < Self::MORE {
            return None;
        }
        let mut content = Zeroizing::new(sealed[NONCE..].to_vec());
        self.cipher.decrypt_in_place(&nonce_of(sealed), context, &mut *content).ok()?;
        Some(content)
    }

    /// As [`Sealer::seal`], as hexadecimal digits.
    pub fn seal_text(&self, context: &[u8], content: Vec<u8>) -> String {
        hex(&self.seal(context, content))
    }

    /// Reverse of [`Sealer::seal_text`]; `None` as of [`Sealer::open`], or where it is no such text.
    pub fn open_text(&self, context: &[u8], text: &str) -> Option<Zeroizing<Vec<u8>>> {
        self.open(context, &unhex(text)?)
    }
}

fn nonce_of(sealed: &[u8]) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.iter_mut().zip(sealed).take(NONCE).for_each(|(to, from)| *to = *from);
    nonce
}
