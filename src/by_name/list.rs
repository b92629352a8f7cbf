//! The lists: who is in which, and a household as plain words that a page or a file can show.

use std::collections::HashMap;

use zeroize::Zeroize;

use super::chunk::{Chunk, has_to_be_mended};
use super::error::ByNameError;
use super::household::{Conflict, Household, State};
use super::store::Opened;
use crate::domain::{FamilyRole, Level, RegionCode, Registry, Sex};
use crate::restricted::{ReviewPair, Side as ReviewSide};

/// What a list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// Extremely poor, and reached by no programme.
    Unreached,
    /// Eligible for a programme and not reached by it, whatever else reaches the family.
    Missed,
    /// Records that contradict themselves.
    Conflicts,
    /// Pairs of rows that wait for a decision.
    Pairs,
    /// Extremely poor now, and not in the period before.
    Fallen,
}

impl ListKind {
    pub const ALL: [Self; 5] =
        [Self::Unreached, Self::Missed, Self::Conflicts, Self::Pairs, Self::Fallen];

    pub fn slug(self) -> &'static str {
        match self {
            Self::Unreached => "belum-terjangkau",
            Self::Missed => "belum-lengkap",
            Self::Conflicts => "pertentangan",
            Self::Pairs => "telaah",
            Self::Fallen => "jatuh",
        }
    }

    /// Reverse of [`ListKind::slug`].
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }
}

/// How long the lists of a desa are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DesaCounts {
    pub desa: RegionCode,
    pub households: u64,
    pub unreached: u64,
    /// `None` where an earlier version sealed the households and did not count them.
    pub missed: Option<u64>,
    pub conflicts: u64,
    pub pairs: u64,
}

impl Default for DesaCounts {
    fn default() -> Self {
        Self {
            desa: RegionCode::NATION,
            households: 0,
            unreached: 0,
            missed: Some(0),
            conflicts: 0,
            pairs: 0,
        }
    }
}

/// A member in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    /// Sixteen digits; what stands in their place where they are not sound; empty where nothing.
    pub nik: String,
    pub sound: bool,
    /// `yyyy-mm-dd`, or empty.
    pub birth: String,
    pub sex: Option<Sex>,
    pub role: Option<FamilyRole>,
    /// Other registries that hold a linked row.
    pub held_by: Vec<Registry>,
    pub differs: bool,
}

/// One side of a pair in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Side {
    pub name: String,
    pub nik: String,
    pub birth: String,
    pub sex: String,
    pub region: String,
}

/// A family and what concerns it.
#[derive(Clone, PartialEq)]
pub struct ListedHousehold {
    pub desa: RegionCode,
    pub stated: Option<RegionCode>,
    /// Row of the delivery.
    pub row: u64,
    pub card: String,
    pub address: String,
    pub decile: Option<u8>,
    pub expenditure_rp_month: Option<i64>,
    /// Indices of programmes.
    pub receives: Vec<usize>,
    pub missed: Vec<usize>,
    pub conflicts: Vec<Conflict>,
    pub members: Vec<Person>,
}

/// One row of a list.
#[derive(Clone, PartialEq)]
pub enum Row {
    Household(ListedHousehold),
    Pair { registry: Registry, row: u64, probability: f64, base: Side, other: Side },
}

impl Drop for Person {
    fn drop(&mut self) {
        [&mut self.name, &mut self.nik, &mut self.birth].into_iter().for_each(Zeroize::zeroize);
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        [&mut self.name, &mut self.nik, &mut self.birth].into_iter().for_each(Zeroize::zeroize);
    }
}

impl Drop for ListedHousehold {
    fn drop(&mut self) {
        [&mut self.card, &mut self.address].into_iter().for_each(Zeroize::zeroize);
    }
}

impl std::fmt::Debug for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Row(•)")
    }
}

impl Opened {
    /// How long the lists of each desa inside `region` are, without opening a list. Those who fell
    /// are not counted: that takes opening the households.
    ///
    /// # Errors
    /// A file is damaged.
    pub fn counts(&self, region: RegionCode) -> Result<Vec<DesaCounts>, ByNameError> {
        let mut all = Vec::new();
        for kecamatan in self.kecamatan(region)? {
            if let Some(chunk) = Chunk::open(&self.folder, &self.key, kecamatan)? {
                all.extend(chunk.counts().into_iter().filter(|c| region.contains(c.desa)));
            }
        }
        Ok(all)
    }

    /// The kecamatan inside `region` that hold anybody, in order.
    fn kecamatan(&self, region: RegionCode) -> Result<Vec<RegionCode>, ByNameError> {
        let io = super::store::io(&self.folder);
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&self.folder).map_err(&io)? {
            let name = entry.map_err(&io)?.file_name();
            let Ok(code) = name.to_string_lossy().parse::<RegionCode>() else { continue };
            if region.contains(code) || code.contains(region) {
                all.push(code);
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// The first `limit` rows of a list, and how long it is. `earlier`: the households of the
    /// period before, which only [`ListKind::Fallen`] needs; without them nobody fell.
    ///
    /// # Errors
    /// `region` is neither a kecamatan nor a desa, or a file is damaged.
    pub fn list(
        &self,
        kind: ListKind,
        region: RegionCode,
        earlier: Option<&Self>,
        limit: usize,
    ) -> Result<(Vec<Row>, u64), ByNameError> {
        if !matches!(region.level(), Level::Kecamatan | Level::Desa) {
            return Err(ByNameError::Level(region));
        }
        let kecamatan = region.ancestor(Level::Kecamatan);
        let Some(mut chunk) = Chunk::open(&self.folder, &self.key, kecamatan)? else {
            return Ok((Vec::new(), 0));
        };
        if kind == ListKind::Pairs {
            let pairs = chunk.pairs(region)?;
            let rows = pairs.iter().take(limit).map(shown_pair).collect();
            return Ok((rows, pairs.len() as u64));
        }
        let before = match (kind, earlier) {
            (ListKind::Fallen, Some(earlier)) => earlier.states_of(kecamatan)?,
            _ => HashMap::new(),
        };
        let fell = |h: &Household| {
            let known = h.niks().into_iter().find_map(|nik| before.get(&self.key.pseudonym(nik)));
            h.extreme && matches!(known, Some(State::NotPoor | State::Poor))
        };
        let (mut rows, mut total) = (Vec::new(), 0);
        // The longest of the lists: whoever is beyond what may be shown is to be the least poor.
        let poorest_first = kind == ListKind::Missed;
        chunk.households(region, |household| {
            let wanted = match kind {
                ListKind::Unreached => household.is_unreached(),
                ListKind::Missed => household.is_missed(),
                ListKind::Conflicts => has_to_be_mended(&household),
                ListKind::Fallen => fell(&household),
                ListKind::Pairs => false,
            };
            total += u64::from(wanted);
            if wanted && (poorest_first || rows.len() < limit) {
                rows.push((household.decile.unwrap_or(u8::MAX), shown(&household)));
            }
        })?;
        if poorest_first {
            rows.sort_by_key(|(decile, _)| *decile);
            rows.truncate(limit);
        }
        Ok((rows.into_iter().map(|(_, row)| row).collect(), total))
    }

    /// Everybody's state in the kabupaten of this kecamatan: who moved within it is found.
    fn states_of(&self, kecamatan: RegionCode) -> Result<HashMap<u64, State>, ByNameError> {
        let mut all = HashMap::new();
        for other in self.kecamatan(kecamatan.ancestor(Level::Kabupaten))? {
            if let Some(mut chunk) = Chunk::open(&self.folder, &self.key, other)? {
                all.extend(chunk.states()?);
            }
        }
        Ok(all)
    }
}

fn bits(bits: u32) -> Vec<usize> {
    (0..32).filter(|i| bits >> i & 1 == 1).collect()
}

fn shown(household: &Household) -> Row {
    let person = |m: &super::household::Member| Person {
        name: m.name.clone(),
        nik: m
            .nik
            .map(|nik| format!("{:016}", nik.expose()))
            .or_else(|| m.digits.map(|digits| digits.expose()))
            .unwrap_or_default(),
        sound: m.nik.is_some(),
        birth: m
            .birth
            .map(|b| format!("{:04}-{:02}-{:02}", b.year(), b.month(), b.day()))
            .unwrap_or_default(),
        sex: m.sex,
        role: m.role,
        held_by: m.held_by(),
        differs: m.differs,
    };
    Row::Household(ListedHousehold {
        desa: household.desa.code(),
        stated: household.stated.map(crate::clean::Desa::code),
        row: household.row,
        card: household.card.map(|card| format!("{:016}", card.expose())).unwrap_or_default(),
        address: household.address.clone(),
        decile: household.decile,
        expenditure_rp_month: household.expenditure_rp_month,
        receives: bits(household.receives),
        missed: bits(household.missed),
        conflicts: household.conflicts(),
        members: household.members.iter().map(person).collect(),
    })
}

fn shown_pair(pair: &ReviewPair) -> Row {
    let side = |side: &ReviewSide| Side {
        name: side.name.clone(),
        nik: side.nik.clone(),
        birth: side.birth.clone(),
        sex: side.sex.clone(),
        region: side.region.clone(),
    };
    Row::Pair {
        registry: pair.registry,
        row: pair.row,
        probability: pair.probability,
        base: side(&pair.base),
        other: side(&pair.other),
    }
}
