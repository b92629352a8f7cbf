//! The master key: 32 random bytes in a file of its owner's, outside the data folder. Nothing is
//! sealed with it directly; every purpose has a key of its own, made of it.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::error::SealError;
use crate::data::{hex, unhex};
use crate::fresh::{self, Access};

const MARK: &str = "tepat-kunci-1";
const LENGTH: usize = 32;

/// 32 secret bytes; `Debug` shows none, and they are wiped when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; LENGTH]>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(•)")
    }
}

impl Secret {
    pub fn new(bytes: [u8; LENGTH]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Drawn from the system's source of randomness.
    ///
    /// # Errors
    /// It has none.
    pub fn random() -> Result<Self, SealError> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|e| SealError::Random(std::io::Error::other(e)))?;
        Ok(Self(bytes))
    }

    /// `None` unless there are 32 bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self::new(bytes.try_into().ok()?))
    }

    /// HMAC-SHA-256 (RFC 2104) of a message.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.mac_of(&[message])
    }

    /// Of several parts, each with its length before it: no two lists of parts read the same.
    pub fn mac_of(&self, parts: &[&[u8]]) -> [u8; 32] {
        let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(self.0.as_slice()) else {
            // HMAC takes keys of any length.
            return [0; 32];
        };
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The key for one purpose. Who knows it knows neither this one nor that of another purpose.
    #[must_use]
    pub fn subkey(&self, purpose: &str) -> Self {
        Self::new(self.mac_of(&[b"tepat/kunci", purpose.as_bytes()]))
    }

    /// True where both are the same, in the same time wherever they differ.
    pub fn is(&self, other: &Self) -> bool {
        bool::from(self.0.as_slice().ct_eq(other.0.as_slice()))
    }

    pub(super) fn bytes(&self) -> &[u8; LENGTH] {
        &self.0
    }

    /// The bytes, to be sealed with another key and in no other way written down.
    pub fn expose_to_wrap(&self) -> &[u8] {
        self.0.as_slice()
    }
}

/// The key that all others are made of.
#[derive(Clone, Debug)]
pub struct MasterKey(Secret);

impl MasterKey {
    pub fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// Reads a key file, which must lie outside `store` and be closed to others.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn read(path: &Path, store: &Path) -> Result<Self, SealError> {
        outside(path, store)?;
        let io = |source| SealError::Io { path: path.to_owned(), source };
        let text = match fs::read_to_string(path) {
            Ok(text) => Zeroizing::new(text),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(SealError::NoKey { path: path.to_owned() });
            }
            Err(e) if e.kind() == ErrorKind::InvalidData => {
                return Err(SealError::NotAKey { path: path.to_owned() });
            }
            Err(e) => return Err(io(e)),
        };
        let mode = fs::metadata(path).map_err(io)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(SealError::Open { path: path.to_owned(), mode });
        }
        let secret = text
            .trim_end()
            .strip_prefix(MARK)
            .and_then(|rest| unhex(rest.trim()).map(Zeroizing::new))
            .and_then(|bytes| Secret::from_slice(&bytes));
        secret.map(Self).ok_or_else(|| SealError::NotAKey { path: path.to_owned() })
    }

    /// Draws a key and writes it to a new file, 0600.
    ///
    /// # Errors
    /// The file exists, or the disk does not take it.
    pub fn create(path: &Path) -> Result<Self, SealError> {
        let secret = Secret::random()?;
        let text = Zeroizing::new(format!("{MARK} {}\n", hex(secret.bytes())));
        fresh::write(path, text.as_bytes(), Access::Private)?;
        Ok(Self(secret))
    }

    /// The key for one purpose.
    #[must_use]
    pub fn subkey(&self, purpose: &str) -> Secret {
        self.0.subkey(purpose)
    }

    /// Tells keys apart, and says nothing of the key: 16 hexadecimal digits.
    pub fn name(&self) -> String {
        hex(&self.0.mac_of(&[b"tepat/nama"])[..8])
    }
}

/// Where a link points to counts, not where it lies.
fn outside(path: &Path, store: &Path) -> Result<(), SealError> {
    let real = |path: &Path| fs::canonicalize(path).ok();
    match (real(path), real(store)) {
        (Some(key), Some(folder)) if key.starts_with(&folder) => {
            Err(SealError::Inside { path: path.to_owned(), store: store.to_owned() })
        }
        _ => Ok(()),
    }
}
