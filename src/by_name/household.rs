//! A household as it is kept: who lives where, how poor, reached by what, and what contradicts
//! itself. `Debug` shows nobody.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::clean::Desa;
use crate::domain::{BirthDate, FamilyCard, FamilyRole, Nik, NikDigits, Registry, Sex};

/// What in a household's records contradicts itself and can be mended on the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Conflict {
    /// The coordinate lies in another desa than the one that is stated.
    Place,
    /// A member without a sound NIK.
    NikMissing,
    /// Two members of one NIK.
    SameNik,
    /// A linked row of another registry states another name, sex or birth date.
    Registries,
    /// The family states another number of members than it lists.
    Members,
    /// No expenditure: it cannot be said how poor the family is.
    Unranked,
}

impl Conflict {
    pub const ALL: [Self; 6] = [
        Self::Place,
        Self::NikMissing,
        Self::SameNik,
        Self::Registries,
        Self::Members,
        Self::Unranked,
    ];

    pub(super) fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

/// One member.
#[derive(Clone, Serialize, Deserialize)]
pub struct Member {
    /// Standardised.
    pub name: String,
    pub nik: Option<Nik>,
    /// What stands in its place where it is not sound.
    pub digits: Option<NikDigits>,
    pub birth: Option<BirthDate>,
    pub sex: Option<Sex>,
    pub role: Option<FamilyRole>,
    /// Bit i: registry i of [`Registry::ALL`] holds a linked row.
    pub registries: u8,
    /// A linked row differs in name, sex or birth date.
    pub differs: bool,
}

impl Member {
    pub(super) fn held_by(&self) -> Vec<Registry> {
        Registry::ALL.into_iter().filter(|r| self.registries >> r.index() & 1 == 1).collect()
    }
}

/// One family of the base, placed.
#[derive(Clone, Serialize, Deserialize)]
pub struct Household {
    /// Where it was placed.
    pub desa: Desa,
    /// What it states, where that is another desa.
    pub stated: Option<Desa>,
    /// Index of the delivered file and row in it.
    pub source: u16,
    pub row: u64,
    pub card: Option<FamilyCard>,
    /// As delivered.
    pub address: String,
    pub decile: Option<u8>,
    pub expenditure_rp_month: Option<i64>,
    pub ranked: bool,
    pub extreme: bool,
    pub poor: bool,
    /// Bit i: somebody of the family receives programme i.
    pub receives: u32,
    /// Bit i: eligible for programme i, and does not receive it.
    pub missed: u32,
    /// The family states another number of members than it lists.
    pub members_differ: bool,
    pub members: Vec<Member>,
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Household(•)")
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Member(•)")
    }
}

// What was opened and not shown does not outlast its use. Numbers are copied too freely for that.
impl Drop for Household {
    fn drop(&mut self) {
        self.address.zeroize();
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.name.zeroize();
    }
}

/// How poor a household was, for the comparison with a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum State {
    Unranked,
    NotPoor,
    Poor,
    Extreme,
}

impl Household {
    /// Extremely poor, and no programme reaches anybody of it.
    pub fn is_unreached(&self) -> bool {
        self.extreme && self.receives == 0
    }

    /// Eligible for a programme that does not reach everybody of it who is eligible.
    pub fn is_missed(&self) -> bool {
        self.missed != 0
    }

    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut bits = 0;
        let mut set = |so: bool, conflict: Conflict| {
            if so {
                bits |= conflict.bit();
            }
        };
        set(self.stated.is_some(), Conflict::Place);
        set(self.members.iter().any(|m| m.nik.is_none()), Conflict::NikMissing);
        let mut niks: Vec<Nik> = self.members.iter().filter_map(|m| m.nik).collect();
        niks.sort_unstable();
        set(niks.windows(2).any(|two| two[0] == two[1]), Conflict::SameNik);
        set(self.members.iter().any(|m| m.differs), Conflict::Registries);
        set(self.members_differ, Conflict::Members);
        set(!self.ranked, Conflict::Unranked);
        Conflict::ALL.into_iter().filter(|c| bits & c.bit() != 0).collect()
    }

    pub(super) fn state(&self) -> State {
        match (self.ranked, self.extreme, self.poor) {
            (false, _, _) => State::Unranked,
            (_, true, _) => State::Extreme,
            (_, _, true) => State::Poor,
            _ => State::NotPoor,
        }
    }

    /// The head first, then whoever has a NIK: whose former state speaks for the household.
    pub(super) fn niks(&self) -> Vec<Nik> {
        let mut members: Vec<&Member> = self.members.iter().collect();
        members.sort_by_key(|m| m.role != Some(FamilyRole::Head));
        members.into_iter().filter_map(|m| m.nik).collect()
    }
}
