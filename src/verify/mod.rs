//! Is a snapshot whole and true to its sources? Hashes, sums of children, rows in and out; and for
//! synthetic deliveries, how far the figures are from the known truth.

mod linkage;
mod linked;
mod truth;

use serde::Serialize;

use crate::domain::{Level, RegionCode, RegionCounts};
use crate::regions::RegionCatalog;
use crate::snapshot::Snapshot;

pub use linkage::links_against_truth;
pub use truth::{TruthError, against_truth};

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: &'static str,
    pub passed: bool,
    /// Figures behind the verdict.
    pub detail: String,
}

/// Everything that can be checked without the deliveries. That the tables match their hashes was
/// seen when the snapshot was opened.
pub fn check_snapshot(snapshot: &Snapshot) -> Vec<Check> {
    vec![
        Check {
            name: "hashes",
            passed: true,
            detail: format!(
                "{} tables and the manifest match their SHA-256",
                snapshot.manifest.tables.len()
            ),
        },
        check_sums(snapshot),
        check_rows(snapshot),
        check_families(snapshot),
        check_codes(snapshot),
        linked::check_matching(snapshot),
        linked::check_overlaps(snapshot),
    ]
}

/// Every parent is the sum of its children, in every column.
fn check_sums(snapshot: &Snapshot) -> Check {
    let programmes = snapshot.manifest.programmes.len();
    let names = RegionCounts::columns(programmes);
    let (mut compared, mut wrong) = (0_u64, Vec::new());
    for row in &snapshot.regions {
        let Some(level) = row.code.level().child() else { continue };
        let mut sum = RegionCounts::zero(programmes);
        snapshot.inside(row.code, level).for_each(|child| sum += &child.counts);
        for ((name, a), b) in names.iter().zip(row.counts.values()).zip(sum.values()) {
            compared += 1;
            if a != b {
                wrong.push(format!("{} {name}: {a} but children sum to {b}", row.code));
            }
        }
    }
    verdict("sums", format!("{compared} sums of children compared"), &wrong)
}

/// Rows read = rows used + rows set aside, for every file.
fn check_rows(snapshot: &Snapshot) -> Check {
    let sources = &snapshot.manifest.sources;
    let wrong: Vec<String> = sources
        .iter()
        .filter(|s| s.rows_read != s.rows_used + s.set_aside.iter().map(|i| i.rows).sum::<u64>())
        .map(|s| s.file.clone())
        .collect();
    let read: u64 = sources.iter().map(|s| s.rows_read).sum();
    verdict("rows", format!("{read} rows of {} files accounted for", sources.len()), &wrong)
}

/// Families placed + unplaced = families measured; the nation holds all placed ones; linkage
/// outcomes add up to the rows of each registry.
fn check_families(snapshot: &Snapshot) -> Check {
    let location = &snapshot.manifest.location;
    let nation = snapshot.region(RegionCode::NATION).map_or(0, |c| c.n_families);
    let mut wrong = Vec::new();
    if location.by_point + location.by_code + location.unplaced != location.families {
        wrong.push("placed + unplaced differs from families".to_owned());
    }
    if nation != location.by_point + location.by_code {
        wrong.push(format!("the nation has {nation} families"));
    }
    for (registry, c) in snapshot.manifest.linkage.registries.iter().skip(1) {
        if c.rows != c.linked + c.no_identity + c.not_found + c.contradicted + c.ambiguous {
            wrong.push(format!("linkage outcomes of {} do not add up", registry.slug()));
        }
    }
    verdict("families", format!("{nation} families placed, {} not", location.unplaced), &wrong)
}

/// Every region is in the region table.
fn check_codes(snapshot: &Snapshot) -> Check {
    let wrong: Vec<String> = match RegionCatalog::shared() {
        Ok(catalog) => snapshot
            .regions
            .iter()
            .filter(|row| catalog.get(row.code).is_none())
            .map(|row| row.code.to_string())
            .collect(),
        Err(e) => vec![e.to_string()],
    };
    let desa = snapshot.inside(RegionCode::NATION, Level::Desa).count();
    verdict("codes", format!("{} regions, {desa} of them desa", snapshot.regions.len()), &wrong)
}

fn verdict(name: &'static str, detail: String, wrong: &[String]) -> Check {
    let Some(first) = wrong.first() else { return Check { name, passed: true, detail } };
    Check { name, passed: false, detail: format!("{} wrong, first: {first}", wrong.len()) }
}
