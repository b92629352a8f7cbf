//! Points of a file to regions, batch by batch: memory is bounded by the batches of the threads
//! and the polygons, whatever the number of points.

mod answer;
mod columns;
mod pages;
mod rows;
mod sink;
mod source;
mod turns;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use geo::MultiPolygon;

use super::cells::Cells;
use super::nearest::{Metric, Outlines};
use crate::fresh::FreshError;
use crate::parquet::ParquetError;
use crate::progress::Progress;
use answer::answer;
pub(super) use answer::remark;
pub use answer::{Agreement, How, LocateCounts, Remark, Wanted};
use columns::Labels;
use sink::{Encoded, Sink};
use source::{Source, Task};

/// Why points cannot be located.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    #[error("{path}: {source}; check the path")]
    Open { path: PathBuf, source: std::io::Error },
    #[error("{path}: {problem}")]
    Input { path: PathBuf, problem: String },
    #[error("{path}, row {row}: {problem}")]
    Row { path: PathBuf, row: u64, problem: String },
    #[error("{path}: unknown kind of file; .csv and .parquet can be written")]
    Kind { path: PathBuf },
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error(transparent)]
    Parquet(#[from] ParquetError),
    #[error("{path}: {problem}")]
    Write { path: PathBuf, problem: String },
}

/// Polygons to locate in, known by any code.
#[derive(Debug)]
pub struct Places {
    cells: Cells,
    outlines: Outlines,
    codes: Vec<String>,
    names: Vec<String>,
    slots: HashMap<String, u32>,
}

impl Places {
    /// Indexes regions (code, name, polygons) with `threads` threads. A code may stand several
    /// times: its region is then all of them. Where regions overlap, the first code in the order of
    /// texts wins.
    pub fn build(
        mut regions: Vec<(String, String, MultiPolygon<f64>)>,
        metric: Metric,
        threads: usize,
    ) -> Self {
        regions.sort_by(|a, b| a.0.cmp(&b.0));
        let (mut codes, mut names, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
        let mut slots = HashMap::new();
        for (slot, (code, name, shape)) in (0_u32..).zip(regions) {
            slots.entry(code.clone()).or_insert(slot);
            codes.push(code);
            names.push(name);
            shapes.push(shape);
        }
        let cells = Cells::build(&shapes.iter().collect::<Vec<_>>(), threads);
        Self { cells, outlines: Outlines::new(shapes, metric), codes, names, slots }
    }

    pub fn len(&self) -> usize {
        self.codes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    pub fn outlines(&self) -> &Outlines {
        &self.outlines
    }

    pub fn code(&self, slot: u32) -> &str {
        self.codes.get(slot as usize).map_or("", String::as_str)
    }

    /// The slot of a code, dotted or not.
    pub fn slot(&self, code: &str) -> Option<u32> {
        self.slots.get(code).copied()
    }
}

/// Which columns of the points are what.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Unless given: by the names that coordinates usually have.
    pub lng: Option<String>,
    pub lat: Option<String>,
    /// The code that a row states.
    pub stated: Option<String>,
    /// Columns for the output; all unless given.
    pub keep: Option<Vec<String>>,
}

/// What to do with a file of points.
#[derive(Clone, Debug)]
pub struct LocateSettings<'a> {
    pub points: &'a Path,
    pub out: &'a Path,
    pub columns: Columns,
    pub wanted: Wanted,
    /// Write the names of the regions too.
    pub names: bool,
    pub threads: usize,
}

/// What became of the rows and how long it took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Located {
    pub counts: LocateCounts,
    /// Time of all threads in answering alone, without reading and writing.
    pub answering: Duration,
}

/// What a worker hands on.
struct Done {
    encoded: Encoded,
    counts: LocateCounts,
    answering: Duration,
}

/// Refuses an output that could not be written, or of another kind: before the work, not after it.
///
/// # Errors
/// [`LocateError::Fresh`] and [`LocateError::Kind`].
pub fn check_output(path: &Path) -> Result<(), LocateError> {
    sink::check(path)
}

/// Locates every row of a file and writes the columns kept, the region and how it was found, in
/// the order of the rows.
///
/// # Errors
/// A file that cannot be read or written, a column that is not there. A coordinate that cannot be
/// used is none: the row says so.
pub fn locate_file(
    places: &Places,
    settings: &LocateSettings<'_>,
    progress: &dyn Progress,
) -> Result<Located, LocateError> {
    let (source, feed) = Source::open(settings.points, &settings.columns)?;
    let with_code = source.has_stated();
    let (shown, _) = answer(places, settings.wanted, (&[], &[]), with_code.then(std::iter::empty));
    let labels =
        Labels { codes: &places.codes, names: settings.names.then_some(places.names.as_slice()) };
    let empty = source.empty()?;
    let (sink, encoder) = Sink::create(settings.out, labels, &empty, &shown)?;
    let work = |task: Task| {
        let batch = source.load(task)?;
        let started = Instant::now();
        let stated = batch.stated.as_ref().map(|texts| texts.iter());
        let (answers, counts) =
            answer(places, settings.wanted, (batch.xs.as_slice(), batch.ys.as_slice()), stated);
        let answering = started.elapsed();
        let encoded = encoder.encode(&batch.kept, &answers)?;
        progress.advance(counts.rows);
        Ok(Done { encoded, counts, answering })
    };
    let take = |(sink, located): &mut (Sink, Located), done: Done| {
        located.counts.add(&done.counts);
        located.answering += done.answering;
        sink.take(done.encoded)
    };
    let next = |feed: &mut source::Feed| source.next(feed);
    let start = (sink, Located::default());
    let (sink, located) = turns::run(settings.threads, feed, next, work, start, take)?;
    sink.finish()?;
    Ok(located)
}
