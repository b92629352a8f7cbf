//! A release that tests share: plausible counts for every desa of DKI Jakarta and Banten, made by
//! arithmetic alone, summed upwards.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use tepat::disclosure::Release;
use tepat::domain::{
    ConflictCounts, ConflictRow, IdentityCounts, Level, MatchCounts, MatchRow, ModelReport,
    OverlapRow, Period, PointReport, ProgrammeCounts, ProgrammeSet, RegionCode, RegionCounts,
    Registry, RegistryCounts, Trust,
};
use tepat::regions::{BOUNDARY_VINTAGE, RegionCatalog};
use tepat::snapshot::{
    IssueCount, LinkageCounts, LinkageReport, LocationReport, Manifest, PriorityRow, RegionRow,
    RegistryRows, Snapshot, SourceReport, TableReport,
};

/// Desa with fewer families than the threshold: withheld, with their smallest sibling.
pub const SMALL: [&str; 3] = ["36.02.01.2002", "36.01.01.2003", "31.71.01.1001"];

pub fn code(text: &str) -> RegionCode {
    RegionCode::from_slug(text).unwrap()
}

pub fn release() -> Release {
    Release::new(snapshot())
}

/// The release that the servers of all tests share: withholding takes a while.
pub fn shared_release() -> Arc<Release> {
    static HELD: OnceLock<Arc<Release>> = OnceLock::new();
    Arc::clone(HELD.get_or_init(|| Arc::new(release())))
}

pub fn snapshot() -> Snapshot {
    let catalog = RegionCatalog::shared().unwrap();
    let programmes = programmes();
    let mut sums: BTreeMap<RegionCode, RegionCounts> = BTreeMap::new();
    for province in ["31", "36"] {
        for desa in catalog.inside(code(province), Level::Desa) {
            let counts = desa_counts(desa.code, &programmes);
            for level in Level::ALL {
                *sums
                    .entry(desa.code.ancestor(level))
                    .or_insert_with(|| RegionCounts::zero(programmes.len())) += &counts;
            }
        }
    }
    let regions: Vec<RegionRow> =
        sums.into_iter().map(|(code, counts)| RegionRow { code, counts }).collect();
    let priority = priority(&regions);
    let (matching, overlaps) = linked(&regions);
    let conflicts = regions.iter().map(conflicts).collect();
    let manifest = manifest(programmes, &regions);
    Snapshot { manifest, regions, priority, matching, overlaps, conflicts }
}

/// What linkage found in every desa, summed upwards.
fn linked(regions: &[RegionRow]) -> (Vec<MatchRow>, Vec<OverlapRow>) {
    let mut matching: BTreeMap<(RegionCode, Registry), MatchCounts> = BTreeMap::new();
    let mut overlaps: BTreeMap<(RegionCode, Registry, Registry), u64> = BTreeMap::new();
    for row in regions.iter().filter(|r| r.code.level() == Level::Desa) {
        // Other numbers than those of the counts, which stay as they are.
        let mut n = Numbers(row.code.packed() ^ 0x00ff_00ff);
        let own: Vec<MatchCounts> =
            row.counts.registries.iter().map(|r| match_counts(&mut n, *r)).collect();
        for level in Level::ALL {
            let code = row.code.ancestor(level);
            for (registry, counts) in Registry::ALL.into_iter().zip(&own) {
                matching.entry((code, registry)).or_default().add(counts);
            }
        }
        for (a, b, persons) in common_persons(&mut n, &own) {
            for level in Level::ALL {
                *overlaps.entry((row.code.ancestor(level), a, b)).or_default() += persons;
            }
        }
    }
    let matching = matching
        .into_iter()
        .map(|((code, registry), counts)| MatchRow { code, registry, counts })
        .filter(|row| row.counts.rows > 0);
    let overlaps = overlaps
        .into_iter()
        .map(|((code, a, b), persons)| OverlapRow { code, a, b, persons })
        .filter(|row| row.persons > 0);
    (matching.collect(), overlaps.collect())
}

fn match_counts(n: &mut Numbers, registry: RegistryCounts) -> MatchCounts {
    let RegistryCounts { rows, linked } = registry;
    let lost = rows - linked;
    let by_score = linked * n.below(9) / 100;
    let by_review = n.below(3).min(linked - by_score);
    let (pending, no_nik) = (lost * n.below(14) / 100, lost / 4);
    let (contradicted, ambiguous) = (lost / 10, n.below(4) * lost / 100);
    MatchCounts {
        rows,
        by_nik: linked - by_score - by_review,
        by_score,
        by_review,
        pending,
        no_nik,
        not_found: lost - pending - no_nik - contradicted - ambiguous,
        contradicted,
        ambiguous,
        duplicates: rows * n.below(12) / 1000,
        conflict_name: linked * n.below(30) / 1000,
        conflict_sex: linked * n.below(6) / 1000,
        conflict_birth: linked * n.below(20) / 1000,
        conflict_region: linked * n.below(60) / 1000,
    }
}

/// Distinct persons of every registry and of every pair.
fn common_persons(n: &mut Numbers, own: &[MatchCounts]) -> Vec<(Registry, Registry, u64)> {
    let distinct = |r: Registry| own[r.index()].rows - own[r.index()].duplicates;
    let mut all = Vec::new();
    for a in Registry::ALL {
        all.push((a, a, distinct(a)));
        for b in Registry::ALL.into_iter().filter(|b| *b > a) {
            let smaller = distinct(a).min(distinct(b));
            let share = if a == Registry::Regsosek { 80 } else { 3 + 7 * (b.index() as u64) };
            all.push((a, b, smaller * (share + n.below(15)) / 100));
        }
    }
    all
}

pub fn programmes() -> ProgrammeSet {
    ProgrammeSet::from_toml(&tepat::data::text("programmes.toml").unwrap()).unwrap()
}

/// Whole numbers that look random and never change (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n.max(1)
    }
}

fn desa_counts(desa: RegionCode, programmes: &ProgrammeSet) -> RegionCounts {
    let mut n = Numbers(desa.packed());
    let mut place = Numbers(desa.ancestor(Level::Kabupaten).packed());
    let small = SMALL.iter().any(|s| code(s) == desa);
    let families = if small { 3 } else { 600 + n.below(1400) };
    let persons = families * 3 + n.below(families);
    // Rural kabupaten are poorer than towns, and desa differ around them.
    let town = desa.ancestor(Level::Kabupaten).packed() / 1_000_000 % 100 >= 71;
    let per_mille = if town { 5 + place.below(25) } else { 30 + place.below(60) };
    let poor = persons * (per_mille / 2 + n.below(per_mille)) / 1000;
    let extreme = poor * n.below(30) / 100;
    let mut counts = RegionCounts::zero(programmes.len());
    counts.n_families = families;
    counts.n_persons = persons;
    counts.n_families_ranked = families - families / 50;
    counts.n_persons_ranked = persons - persons / 50;
    counts.n_poor_persons = poor;
    counts.n_poor_families = poor / 4;
    counts.n_extreme_persons = extreme;
    counts.n_extreme_families = extreme / 4;
    counts.gap_fixed = poor * 170_000_000;
    counts.severity_fixed = poor * 45_000_000;
    let two = families * (5 + n.below(10)) / 100;
    let three = families * n.below(6) / 100;
    let one = families * (20 + n.below(10)) / 100;
    counts.families_by_programmes = [families - one - two - three, one, two, three];
    counts.n_ppks = persons / 200;
    counts.n_by_code = families / 20;
    counts.n_by_point = families - counts.n_by_code;
    counts.n_both = families - families / 10;
    counts.n_agree = counts.n_both * (85 + n.below(14)) / 100;
    for (i, programme) in programmes.iter() {
        let runs = programme.rule.regions.is_empty()
            || programme.rule.regions.iter().any(|r| r.contains(desa));
        if !runs {
            continue;
        }
        let eligible = families * (10 + n.below(20)) / 100;
        let covered = eligible * (40 + n.below(55)) / 100;
        counts.programmes[i] = ProgrammeCounts {
            eligible,
            covered,
            recipients: covered + eligible * n.below(25) / 100,
        };
    }
    for registry in Registry::ALL {
        let rows = if registry == Registry::Regsosek { persons } else { persons / 4 };
        let linked = rows * (80 + n.below(18)) / 100;
        counts.registries[registry.index()] = RegistryCounts { rows, linked };
    }
    counts
}

fn priority(regions: &[RegionRow]) -> Vec<PriorityRow> {
    let mut all = Vec::new();
    for level in [Level::Provinsi, Level::Kabupaten, Level::Kecamatan, Level::Desa] {
        let mut rows: Vec<&RegionRow> =
            regions.iter().filter(|r| r.code.level() == level).collect();
        let rate = |r: &RegionRow| {
            (r.counts.n_extreme_persons * 1_000_000).checked_div(r.counts.n_persons_ranked)
        };
        let rank = |rows: &[&RegionRow], better: &dyn Fn(&RegionRow, &RegionRow) -> bool| {
            let ranks = rows.iter().map(|row| {
                u32::try_from(1 + rows.iter().filter(|other| better(other, row)).count()).unwrap()
            });
            ranks.collect::<Vec<u32>>()
        };
        rows.sort_by_key(|r| r.code);
        let by_rate = rank(&rows, &|a, b| rate(a) > rate(b));
        let by_number =
            rank(&rows, &|a, b| a.counts.n_extreme_persons > b.counts.n_extreme_persons);
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|i| (by_rate[*i] + by_number[*i], by_number[*i], rows[*i].code));
        let total: u64 = rows.iter().map(|r| r.counts.n_extreme_persons).sum();
        let mut so_far = 0;
        for (place, i) in order.into_iter().enumerate() {
            so_far += rows[i].counts.n_extreme_persons;
            all.push(PriorityRow {
                code: rows[i].code,
                level,
                rank_rate: by_rate[i],
                rank_number: by_number[i],
                rank: u32::try_from(place + 1).unwrap(),
                cumulative_share: so_far as f64 / total.max(1) as f64,
            });
        }
    }
    all
}

fn manifest(programmes: ProgrammeSet, regions: &[RegionRow]) -> Manifest {
    let nation = regions.iter().find(|r| r.code == RegionCode::NATION).unwrap();
    Manifest {
        id: "0123456789abcdef".to_owned(),
        tepat_version: "0.1.0".to_owned(),
        method_version: "1".to_owned(),
        built_at: "2026-11-21T02:15:00Z".to_owned(),
        period: Period { year: 2023, month: 3 },
        synthetic: true,
        boundary_vintage: BOUNDARY_VINTAGE.to_owned(),
        boundaries_sha256: "0".repeat(64),
        boundary_set: None,
        extreme_line_rp_month: 351_957.0,
        extreme_line_standard: "US$1,90 PPP 2011".to_owned(),
        extreme_line_source: "uji".to_owned(),
        poverty_line_period: Period { year: 2023, month: 3 },
        provinces: vec![code("31"), code("36")],
        programmes,
        min_families: 5,
        sources: sources(nation),
        linkage: LinkageReport {
            registries: linkage(nation),
            model: Some(model()),
            identities: IdentityCounts {
                previous: Some("fedcba9876543210".to_owned()),
                persons: 10_250,
                kept: 10_000,
                new: 250,
                gone: 120,
                moved: 75,
                renumbered: 0,
                split: 3,
                merged: 6,
            },
            decisions: tepat::domain::DecisionCounts::default(),
        },
        location: location(nation),
        rows_without_region: vec![RegistryRows { registry: Registry::P3ke, rows: 120, linked: 80 }],
        region_changes: Vec::new(),
        tables: vec![TableReport {
            file: "regions.parquet".to_owned(),
            sha256: "1".repeat(64),
            rows: regions.len() as u64,
        }],
    }
}

fn model() -> ModelReport {
    ModelReport {
        title: "Fellegi–Sunter untuk uji".to_owned(),
        sha256: "3".repeat(64),
        lambda: 0.000_004,
        link_at: 0.95,
        review_at: 0.6,
        trained: "EM atas pasangan uji".to_owned(),
    }
}

fn sources(nation: &RegionRow) -> Vec<SourceReport> {
    let issue = |code: &str, column: &str, rows: u64| IssueCount {
        code: code.to_owned(),
        column: column.to_owned(),
        rows,
        examples: vec![12, 345],
    };
    Registry::ALL
        .into_iter()
        .map(|registry| {
            let rows_used = nation.counts.registries[registry.index()].rows;
            SourceReport {
                registry,
                file: format!("{}.csv", registry.slug()),
                title: format!("Data {}", registry.slug()),
                owner: "Instansi pemilik".to_owned(),
                basis: "susunan uji".to_owned(),
                sha256: "2".repeat(64),
                bytes: rows_used * 120,
                rows_read: rows_used + 57,
                rows_used,
                set_aside: vec![issue("row_unreadable", "", 50), issue("member_duplicate", "", 7)],
                issues: vec![
                    issue("nik_missing", "NIK", rows_used / 50),
                    issue("nik_spreadsheet", "NIK", rows_used / 200),
                    issue("region_other_system", "KODE_WILAYAH", rows_used / 100),
                ],
            }
        })
        .collect()
}

fn linkage(nation: &RegionRow) -> Vec<(Registry, LinkageCounts)> {
    Registry::ALL
        .into_iter()
        .map(|registry| {
            let counts = nation.counts.registries[registry.index()];
            // Those of no region, see the manifest.
            let [nowhere, found] = if registry == Registry::P3ke { [120, 80] } else { [0, 0] };
            let counts =
                RegistryCounts { rows: counts.rows + nowhere, linked: counts.linked + found };
            let lost = counts.rows - counts.linked;
            let (no_identity, contradicted) = (lost / 4, lost / 10);
            let report = LinkageCounts {
                rows: counts.rows,
                linked: counts.linked,
                no_identity,
                not_found: lost - no_identity - contradicted - lost / 20,
                contradicted,
                ambiguous: lost / 20,
                linked_with_remark: counts.linked / 30,
            };
            (registry, report)
        })
        .collect()
}

/// As many conflicts as the sums say, most of them near.
fn conflicts(row: &RegionRow) -> ConflictRow {
    let (desa, differ) = (row.counts.n_agree, row.counts.n_both - row.counts.n_agree);
    let (provinsi, none) = (differ / 10, differ / 50);
    let kabupaten = differ / 4;
    let kecamatan = differ - kabupaten - provinsi - none;
    let counts = ConflictCounts { desa, kecamatan, kabupaten, provinsi, none };
    ConflictRow { code: row.code, counts }
}

fn location(nation: &RegionRow) -> LocationReport {
    let c = &nation.counts;
    LocationReport {
        families: c.n_families + 40,
        by_point: c.n_by_point,
        by_code: c.n_by_code,
        unplaced: 40,
        unplaced_persons: 131,
        both: c.n_both,
        agree: c.n_agree,
        point_outside: c.n_by_code / 3,
        no_point: c.n_by_code - c.n_by_code / 3 + 20,
        code_unusable: c.n_families / 90,
        points: Some(PointReport {
            trust: Trust::Point,
            tolerance_m: 500,
            nearest: 321,
            null_island: 12,
            abroad: 7,
            agreement: conflicts(nation).counts,
        }),
    }
}
