//! What is said of a point: its region, how it was found, and what is odd about it.

use super::Places;
use crate::spatial::cells::{Cells, OUTSIDE};
use crate::spatial::nearest::Metric;

/// How a row came to its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The point lies in it.
    Point,
    /// The point lies in none, and in this one's reach.
    Nearest,
    /// The row states it; the point gave none.
    Code,
    /// It came to none.
    None,
    /// The coordinate is missing or no number, and no usable code is stated.
    Invalid,
}

/// What is odd about a point that lies in no region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Missing, or no number.
    NoCoordinate,
    /// Longitude and latitude are both zero.
    NullIsland,
    /// It would lie in a region with longitude and latitude exchanged.
    SwappedAxes,
    /// Outside Indonesia.
    Abroad,
}

/// Down to which level the located and the stated region are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    None,
    Provinsi,
    Kabupaten,
    Kecamatan,
    Desa,
}

impl How {
    pub(super) const WORDS: &[&str] = &["point", "nearest", "code", "none", "invalid"];

    pub(super) fn at(self) -> u32 {
        self as u32
    }
}

impl Remark {
    pub(super) const WORDS: &[&str] = &["no_coordinate", "null_island", "swapped_axes", "abroad"];

    pub(super) fn at(self) -> u32 {
        self as u32
    }
}

impl Agreement {
    pub(super) const WORDS: &[&str] = &["none", "provinsi", "kabupaten", "kecamatan", "desa"];

    pub(super) fn at(self) -> u32 {
        self as u32
    }

    /// Compares two codes part by part (`36.02.01.2001`).
    fn of(located: &str, stated: &str) -> Self {
        let same = located.split('.').zip(stated.split('.')).take_while(|(a, b)| a == b).count();
        [Self::None, Self::Provinsi, Self::Kabupaten, Self::Kecamatan, Self::Desa][same.min(4)]
    }
}

/// What becomes of a batch. Columns that are not wanted are not made.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) slots: Vec<u32>,
    pub(super) how: Vec<How>,
    pub(super) remarks: Option<Vec<Option<Remark>>>,
    pub(super) distance: Option<Vec<Option<f64>>>,
    pub(super) stated_distance: Option<Vec<Option<f64>>>,
    pub(super) agreement: Option<Vec<Option<Agreement>>>,
}

/// What is wanted of the answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Furthest that a point may lie from the region it is given to, in metres.
    pub tolerance_m: f64,
    pub distance: bool,
    pub remark: bool,
}

/// Counts of the rows of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LocateCounts {
    pub rows: u64,
    pub point: u64,
    pub nearest: u64,
    pub code: u64,
    pub none: u64,
    pub invalid: u64,
    pub no_coordinate: u64,
    pub null_island: u64,
    pub swapped_axes: u64,
    pub abroad: u64,
    /// Rows with a located and a known stated region, by the level down to which they agree.
    pub agree_desa: u64,
    pub agree_kecamatan: u64,
    pub agree_kabupaten: u64,
    pub agree_provinsi: u64,
    pub agree_none: u64,
    /// Rows that state a code which no polygon has.
    pub stated_unknown: u64,
}

impl LocateCounts {
    /// Adds those of another batch.
    pub(super) fn add(&mut self, o: &Self) {
        let pairs = [
            (&mut self.rows, o.rows),
            (&mut self.point, o.point),
            (&mut self.nearest, o.nearest),
            (&mut self.code, o.code),
            (&mut self.none, o.none),
            (&mut self.invalid, o.invalid),
            (&mut self.no_coordinate, o.no_coordinate),
            (&mut self.null_island, o.null_island),
            (&mut self.swapped_axes, o.swapped_axes),
            (&mut self.abroad, o.abroad),
            (&mut self.agree_desa, o.agree_desa),
            (&mut self.agree_kecamatan, o.agree_kecamatan),
            (&mut self.agree_kabupaten, o.agree_kabupaten),
            (&mut self.agree_provinsi, o.agree_provinsi),
            (&mut self.agree_none, o.agree_none),
            (&mut self.stated_unknown, o.stated_unknown),
        ];
        pairs.into_iter().for_each(|(to, by)| *to += by);
    }

    fn remark(&mut self, remark: Remark) {
        *match remark {
            Remark::NoCoordinate => &mut self.no_coordinate,
            Remark::NullIsland => &mut self.null_island,
            Remark::SwappedAxes => &mut self.swapped_axes,
            Remark::Abroad => &mut self.abroad,
        } += 1;
    }

    fn agreement(&mut self, agreement: Agreement) {
        *match agreement {
            Agreement::Desa => &mut self.agree_desa,
            Agreement::Kecamatan => &mut self.agree_kecamatan,
            Agreement::Kabupaten => &mut self.agree_kabupaten,
            Agreement::Provinsi => &mut self.agree_provinsi,
            Agreement::None => &mut self.agree_none,
        } += 1;
    }

    fn how(&mut self, all: &[How]) {
        let of = |kind: How| all.iter().filter(|how| **how == kind).count() as u64;
        self.point += of(How::Point);
        self.nearest += of(How::Nearest);
        self.code += of(How::Code);
        self.none += of(How::None);
        self.invalid += of(How::Invalid);
    }
}

/// Indonesia with its seas, in degrees: west, east, south, north.
const NATION: [f64; 4] = [94.0, 142.0, -12.0, 7.0];

/// Answers a batch. `stated` are the texts of the stated codes, one a row, where there are any.
pub(super) fn answer<'a>(
    places: &Places,
    wanted: Wanted,
    (xs, ys): (&[f64], &[f64]),
    stated: Option<impl Iterator<Item = Option<&'a str>>>,
) -> (Answers, LocateCounts) {
    let rows = xs.len();
    let mut counts = LocateCounts { rows: rows as u64, ..LocateCounts::default() };
    let mut out = Answers {
        slots: vec![OUTSIDE; rows],
        how: vec![How::Point; rows],
        remarks: wanted.remark.then(|| vec![None; rows]),
        distance: wanted.distance.then(|| vec![Some(0.0); rows]),
        ..Answers::default()
    };
    places.cells.locate_all(xs, ys, &mut out.slots);
    for i in 0..rows {
        if out.slots[i] == OUTSIDE {
            out.aside(places, wanted, i, (xs[i], ys[i]), &mut counts);
        }
    }
    if let Some(stated) = stated {
        out.compare(places, stated, (xs, ys), &mut counts);
    }
    counts.how(&out.how);
    (out, counts)
}

impl Answers {
    /// A point in no region.
    fn aside(
        &mut self,
        places: &Places,
        wanted: Wanted,
        i: usize,
        (x, y): (f64, f64),
        counts: &mut LocateCounts,
    ) {
        let near = places.outlines.nearest(x, y, wanted.tolerance_m);
        if let Some((slot, distance)) = near {
            self.slots[i] = slot;
            self.how[i] = How::Nearest;
            if let Some(all) = &mut self.distance {
                all[i] = Some(distance);
            }
            return;
        }
        let remark = remark(&places.cells, places.outlines.metric(), x, y);
        self.how[i] = if remark == Some(Remark::NoCoordinate) { How::Invalid } else { How::None };
        remark.iter().for_each(|remark| counts.remark(*remark));
        if let Some(all) = &mut self.remarks {
            all[i] = remark;
        }
        if let Some(all) = &mut self.distance {
            all[i] = None;
        }
    }

    fn compare<'a>(
        &mut self,
        places: &Places,
        stated: impl Iterator<Item = Option<&'a str>>,
        (xs, ys): (&[f64], &[f64]),
        counts: &mut LocateCounts,
    ) {
        let mut distances = vec![None; xs.len()];
        let mut levels = vec![None; xs.len()];
        for (i, text) in stated.enumerate().take(xs.len()) {
            let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { continue };
            let Some(slot) = places.slot(text) else {
                counts.stated_unknown += 1;
                continue;
            };
            distances[i] = match self.slots[i] {
                found if found == slot && self.how[i] == How::Point => Some(0.0),
                _ => places.outlines.distance(&places.cells, slot, xs[i], ys[i]),
            };
            if self.slots[i] == OUTSIDE {
                self.slots[i] = slot;
                self.how[i] = How::Code;
            } else {
                let (found, due) = (places.code(self.slots[i]), places.code(slot));
                // Codes of other systems than the dotted one: the same or not.
                let level = if found == due { Agreement::Desa } else { Agreement::of(found, due) };
                counts.agreement(level);
                levels[i] = Some(level);
            }
        }
        self.stated_distance = Some(distances);
        self.agreement = Some(levels);
    }
}

/// What is odd about a point that lies in no region.
pub(in crate::spatial) fn remark(cells: &Cells, metric: Metric, x: f64, y: f64) -> Option<Remark> {
    if !(x.is_finite() && y.is_finite()) {
        return Some(Remark::NoCoordinate);
    }
    if x == 0.0 && y == 0.0 {
        return Some(Remark::NullIsland);
    }
    if cells.locate(y, x).is_some() {
        return Some(Remark::SwappedAxes);
    }
    let [west, east, south, north] = NATION;
    let inside = (west..=east).contains(&x) && (south..=north).contains(&y);
    (metric == Metric::Ellipsoid && !inside).then_some(Remark::Abroad)
}
