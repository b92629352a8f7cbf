//! Records from files, links and clusters to files: CSV and Parquet, told by the ending.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use polars::prelude::{
    Column as Frame, DataFrame, NamedFrom, ParquetCompression, ParquetWriter, Series,
};

use super::cluster::Clusters;
use super::dictionary::TooLarge;
use super::link::{Linked, how};
use super::model::{Clean, Model};
use super::records::{Records, RecordsBuilder, RecordsError};
use crate::fresh::{self, Access, Fresh, FreshError};
use crate::sources::{SourceError, Wanted, read_columns};

/// A file that cannot be linked or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(
        "{path}, row {row}, column '{column}': the id is empty; every record needs one (id = \"row\" in the model takes the row number)"
    )]
    NoId { path: PathBuf, row: u64, column: String },
    #[error(
        "{path}, row {row}, column '{column}': the id stands on row {first} already; ids must be unique within a file (id = \"row\" in the model takes the row number)"
    )]
    IdTwice { path: PathBuf, row: u64, first: u64, column: String },
    #[error(
        "{path}, row {row}, column '{column}': {length} bytes in one value; is a quotation mark not closed? Mend the row or leave it out"
    )]
    TooLong { path: PathBuf, row: u64, column: String, length: usize },
    #[error("{path}: {source}")]
    TooLarge { path: PathBuf, source: TooLarge },
    #[error("{path}: unknown kind of file; .csv and .parquet can be written")]
    Kind { path: PathBuf },
    #[error(transparent)]
    Fresh(#[from] FreshError),
    #[error("{path}: {problem}")]
    Write { path: PathBuf, problem: String },
}

/// The id that stands for the row number.
const ROW: &str = "row";

/// Reads A and B, or A alone for a dedupe, as the model says.
///
/// # Errors
/// See [`FileError`]; the message names file, row and column, never a value.
pub fn read_records(
    model: &Model,
    a: &Path,
    b: Option<&Path>,
    threads: usize,
) -> Result<Records, FileError> {
    let mut builder = RecordsBuilder::new(model);
    read_side(model, &mut builder, 0, a, threads)?;
    if let Some(b) = b {
        read_side(model, &mut builder, 1, b, threads)?;
    }
    let paths = [a, b.unwrap_or(a)];
    builder.finish(b.is_none()).map_err(|e| FileError::of(e, paths, &model.id))
}

fn read_side(
    model: &Model,
    builder: &mut RecordsBuilder<'_>,
    side: usize,
    path: &Path,
    threads: usize,
) -> Result<(), FileError> {
    let columns = builder.wanted();
    let mut wanted: Vec<Wanted<'_>> = columns
        .iter()
        .map(|c| {
            let other = if side == 1 { c.from_b.as_deref() } else { None };
            let column = other.or(c.from.as_deref()).unwrap_or(&c.name);
            Wanted { column, number: c.clean == Clean::Number }
        })
        .collect();
    let by_row = model.id == ROW;
    if !by_row {
        wanted.push(Wanted { column: &model.id, number: false });
    }
    let n = columns.len();
    let fault = |e: RecordsError| FileError::of(e, [path, path], &model.id);
    read_columns(path, &wanted, |first, texts| {
        let rows = texts.first().map_or(0, crate::sources::Texts::len);
        let done = if by_row {
            let numbers: Vec<String> =
                (0..rows as u64).map(|row| (first + row).to_string()).collect();
            builder.push_all(side, numbers.iter().map(String::as_str), &texts[..n], threads)
        } else {
            let ids = (0..rows).map(|row| texts[n].get(row));
            builder.push_all(side, ids, &texts[..n], threads)
        };
        done.map_err(fault)
    })?;
    Ok(())
}

impl FileError {
    fn of(error: RecordsError, paths: [&Path; 2], column: &str) -> Self {
        let column = column.to_owned();
        match error {
            RecordsError::TooLarge(source) => Self::TooLarge { path: paths[0].to_owned(), source },
            RecordsError::TooLong { side, row, column, length } => {
                let (path, row) = (paths[side].to_owned(), u64::from(row) + 1);
                Self::TooLong { path, row, column, length }
            }
            RecordsError::NoId { side, row } => {
                Self::NoId { path: paths[side].to_owned(), row: u64::from(row) + 1, column }
            }
            RecordsError::IdTwice { side, row, first } => Self::IdTwice {
                path: paths[side].to_owned(),
                row: u64::from(row) + 1,
                first: u64::from(first) + 1,
                column,
            },
        }
    }
}

/// Writes `id_a,id_b,match_weight,match_probability,how`.
///
/// # Errors
/// The file is there already, its ending is unknown, or the disk does not take it.
pub fn write_links(path: &Path, linked: &Linked, records: &Records) -> Result<(), FileError> {
    let links = &linked.links;
    write(path, |file, kind| match kind {
        Kind::Csv => {
            let mut out = csv::Writer::from_writer(file);
            out.write_record(["id_a", "id_b", "match_weight", "match_probability", "how"])
                .map_err(|e| e.to_string())?;
            for link in links {
                out.write_record([
                    records.id(link.a),
                    records.id(link.b),
                    &format!("{:.6}", link.weight),
                    &format!("{:.9}", link.probability()),
                    how(&linked.model, link),
                ])
                .map_err(|e| e.to_string())?;
            }
            out.flush().map_err(|e| e.to_string())
        }
        Kind::Parquet => parquet(
            file,
            vec![
                Series::new(
                    "id_a".into(),
                    links.iter().map(|l| records.id(l.a)).collect::<Vec<_>>(),
                ),
                Series::new(
                    "id_b".into(),
                    links.iter().map(|l| records.id(l.b)).collect::<Vec<_>>(),
                ),
                Series::new(
                    "match_weight".into(),
                    links.iter().map(|l| l.weight).collect::<Vec<_>>(),
                ),
                Series::new(
                    "match_probability".into(),
                    links.iter().map(super::link::Link::probability).collect::<Vec<_>>(),
                ),
                Series::new(
                    "how".into(),
                    links.iter().map(|l| how(&linked.model, l)).collect::<Vec<_>>(),
                ),
            ],
        ),
    })
}

/// Writes `side,id,cluster` for every record: a cluster is called after its first record, as
/// `a:ID` or `b:ID`.
///
/// # Errors
/// As [`write_links`].
pub fn write_clusters(
    path: &Path,
    clusters: &Clusters,
    records: &Records,
) -> Result<(), FileError> {
    let side = |row: u32| if row < records.n_a() { "a" } else { "b" };
    let name = |row: u32| format!("{}:{}", side(row), records.id(row));
    let mut rows: Vec<u32> = (0..records.rows()).collect();
    rows.sort_unstable_by(|x, y| {
        side(*x).cmp(side(*y)).then_with(|| records.rank(*x).cmp(&records.rank(*y)))
    });
    let of = |row: u32| name(clusters.of[row as usize]);
    write(path, |file, kind| match kind {
        Kind::Csv => {
            let mut out = csv::Writer::from_writer(file);
            out.write_record(["side", "id", "cluster"]).map_err(|e| e.to_string())?;
            for row in &rows {
                out.write_record([side(*row), records.id(*row), &of(*row)])
                    .map_err(|e| e.to_string())?;
            }
            out.flush().map_err(|e| e.to_string())
        }
        Kind::Parquet => {
            let texts =
                |of: &dyn Fn(u32) -> String| rows.iter().map(|r| of(*r)).collect::<Vec<_>>();
            parquet(
                file,
                vec![
                    Series::new("side".into(), texts(&|r| side(r).to_owned())),
                    Series::new("id".into(), texts(&|r| records.id(r).to_owned())),
                    Series::new("cluster".into(), texts(&of)),
                ],
            )
        }
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Csv,
    Parquet,
}

/// Refuses a file that could not be written, or of another kind: before the work, not after it.
///
/// # Errors
/// [`FileError::Fresh`] and [`FileError::Kind`].
pub fn check_output(path: &Path) -> Result<(), FileError> {
    fresh::check(path)?;
    kind_of(path).map(|_| ())
}

fn kind_of(path: &Path) -> Result<Kind, FileError> {
    match path.extension().and_then(|e| e.to_str()) {
        Some("csv") => Ok(Kind::Csv),
        Some("parquet") => Ok(Kind::Parquet),
        _ => Err(FileError::Kind { path: path.to_owned() }),
    }
}

fn parquet(file: BufWriter<File>, columns: Vec<Series>) -> Result<(), String> {
    let columns = columns.into_iter().map(Frame::from).collect();
    let mut frame = DataFrame::new_infer_height(columns).map_err(|e| e.to_string())?;
    // Snappy: what is written is read once or twice, and zstd took as long as deciding the links.
    ParquetWriter::new(file)
        .with_compression(ParquetCompression::Snappy)
        .finish(&mut frame)
        .map(|_| ())
        .map_err(|e| e.to_string())
}

fn write(
    path: &Path,
    fill: impl FnOnce(BufWriter<File>, Kind) -> Result<(), String>,
) -> Result<(), FileError> {
    let kind = kind_of(path)?;
    let whole = Fresh::create(path, Access::Usual)?;
    fill(BufWriter::with_capacity(1 << 18, whole.handle()?), kind)
        .map_err(|problem| FileError::Write { path: path.to_owned(), problem })?;
    Ok(whole.finish()?)
}
