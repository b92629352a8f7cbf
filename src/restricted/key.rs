//! The key of a store, and keyed hashes with it. A plain hash of a NIK is no secret: there are few
//! enough NIKs to hash them all. HMAC-SHA-256 (RFC 2104) with a key that stays in the store is.

use std::fmt;
use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::error::RestrictedError;
use super::files::io;
use super::ledger::LedgerPerson;
use crate::clean::PersonRecord;
use crate::data::hex;
use crate::fresh::{self, Access};
use crate::sealing::Sealer;

const LENGTH: usize = 32;
const BLOCK: usize = 64;

/// 32 secret bytes; `Debug` shows none.
#[derive(Clone)]
pub struct Key {
    /// SHA-256 begun with the key and the inner and outer pads of RFC 2104.
    inner: Sha256,
    outer: Sha256,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(•)")
    }
}

impl Key {
    pub fn new(secret: [u8; LENGTH]) -> Self {
        let pad = |byte: u8| {
            let mut block = [byte; BLOCK];
            block.iter_mut().zip(secret).for_each(|(b, s)| *b ^= s);
            Sha256::new_with_prefix(block)
        };
        Self { inner: pad(0x36), outer: pad(0x5c) }
    }

    /// The key in a file; a new one is drawn where there is none. Whoever loses it loses the ids:
    /// the next build would number everybody anew. Where there is a key outside the store it is
    /// sealed with that, also when it lay there in the clear: who has the store alone must not be
    /// able to try out which NIK makes an id.
    ///
    /// # Errors
    /// The file cannot be read or written, or is no key.
    pub(super) fn load_or_make(
        path: &Path,
        sealer: Option<&Sealer>,
    ) -> Result<Self, RestrictedError> {
        let secret = match load(path, sealer)? {
            Some((secret, sealed)) if sealed || sealer.is_none() => return Ok(Self::new(secret)),
            Some((secret, _)) => secret,
            None => {
                let mut secret = [0; LENGTH];
                getrandom::fill(&mut secret).map_err(|e| io(path)(std::io::Error::other(e)))?;
                secret
            }
        };
        let bytes = match sealer {
            Some(sealer) => sealer.seal(WRAPPED, secret.to_vec()),
            None => secret.to_vec(),
        };
        // Whole or not at all: a key cut short by a crash would shut the store.
        fresh::replace(path, &bytes, Access::Private).map_err(io(path))?;
        Ok(Self::new(secret))
    }

    /// HMAC-SHA-256 of a message.
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        let inner = self.inner.clone().chain_update(message).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }

    /// 64 bits of the keyed hash of a message.
    pub fn number(&self, message: &[u8]) -> u64 {
        let mac = self.mac(message);
        mac.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// Seals the key with another one. Where it lies in the clear, it is sealed now.
///
/// # Errors
/// It opens with neither, or the disk does not take it.
pub(super) fn exchange(path: &Path, from: &Sealer, to: &Sealer) -> Result<(), RestrictedError> {
    if matches!(load(path, Some(to)), Ok(None | Some((_, true)))) {
        return Ok(());
    }
    let Some((secret, _)) = load(path, Some(from))? else { return Ok(()) };
    let bytes = to.seal(WRAPPED, secret.to_vec());
    fresh::replace(path, &bytes, Access::Private).map_err(io(path))
}

/// What the key is sealed as.
const WRAPPED: &[u8] = b"kunci nomor orang";

/// The secret in a file, and whether it is sealed; `None` where there is none.
fn load(
    path: &Path,
    sealer: Option<&Sealer>,
) -> Result<Option<([u8; LENGTH], bool)>, RestrictedError> {
    let mut bytes = Vec::new();
    match std::fs::File::open(path) {
        Ok(mut file) => file.read_to_end(&mut bytes).map_err(io(path))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io(path)(e)),
    };
    let sealed = bytes.len() == LENGTH + Sealer::MORE;
    if sealed {
        let open = sealer.and_then(|sealer| sealer.open(WRAPPED, &bytes));
        let open = open.ok_or_else(|| RestrictedError::Sealed { path: path.to_owned() })?;
        bytes.clone_from(&open);
    }
    let secret = bytes.try_into().map_err(|_| RestrictedError::Key { path: path.to_owned() })?;
    Ok(Some((secret, sealed)))
}

/// Keyed hashes of what records say, never of where they stand in a file.
#[derive(Clone, Debug)]
pub struct Prints {
    key: Key,
}

impl Prints {
    pub fn new(key: Key) -> Self {
        Self { key }
    }

    /// Of one record: equal for rows of one registry that say the same.
    pub fn of_record(&self, record: &PersonRecord) -> u64 {
        self.key.number(&message("baris", record, 0))
    }

    /// The id of the `nth` person (from 0) of whom a record of this content is all that is known.
    pub fn person_id(&self, record: &PersonRecord, nth: u64) -> u64 {
        self.key.number(&message("orang", record, nth))
    }

    /// Of the household and the name, birth date and sex of a person: by the family of the base, and
    /// by the family card. None where one of them is missing.
    pub fn of_household(&self, person: &LedgerPerson) -> Vec<u64> {
        let (Some(birth), Some(sex), false) = (person.birth, person.sex, person.name.is_empty())
        else {
            return Vec::new();
        };
        let family = person.family.map(|family| ("keluarga", family.spread()));
        let card = person.card.map(|card| ("kartu", card.expose()));
        let birth = (birth.year(), birth.month(), birth.day());
        let message = |(what, number): (&str, u64)| {
            format!("{what}\u{1f}{number}\u{1f}{}\u{1f}{birth:?}\u{1f}{sex:?}", person.name)
        };
        let households = family.into_iter().chain(card);
        households.map(|household| self.key.number(message(household).as_bytes())).collect()
    }

    /// The key of a pair, as 32 hexadecimal digits: the same in the next delivery as long as
    /// neither row says something else.
    pub fn of_pair(&self, base: &PersonRecord, other: &PersonRecord) -> String {
        let mut both = message("pasangan", base, 0);
        both.extend(message("", other, 0));
        hex(&self.key.mac(&both)[..16])
    }
}

/// What a record says, in an unambiguous form.
fn message(purpose: &str, record: &PersonRecord, nth: u64) -> Vec<u8> {
    let digits = record.digits.map(|d| d.expose()).unwrap_or_default();
    let nik = record.nik.map(|n| format!("{:016}", n.expose())).unwrap_or(digits);
    let birth = record.birth.map(|b| (b.year(), b.month(), b.day()));
    let card = record.card.map(|c| c.expose());
    let region = record.region.map(|d| d.code().packed());
    format!(
        "{purpose}\u{1f}{}\u{1f}{nik}\u{1f}{}\u{1f}{birth:?}\u{1f}{:?}\u{1f}{region:?}\u{1f}{card:?}\u{1f}{:?}\u{1f}{nth}",
        record.registry.slug(),
        record.name,
        record.sex,
        record.role,
    )
    .into_bytes()
}
