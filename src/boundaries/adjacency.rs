//! Who neighbours whom in a boundary set: `contiguity.csv`, written and asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::set::{BoundarySet, CONTIGUITY_FILE, SetError};
use crate::domain::{CodeError, Level, RegionCode};
use crate::spatial::{Boundary, Contiguity, SeaLinks, Topology, neighbours};

/// How two regions are neighbours, the closest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Adjacency {
    /// Along a stretch of border (rook).
    Edge,
    /// In single points alone (queen).
    Corner,
    /// Across the sea, because one of them has no neighbour by land.
    Sea,
}

impl Adjacency {
    /// As `contiguity.csv` says it, in the column `hubungan`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Edge => "benteng",
            Self::Corner => "ratu",
            Self::Sea => "laut",
        }
    }

    fn from_slug(text: &str) -> Option<Self> {
        [Self::Edge, Self::Corner, Self::Sea].into_iter().find(|how| how.slug() == text)
    }
}

/// `contiguity.csv`: one row a pair, both ways: a common edge is `benteng` (rook), a common point
/// alone `ratu` (queen), a link across the sea `laut` (from a region without neighbours by land to
/// the `sea` nearest others). `boundaries` in code order.
pub fn contiguity_csv(boundaries: &[Boundary], sea: usize) -> String {
    let topology = Topology::build(boundaries.iter().map(|b| &b.shape));
    let rook = neighbours(&topology, Contiguity::Rook, None);
    let queen = neighbours(&topology, Contiguity::Queen, Some(SeaLinks::Nearest(sea)));
    let mut text = "kode,tetangga,hubungan\n".to_owned();
    for (i, boundary) in boundaries.iter().enumerate() {
        let by_land = |n: &u32| match rook.land[i].binary_search(n) {
            Ok(_) => Adjacency::Edge,
            Err(_) => Adjacency::Corner,
        };
        let mut rows: Vec<(u32, Adjacency)> = queen.land[i]
            .iter()
            .map(|n| (*n, by_land(n)))
            .chain(queen.sea[i].iter().map(|n| (*n, Adjacency::Sea)))
            .collect();
        rows.sort_unstable();
        for (neighbour, how) in rows {
            let other = boundaries[neighbour as usize].code;
            let _ = writeln!(text, "{},{other},{}", boundary.code, how.slug());
        }
    }
    text
}

impl BoundarySet {
    /// The neighbours of a region among those of its own level, in code order. The file knows the
    /// finest level; regions above it are neighbours as closely as any two regions inside them.
    ///
    /// # Errors
    /// The set has no such file, or a row of it cannot be read.
    pub fn neighbours(
        &self,
        code: RegionCode,
    ) -> Result<BTreeMap<RegionCode, Adjacency>, SetError> {
        let Some(path) = self.file(CONTIGUITY_FILE) else {
            return Err(SetError::Table {
                path: self.folder().join(CONTIGUITY_FILE),
                problem: "the set has no table of neighbours; import it again, or make one with: tepat atlas SET --contiguity FILE".to_owned(),
            });
        };
        let table = |e: csv::Error| SetError::Table { path: path.clone(), problem: e.to_string() };
        let mut reader = csv::Reader::from_path(&path).map_err(table)?;
        let mut found: BTreeMap<RegionCode, Adjacency> = BTreeMap::new();
        let mut record = csv::StringRecord::new();
        while reader.read_record(&mut record).map_err(table)? {
            let row = reader.position().line().saturating_sub(1);
            let fault = |problem| SetError::Row { path: path.clone(), row, problem };
            let field = |i: usize| record.get(i).unwrap_or_default();
            let region = |i: usize| {
                field(i).parse::<RegionCode>().map_err(|e: CodeError| fault(e.to_string()))
            };
            if !code.contains(region(0)?) {
                continue;
            }
            let other = above(region(1)?, code.level());
            let how = Adjacency::from_slug(field(2))
                .ok_or_else(|| fault(format!("'{}' is not ratu, benteng or laut", field(2))))?;
            if other != code {
                found.entry(other).and_modify(|held| *held = how.min(*held)).or_insert(how);
            }
        }
        Ok(found)
    }
}

fn above(code: RegionCode, level: Level) -> RegionCode {
    if code.level() > level { code.ancestor(level) } else { code }
}
