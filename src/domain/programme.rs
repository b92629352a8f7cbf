//! Social programmes and their eligibility rules, read from `data/programmes.toml`: cut-offs are
//! configuration, because ministries change them by decree.

use serde::{Deserialize, Serialize};

use super::code::RegionCode;
use super::decile::Decile;

/// Whom a programme pays: coverage is counted in this unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProgrammeUnit {
    Family,
    Person,
}

/// What a rule may ask of one member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// Completed years on the first day of the snapshot's period.
    pub age: u8,
    pub pupil: bool,
    pub pregnant: bool,
    pub disabled: bool,
    pub working: bool,
    pub business: bool,
}

/// What a rule may ask of the family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FamilyFacts {
    pub decile: Option<Decile>,
    pub region: RegionCode,
}

/// One alternative of a rule: every field that is given must hold for the same member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Who {
    /// Lowest and highest age, both included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub age: Option<[u8; 2]>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pupil: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pregnant: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub business: Option<bool>,
}

impl Who {
    fn holds(&self, person: &PersonFacts) -> bool {
        let same = |want: Option<bool>, is: bool| want.is_none_or(|w| w == is);
        self.age.is_none_or(|[low, high]| (low..=high).contains(&person.age))
            && same(self.pupil, person.pupil)
            && same(self.pregnant, person.pregnant)
            && same(self.disabled, person.disabled)
            && same(self.working, person.working)
            && same(self.business, person.business)
    }
}

/// Rank, members and place: all that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The highest decile that is eligible; a family without a decile is not eligible then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_decile: Option<u8>,
    /// The alternatives; empty means anyone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub who: Vec<Who>,
    /// Where the programme runs; empty means everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionCode>,
}

impl Rule {
    /// Rank and place, before any member is looked at.
    /// Whether the rule lets anybody in a region, or in a part of it, be eligible.
    pub fn reaches(&self, code: RegionCode) -> bool {
        let touches = |own: &RegionCode| own.contains(code) || code.contains(*own);
        self.regions.is_empty() || self.regions.iter().any(touches)
    }

    pub fn family_ok(&self, family: &FamilyFacts) -> bool {
        let rank = self
            .max_decile
            .is_none_or(|max| family.decile.is_some_and(|decile| decile.get() <= max));
        rank && (self.regions.is_empty() || self.regions.iter().any(|r| r.contains(family.region)))
    }

    pub fn person_ok(&self, person: &PersonFacts) -> bool {
        self.who.is_empty() || self.who.iter().any(|who| who.holds(person))
    }
}

/// One programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Stable short name: `pkh`.
    pub id: String,
    /// Full Indonesian name.
    pub name: String,
    /// Name for table heads.
    pub short: String,
    /// One Indonesian sentence that states the rule for readers.
    pub eligible_words: String,
    pub unit: ProgrammeUnit,
    #[serde(default = "yes")]
    pub enabled: bool,
    pub rule: Rule,
    /// Where the rule is published, or that it is an assumption.
    pub source: String,
}

fn yes() -> bool {
    true
}

/// What is wrong with a programme file.
#[derive(Debug, thiserror::Error)]
pub enum ProgrammeError {
    #[error("programmes: {0}")]
    Toml(#[from] toml::de::Error),
    #[error("programmes: id '{0}' stands twice")]
    Twice(String),
    #[error("programmes: id '{0}' must be lower-case letters, digits and underscores")]
    Id(String),
    #[error("programmes: {0} programmes, at most {max} are possible", max = ProgrammeSet::MAX)]
    TooMany(usize),
}

/// The programmes of a configuration in file order; an index into it is a programme's bit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProgrammeSet(Vec<Programme>);

impl ProgrammeSet {
    /// Receipts travel as bits of a `u32`.
    pub const MAX: usize = 24;

    /// Parses and checks a programme file (`[[programme]]` tables).
    ///
    /// # Errors
    /// Bad TOML, a repeated or malformed id, too many programmes.
    pub fn from_toml(text: &str) -> Result<Self, ProgrammeError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            programme: Vec<Programme>,
        }
        let file: File = toml::from_str(text)?;
        if file.programme.len() > Self::MAX {
            return Err(ProgrammeError::TooMany(file.programme.len()));
        }
        for (i, p) in file.programme.iter().enumerate() {
            let clean = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
            if p.id.is_empty() || !p.id.bytes().all(clean) {
                return Err(ProgrammeError::Id(p.id.clone()));
            }
            if file.programme[..i].iter().any(|other| other.id == p.id) {
                return Err(ProgrammeError::Twice(p.id.clone()));
            }
        }
        Ok(Self(file.programme))
    }

    pub fn index_of(&self, id: &str) -> Option<usize> {
        self.0.iter().position(|p| p.id == id)
    }

    pub fn get(&self, index: usize) -> Option<&Programme> {
        self.0.get(index)
    }

    /// Every programme with its index, switched off or not.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Programme)> {
        self.0.iter().enumerate()
    }

    /// Those that are switched on.
    pub fn enabled(&self) -> impl Iterator<Item = (usize, &Programme)> {
        self.iter().filter(|(_, p)| p.enabled)
    }

    /// Switches one programme on or off; `false` when there is none of that id.
    pub fn set_enabled(&mut self, id: &str, enabled: bool) -> bool {
        self.0.iter_mut().find(|p| p.id == id).map(|p| p.enabled = enabled).is_some()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
