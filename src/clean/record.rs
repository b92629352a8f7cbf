//! The records that stages hand on. They hold names and NIK: they live in memory and in a build's
//! work folder only.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::{
    BirthDate, FamilyCard, FamilyRole, Nik, NikDigits, PersonFacts, RegionCode, Registry, Sex,
};

/// What joins the family and member rows of one delivery.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FamilyKey(u128);

impl FamilyKey {
    /// `None` when every part is empty. Exact for up to 36 digits and separators; a longer or
    /// lettered key is hashed to 128 bits.
    pub fn from_parts<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut key: u128 = 1;
        let (mut plain, mut any, mut length) = (true, false, 0);
        let mut text = String::new();
        for part in parts {
            any |= !part.is_empty();
            for byte in part.bytes().chain(std::iter::once(b':')) {
                plain &= byte.is_ascii_digit() || byte == b':';
                length += 1;
                if length <= 36 {
                    key = key.wrapping_mul(11).wrapping_add(u128::from(byte.wrapping_sub(b'0')));
                }
            }
            text.push_str(part);
            text.push(':');
        }
        if !any {
            return None;
        }
        Some(Self(if plain && length <= 36 { key } else { hash128(&text) }))
    }

    /// 64 bits of it, for choosing a partition.
    pub fn spread(self) -> u64 {
        let folded = self.0 ^ (self.0 >> 64);
        u64::try_from(folded & u128::from(u64::MAX)).unwrap_or(0)
    }
}

fn hash128(text: &str) -> u128 {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest.iter().take(16).fold(0, |acc, b| (acc << 8) | u128::from(*b))
}

impl fmt::Debug for FamilyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyKey(•)")
    }
}

/// One person as one registry knows them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PersonRecord {
    pub registry: Registry,
    /// Index of the delivered file in the build.
    pub source: u16,
    /// Row in that file, 1 = first under the header.
    pub row: u64,
    pub nik: Option<Nik>,
    /// What stands in the NIK column, where it is digits at all: the sound NIK's, or a damaged one's.
    pub digits: Option<NikDigits>,
    /// The NIK agrees with the row's own birth date and sex, both known.
    pub verified: bool,
    pub card: Option<FamilyCard>,
    pub role: Option<FamilyRole>,
    /// Standardised (see [`super::standardise`]); empty where the delivery has none.
    pub name: String,
    pub sex: Option<Sex>,
    pub birth: Option<BirthDate>,
    /// The desa that the row states.
    pub region: Option<Desa>,
    /// Of the base registry only.
    pub family: Option<FamilyKey>,
    pub member_no: u16,
    pub facts: PersonFacts,
    pub ppks: bool,
    /// Bit i: this row proves receipt of programme i.
    pub receipts: u32,
}

/// A desa's packed code (see [`RegionCode::packed`]), for compact records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Desa(u64);

impl Desa {
    pub fn new(code: RegionCode) -> Self {
        Self(code.packed())
    }

    pub fn code(self) -> RegionCode {
        RegionCode::from_packed(self.0).unwrap_or(RegionCode::NATION)
    }
}

/// One family of the base registry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FamilyRecord {
    pub source: u16,
    pub row: u64,
    pub key: FamilyKey,
    pub region: Option<Desa>,
    /// Longitude, latitude.
    pub point: Option<(f64, f64)>,
    pub decile: Option<u8>,
    pub expenditure_rp_month: Option<i64>,
    pub n_members_stated: Option<u16>,
    pub receipts: u32,
    pub card: Option<FamilyCard>,
    /// As delivered, on one line.
    pub address: String,
}
