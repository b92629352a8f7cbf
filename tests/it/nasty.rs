//! A small population whose counts are a protector's nightmare: desa of three families and of
//! sixty, desa where everybody is poor and where nobody is, registries of seven persons. Made from
//! single families, so that every relation between the counts is true.

use std::collections::BTreeMap;

use tepat::domain::{
    ConflictCounts, ConflictRow, Level, MatchCounts, MatchRow, OverlapRow, ProgrammeUnit,
    RegionCode, RegionCounts, Registry,
};
use tepat::regions::RegionCatalog;
use tepat::snapshot::{RegionRow, Snapshot};

use super::fixture::{code, snapshot};

/// Whole numbers that look random and never change (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }

    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }
}

/// The counts of one desa.
#[derive(Clone, Default)]
struct Place {
    counts: RegionCounts,
    matching: [MatchCounts; 8],
    overlaps: [[u64; 8]; 8],
    conflicts: BTreeMap<RegionCode, ConflictCounts>,
}

/// The desa that hold families: two kabupaten, two kecamatan each, some desa of each.
pub fn desa() -> Vec<RegionCode> {
    let catalog = RegionCatalog::shared().unwrap();
    let mut all = Vec::new();
    for kecamatan in ["36.01.01", "36.01.02", "36.02.01", "36.02.02"] {
        let inside = catalog.inside(code(kecamatan), Level::Desa);
        all.extend(inside.take(4).map(|region| region.code));
    }
    all
}

/// A snapshot of families drawn by `seed`; of the desa in `redrawn` by another one.
pub fn nasty(seed: u64, redrawn: &[RegionCode], k: u64) -> Snapshot {
    let mut whole = snapshot();
    whole.manifest.min_families = k;
    whole.manifest.provinces = vec![code("36")];
    whole.manifest.rows_without_region.clear();
    let places: Vec<(RegionCode, Place)> = desa()
        .into_iter()
        .map(|desa| {
            let again = if redrawn.contains(&desa) { 0xabcd_ef00 } else { 0 };
            (desa, draw(desa, &mut Dice(seed ^ desa.packed() ^ again), &whole))
        })
        .collect();
    sum(&mut whole, &places);
    whole
}

fn draw(desa: RegionCode, dice: &mut Dice, whole: &Snapshot) -> Place {
    let programmes = &whole.manifest.programmes;
    let mut place = Place { counts: RegionCounts::zero(programmes.len()), ..Place::default() };
    let kinds = [3, 8, 14, 22, 40, 60];
    let base = kinds[dice.below(6) as usize];
    let families = (base + dice.below(base)).max(1);
    // In percent: nobody, few, half, nearly all, all.
    let poor = [0, 8, 30, 50, 93, 100][dice.below(6) as usize];
    let reach = [0, 10, 50, 92, 100][dice.below(5) as usize];
    for _ in 0..families {
        family(desa, dice, &mut place, whole, (poor, reach));
    }
    for registry in 1..8 {
        for _ in 0..dice.below(6) {
            person(dice, &mut place, registry, None);
        }
    }
    for (of, counts) in place.counts.registries.iter_mut().zip(&place.matching) {
        (of.rows, of.linked) = (counts.rows, counts.linked());
    }
    place
}

fn family(
    desa: RegionCode,
    dice: &mut Dice,
    place: &mut Place,
    whole: &Snapshot,
    (poor, reach): (u64, u64),
) {
    let size = 1 + dice.below(6);
    let counts = &mut place.counts;
    counts.n_families += 1;
    counts.n_persons += size;
    let poor = dice.percent(poor);
    let extreme = poor && dice.percent(30);
    if dice.percent(97) {
        counts.n_families_ranked += 1;
        counts.n_persons_ranked += size;
        if poor {
            counts.n_poor_families += 1;
            counts.n_poor_persons += size;
            // Extreme poor are at least three tenths below the line, others at most.
            let gap = if extreme { 300 + dice.below(600) } else { 10 + dice.below(290) };
            counts.gap_fixed += size * gap * 1_000_000;
            counts.severity_fixed += size * gap * gap * 1000;
        }
        if extreme {
            counts.n_extreme_families += 1;
            counts.n_extreme_persons += size;
        }
    }
    let decile = if poor { 1 + dice.below(5) } else { 3 + dice.below(8) };
    let (component, pupils) = (dice.percent(70), dice.below(size + 1) / 2);
    let mut received = 0;
    for (i, programme) in whole.manifest.programmes.iter() {
        let runs = programme.rule.regions.is_empty();
        let rank = programme.rule.max_decile.is_none_or(|max| decile <= u64::from(max));
        let eligible = match (programme.id.as_str(), programme.unit) {
            _ if !(runs && rank) => 0,
            ("pkh", _) => u64::from(component),
            (_, ProgrammeUnit::Family) => 1,
            ("pip", _) => pupils,
            ("prakerja", _) => (size - pupils) / 3,
            _ => size,
        };
        let receives = runs && dice.percent(if eligible > 0 { reach } else { 6 });
        let recipients = match programme.unit {
            ProgrammeUnit::Family => u64::from(receives),
            ProgrammeUnit::Person if receives => eligible.max(1),
            ProgrammeUnit::Person => 0,
        };
        let sums = &mut place.counts.programmes[i];
        sums.eligible += eligible;
        sums.covered += eligible.min(recipients);
        sums.recipients += recipients;
        received += usize::from(programme.enabled && recipients > 0);
    }
    place.counts.families_by_programmes[received.min(3)] += 1;
    place.counts.n_ppks += u64::from(dice.percent(4));
    locate(desa, dice, place);
    for _ in 0..size {
        person(dice, place, 0, Some(poor));
    }
}

fn locate(desa: RegionCode, dice: &mut Dice, place: &mut Place) {
    let by_point = dice.percent(90);
    let both = by_point && dice.percent(90);
    let agree = both && dice.percent(92);
    let counts = &mut place.counts;
    counts.n_by_point += u64::from(by_point);
    counts.n_by_code += u64::from(!by_point);
    counts.n_both += u64::from(both);
    counts.n_agree += u64::from(agree);
    if both {
        let others = self::desa();
        let stated = if agree { desa } else { others[dice.below(others.len() as u64) as usize] };
        if agree || stated != desa {
            place.conflicts.entry(stated).or_default().count(desa, stated);
        } else {
            place.counts.n_both -= 1;
        }
    }
}

/// A person of the base (with `poor` said) or of one other registry at least.
fn person(dice: &mut Dice, place: &mut Place, at_least: usize, poor: Option<bool>) {
    let chances = [0, 12, 25, 40, 20, 6, 5, 2];
    let more = if poor == Some(true) { 15 } else { 0 };
    let mut held = [false; 8];
    held[0] = poor.is_some();
    held[at_least] = true;
    for registry in 1..8 {
        held[registry] |= dice.percent(chances[registry] + more);
    }
    for a in (0..8).filter(|a| held[*a]) {
        for b in (0..8).filter(|b| held[*b]) {
            place.overlaps[a][b] += 1;
        }
        let counts = &mut place.matching[a];
        counts.rows += 1;
        let found = if a == 0 { held[1..].contains(&true) } else { held[0] };
        match (found, dice.below(20)) {
            (true, 0) => counts.by_score += 1,
            (true, 1) => counts.by_review += 1,
            (true, _) => counts.by_nik += 1,
            (false, 0..3) => counts.pending += 1,
            (false, 3..8) => counts.no_nik += 1,
            (false, 8..10) => counts.contradicted += 1,
            (false, 10) => counts.ambiguous += 1,
            (false, _) => counts.not_found += 1,
        }
        counts.duplicates += u64::from(dice.percent(3));
        if found {
            counts.conflict_name += u64::from(dice.percent(6));
            counts.conflict_sex += u64::from(dice.percent(2));
            counts.conflict_birth += u64::from(dice.percent(5));
            counts.conflict_region += u64::from(dice.percent(9));
        }
    }
}

fn sum(whole: &mut Snapshot, places: &[(RegionCode, Place)]) {
    let programmes = whole.manifest.programmes.len();
    let mut regions: BTreeMap<RegionCode, RegionCounts> = BTreeMap::new();
    let mut matching: BTreeMap<(RegionCode, Registry), MatchCounts> = BTreeMap::new();
    let mut overlaps: BTreeMap<(RegionCode, Registry, Registry), u64> = BTreeMap::new();
    let mut conflicts: BTreeMap<RegionCode, ConflictCounts> = BTreeMap::new();
    for (desa, place) in places {
        for level in Level::ALL {
            let code = desa.ancestor(level);
            *regions.entry(code).or_insert_with(|| RegionCounts::zero(programmes)) += &place.counts;
            for a in Registry::ALL {
                matching.entry((code, a)).or_default().add(&place.matching[a.index()]);
                for b in Registry::ALL.into_iter().filter(|b| *b >= a) {
                    let persons = place.overlaps[a.index()][b.index()];
                    *overlaps.entry((code, a, b)).or_default() += persons;
                }
            }
            for (stated, counts) in &place.conflicts {
                conflicts.entry(stated.ancestor(level)).or_default().add(counts);
            }
        }
    }
    whole.regions = regions.into_iter().map(|(code, counts)| RegionRow { code, counts }).collect();
    whole.matching = matching
        .into_iter()
        .filter(|(_, counts)| counts.rows > 0)
        .map(|((code, registry), counts)| MatchRow { code, registry, counts })
        .collect();
    whole.overlaps = overlaps
        .into_iter()
        .filter(|(_, persons)| *persons > 0)
        .map(|((code, a, b), persons)| OverlapRow { code, a, b, persons })
        .collect();
    whole.conflicts =
        conflicts.into_iter().map(|(code, counts)| ConflictRow { code, counts }).collect();
    whole.priority.clear();
    restate(whole);
}

/// The sums over all rows that the manifest repeats.
fn restate(whole: &mut Snapshot) {
    let nation = whole.regions[0].counts.clone();
    let location = &mut whole.manifest.location;
    (location.families, location.by_point) = (nation.n_families, nation.n_by_point);
    (location.by_code, location.both) = (nation.n_by_code, nation.n_both);
    location.agree = nation.n_agree;
    let agreement = whole.conflicts.first().map(|row| row.counts).unwrap_or_default();
    if let Some(points) = &mut location.points {
        points.agreement = agreement;
    }
    for (registry, counts) in &mut whole.manifest.linkage.registries {
        let of =
            whole.matching.iter().find(|m| m.code == RegionCode::NATION && m.registry == *registry);
        let of = of.map(|m| m.counts).unwrap_or_default();
        (counts.rows, counts.linked) = (of.rows, of.linked());
        counts.linked_with_remark = of.conflict_name.max(of.conflict_birth);
    }
}
