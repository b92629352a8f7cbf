//! What a release says of every number of its snapshot, without a server between: what pages and
//! files say is no more than that (`small_cells` compares the two), and asking the release itself
//! is fast enough for many seeds and for millions of families.

use tepat::disclosure::{Agreement, Cell, Counted, MatchColumn, Release};
use tepat::domain::{IndicatorId, RegionCode, Registry};
use tepat::snapshot::Snapshot;

use super::between::{Known, Name};

/// The numbers that are said, of all in `truth` that belong to this snapshot.
pub fn shown(release: &Release, whole: &Snapshot, truth: &Known, at: u8) -> Known {
    let of_this = truth.iter().filter(|(name, _)| name.0 == at);
    of_this
        .filter_map(|(name, value)| {
            let said = number(release, whole, name)?;
            assert!((said - value).abs() < 1e-3, "{name:?}: {said}, not {value}");
            Some((*name, *value))
        })
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn number(release: &Release, whole: &Snapshot, (_, code, what): &Name) -> Option<f64> {
    let count = |counted| release.count(*code, counted).value();
    let programme = |id: &str| whole.manifest.programmes.index_of(id).unwrap();
    let registry = |slug: &str| Registry::from_slug(slug).unwrap();
    if let Some((a, b)) = what.split_once('+') {
        return release.overlap(*code, registry(a), registry(b)).value().map(|n| n as f64);
    }
    let said = match what.split_once(' ') {
        Some(("E", id)) => count(Counted::Eligible(programme(id))),
        Some(("C", id)) => count(Counted::Covered(programme(id))),
        Some(("R", id)) => count(Counted::Recipients(programme(id))),
        Some((slug, column)) => {
            let column = MatchColumn::ALL.into_iter().find(|c| c.slug() == column).unwrap();
            release.matches(*code, registry(slug)).get(column).value()
        }
        None => match *what {
            "gap" => return depth(release, *code, IndicatorId::Gap),
            "square" => return depth(release, *code, IndicatorId::Severity),
            "stated" | "same" | "differ" | "level1" | "level2" | "level3" | "level4" => {
                placed(release, *code, what)
            }
            _ => count(counted(what)),
        },
    };
    said.map(|n| n as f64)
}

fn counted(what: &str) -> Counted {
    match what {
        "F" => Counted::Families,
        "P" => Counted::Persons,
        "ranked" => Counted::RankedPersons,
        "poor" => Counted::PoorPersons,
        "extreme" => Counted::ExtremePersons,
        "extreme_f" => Counted::ExtremeFamilies,
        "f0" | "f1" | "f2" | "f3" => Counted::WithProgrammes(what[1..].parse().unwrap()),
        "ppks" => Counted::Ppks,
        "point" => Counted::ByPoint,
        "code" => Counted::ByCode,
        "both" => Counted::Both,
        "agree" => Counted::Agree,
        other => panic!("nobody says how {other} is shown"),
    }
}

/// The rate times those whose welfare is known.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn depth(release: &Release, code: RegionCode, id: IndicatorId) -> Option<f64> {
    let ranked = release.count(code, Counted::RankedPersons).value()?;
    match release.cell(code, id) {
        Cell::Value(rate) => Some(rate * ranked as f64),
        Cell::NoData => Some(0.0),
        Cell::Suppressed => None,
    }
}

fn placed(release: &Release, code: RegionCode, what: &str) -> Option<u64> {
    let Some((both, differ)) = release.conflicts(code) else { return Some(0) };
    let levels = match release.agreement(code) {
        Some(Agreement::Levels(counts)) => Some(counts.values()),
        _ => None,
    };
    match what {
        "stated" => both.value(),
        "differ" => differ.value(),
        "same" => Some(both.value()? - differ.value()?),
        level => levels.map(|all| all[level["level".len()..].parse::<usize>().unwrap()]),
    }
}
