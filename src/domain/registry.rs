//! The eight registries and their fixed order.

use serde::{Deserialize, Serialize};

/// An institution's register of persons or families.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Registry {
    /// The base: profile and welfare level of all residents.
    Regsosek,
    P3ke,
    Dtks,
    PbiJkn,
    Dapodik,
    Emis,
    Prakerja,
    Carik,
}

impl Registry {
    pub const ALL: [Self; 8] = [
        Self::Regsosek,
        Self::P3ke,
        Self::Dtks,
        Self::PbiJkn,
        Self::Dapodik,
        Self::Emis,
        Self::Prakerja,
        Self::Carik,
    ];

    /// Short stable name for files, columns and URLs.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Regsosek => "regsosek",
            Self::P3ke => "p3ke",
            Self::Dtks => "dtks",
            Self::PbiJkn => "pbi_jkn",
            Self::Dapodik => "dapodik",
            Self::Emis => "emis",
            Self::Prakerja => "prakerja",
            Self::Carik => "carik",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.slug() == slug)
    }

    /// Position in [`Registry::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}
