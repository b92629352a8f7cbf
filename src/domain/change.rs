//! How regions follow each other: one line says which part of a former region lies in which later
//! one, since when, on what ground the part was measured, and by which law.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Day, RegionCode};

/// A part of a whole, 0 < part ≤ 1, kept as the fraction it was written as: `1`, `0.25` or
/// `562220/4504210`. Fractions show their arithmetic and add up exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    part: f64,
    whole: f64,
}

/// The text is no share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a share (expected a number above 0 and up to 1, or a fraction such as 3/8)")]
pub struct ParseShareError(String);

impl Share {
    pub const WHOLE: Self = Self { part: 1.0, whole: 1.0 };

    /// 0..1.
    pub fn value(self) -> f64 {
        self.part / self.whole
    }

    pub fn is_whole(self) -> bool {
        self.part >= self.whole
    }
}

impl FromStr for Share {
    type Err = ParseShareError;

    fn from_str(text: &str) -> Result<Self, ParseShareError> {
        let bad = || ParseShareError(text.chars().take(24).collect());
        let number = |text: &str| -> Result<f64, ParseShareError> {
            text.trim().parse().ok().filter(|n: &f64| n.is_finite() && *n > 0.0).ok_or_else(bad)
        };
        let (part, whole) = match text.split_once('/') {
            Some((part, whole)) => (number(part)?, number(whole)?),
            None => (number(text)?, 1.0),
        };
        (part <= whole).then_some(Self { part, whole }).ok_or_else(bad)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_whole() {
            f.write_str("1")
        } else if (self.whole - 1.0).abs() < f64::EPSILON {
            write!(f, "{}", self.part)
        } else {
            write!(f, "{}/{}", self.part, self.whole)
        }
    }
}

impl Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a share was measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ShareBasis {
    /// Nothing had to be measured: the region as a whole.
    #[serde(rename = "utuh")]
    Whole,
    /// Points of households.
    #[serde(rename = "keluarga")]
    Households,
    /// Registered persons.
    #[serde(rename = "penduduk")]
    Population,
    /// Area of the polygons.
    #[serde(rename = "luas")]
    Area,
}

impl ShareBasis {
    /// The word in files.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Whole => "utuh",
            Self::Households => "keluarga",
            Self::Population => "penduduk",
            Self::Area => "luas",
        }
    }

    /// Reverse of [`ShareBasis::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        [Self::Whole, Self::Households, Self::Population, Self::Area]
            .into_iter()
            .find(|basis| basis.slug() == slug)
    }
}

/// One step from a former region to a later one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RegionChange {
    pub date: Day,
    /// False where only two editions of the codes are known: at the latest on `date`.
    pub exact_day: bool,
    pub from: RegionCode,
    /// What the former region was called.
    pub from_name: String,
    pub to: RegionCode,
    /// Part of `from` that lies in `to`.
    pub share: Share,
    /// Part of `to` that was in `from`.
    pub back: Share,
    pub basis: ShareBasis,
    /// Law or edition, in words.
    pub source: String,
}
