//! Region codes: the dotted Kemendagri code that Tepat uses inside, and the BPS code that BPS
//! tables and the Regsosek form use. The two systems share digits for different places
//! (BPS 1101 is Simeulue, Kemendagri 11.01 is Aceh Selatan), so a code is never accepted
//! without its system.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The five levels at which figures are shown, from the nation down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Nation,
    Provinsi,
    /// Kabupaten and kota.
    Kabupaten,
    Kecamatan,
    /// Desa, kelurahan and desa adat.
    Desa,
}

impl Level {
    pub const ALL: [Self; 5] =
        [Self::Nation, Self::Provinsi, Self::Kabupaten, Self::Kecamatan, Self::Desa];

    /// The level one step down; `None` below desa.
    pub fn child(self) -> Option<Self> {
        match self {
            Self::Nation => Some(Self::Provinsi),
            Self::Provinsi => Some(Self::Kabupaten),
            Self::Kabupaten => Some(Self::Kecamatan),
            Self::Kecamatan => Some(Self::Desa),
            Self::Desa => None,
        }
    }

    /// The word used in URLs, files and the command line.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Nation => "nasional",
            Self::Provinsi => "provinsi",
            Self::Kabupaten => "kabupaten",
            Self::Kecamatan => "kecamatan",
            Self::Desa => "desa",
        }
    }

    /// Reverse of [`Level::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.slug() == slug)
    }
}

/// Which numbering a code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeSystem {
    Kemendagri,
    Bps,
}

/// Why a text is not a region code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    #[error("the region code is empty")]
    Empty,
    #[error(
        "'{0}' is not a Kemendagri region code (expected dotted digits such as 36, 36.02, 36.02.01 or 36.02.01.2001)"
    )]
    NotKemendagri(String),
    #[error(
        "'{0}' has no dots: it may be a BPS code, and 169 BPS codes are the code of another kabupaten in Kemendagri numbering; write it with dots or declare code_system = \"bps\" in the layout"
    )]
    Undotted(String),
    #[error("'{0}' is not a BPS region code (expected 2, 4, 7 or 10 digits)")]
    NotBps(String),
}

/// Cuts a quoted input short, so that an error text never carries a megabyte of it.
fn excerpt(text: &str) -> String {
    let mut out: String = text.chars().take(24).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

/// A Kemendagri region code of any level, the nation included.
///
/// Packed as ten decimal digits `ppkkccdddd`, so that the natural order of the numbers is the
/// order of the hierarchy (a parent before its children, siblings by code) and a prefix test is a
/// division. The nation is 0.
///
/// ```
/// use tepat::domain::{Level, RegionCode};
/// let desa: RegionCode = "36.02.01.2001".parse().unwrap();
/// assert_eq!(desa.level(), Level::Desa);
/// assert_eq!(desa.ancestor(Level::Kabupaten).to_string(), "36.02");
/// assert!("3602".parse::<RegionCode>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionCode(u64);

impl RegionCode {
    pub const NATION: Self = Self(0);

    /// The packed form (see the type), for tables and files.
    pub fn packed(self) -> u64 {
        self.0
    }

    /// Reverse of [`RegionCode::packed`]; `None` where a level is skipped or out of range.
    pub fn from_packed(packed: u64) -> Option<Self> {
        let (prov, kab, kec, desa) = split(packed);
        let shape_ok = prov < 100
            && (kab == 0 || prov > 0)
            && (kec == 0 || kab > 0)
            && (desa == 0 || (kec > 0 && desa >= 1000))
            && (prov == 0 || prov >= 11);
        shape_ok.then_some(Self(packed))
    }

    pub fn level(self) -> Level {
        let (prov, kab, kec, desa) = split(self.0);
        if desa > 0 {
            Level::Desa
        } else if kec > 0 {
            Level::Kecamatan
        } else if kab > 0 {
            Level::Kabupaten
        } else if prov > 0 {
            Level::Provinsi
        } else {
            Level::Nation
        }
    }

    /// The region one level up; the nation has none.
    pub fn parent(self) -> Option<Self> {
        match self.level() {
            Level::Nation => None,
            Level::Provinsi => Some(Self::NATION),
            Level::Kabupaten => Some(self.ancestor(Level::Provinsi)),
            Level::Kecamatan => Some(self.ancestor(Level::Kabupaten)),
            Level::Desa => Some(self.ancestor(Level::Kecamatan)),
        }
    }

    /// The region of `level` that holds this one; itself when `level` is not above it.
    pub fn ancestor(self, level: Level) -> Self {
        let unit = match level {
            Level::Nation => return Self::NATION,
            Level::Provinsi => 100_000_000,
            Level::Kabupaten => 1_000_000,
            Level::Kecamatan => 10_000,
            Level::Desa => 1,
        };
        Self(self.0 - self.0 % unit)
    }

    /// True for itself and everything inside it.
    pub fn contains(self, other: Self) -> bool {
        other.ancestor(self.level()) == self
    }

    /// Parses the code used in a URL or on the command line: dotted, or `ID` for the nation.
    ///
    /// # Errors
    /// As [`RegionCode::from_str`].
    pub fn from_slug(slug: &str) -> Result<Self, CodeError> {
        if slug == "ID" { Ok(Self::NATION) } else { slug.parse() }
    }
}

fn split(packed: u64) -> (u64, u64, u64, u64) {
    (packed / 100_000_000, packed / 1_000_000 % 100, packed / 10_000 % 100, packed % 10_000)
}

impl fmt::Display for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prov, kab, kec, desa) = split(self.0);
        match self.level() {
            Level::Nation => f.write_str("ID"),
            Level::Provinsi => write!(f, "{prov:02}"),
            Level::Kabupaten => write!(f, "{prov:02}.{kab:02}"),
            Level::Kecamatan => write!(f, "{prov:02}.{kab:02}.{kec:02}"),
            Level::Desa => write!(f, "{prov:02}.{kab:02}.{kec:02}.{desa:04}"),
        }
    }
}

impl fmt::Debug for RegionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for RegionCode {
    type Err = CodeError;

    /// Parses a dotted Kemendagri code of 1 to 4 parts.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        if text.len() > 2 && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CodeError::Undotted(excerpt(text)));
        }
        let bad = || CodeError::NotKemendagri(excerpt(text));
        let mut parts = [0_u64; 4];
        let mut count = 0;
        for part in text.split('.') {
            let width = if count == 3 { 4 } else { 2 };
            if count == 4 || part.len() != width || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(bad());
            }
            parts[count] = part.parse().map_err(|_| bad())?;
            if parts[count] == 0 {
                return Err(bad());
            }
            count += 1;
        }
        let [prov, kab, kec, desa] = parts;
        Self::from_packed(((prov * 100 + kab) * 100 + kec) * 10_000 + desa).ok_or_else(bad)
    }
}

impl Serialize for RegionCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RegionCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_slug(&text).map_err(serde::de::Error::custom)
    }
}

/// A BPS region code: 2, 4, 7 or 10 digits for province, kabupaten, kecamatan, desa.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BpsCode {
    digits: u64,
    len: u8,
}

impl BpsCode {
    pub fn level(self) -> Level {
        match self.len {
            2 => Level::Provinsi,
            4 => Level::Kabupaten,
            7 => Level::Kecamatan,
            _ => Level::Desa,
        }
    }
}

impl FromStr for BpsCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() {
            return Err(CodeError::Empty);
        }
        let shape_ok = matches!(text.len(), 2 | 4 | 7 | 10)
            && text.bytes().all(|b| b.is_ascii_digit())
            && !text.starts_with('0');
        if !shape_ok {
            return Err(CodeError::NotBps(excerpt(text)));
        }
        let digits = text.parse().map_err(|_| CodeError::NotBps(excerpt(text)))?;
        Ok(Self { digits, len: u8::try_from(text.len()).unwrap_or(10) })
    }
}

impl fmt::Display for BpsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0width$}", self.digits, width = usize::from(self.len))
    }
}
