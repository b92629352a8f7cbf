//! Points from a CSV or Parquet file, a batch at a time.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use polars::prelude::{
    Column, DataType, Float64Chunked, IntoColumn, NamedFrom, PolarsError, Series, StringChunked,
};

use super::{Columns, LocateError};
use crate::parquet::ParquetFile;

/// Rows of a batch at most.
const ROWS: usize = 1 << 20;
/// Bytes of CSV read at a time.
const BLOCK: usize = 4 << 20;
/// A row of CSV longer than this has a quotation mark that is not closed.
const LONGEST_ROW: usize = 64 << 20;

/// Names that coordinates go by, most telling first.
const LNG: &[&str] = &["lng", "lon", "long", "longitude", "bujur", "x"];
const LAT: &[&str] = &["lat", "latitude", "lintang", "y"];

/// A batch of rows.
pub(super) struct Batch {
    pub(super) kept: Vec<Column>,
    /// Not a number where the cell is empty or no number.
    pub(super) xs: Numbers,
    pub(super) ys: Numbers,
    pub(super) stated: Option<StringChunked>,
}

/// What a worker takes: rows of a Parquet file, or the text of some rows of CSV.
pub(super) enum Task {
    Rows { from: usize, n: usize },
    Text { row: u64, bytes: Vec<u8> },
}

/// An opened file of points.
pub(super) struct Source {
    path: PathBuf,
    columns: Names,
    kind: Kind,
}

/// The columns in use.
#[derive(Clone, Debug)]
struct Names {
    lng: String,
    lat: String,
    stated: Option<String>,
    kept: Vec<String>,
}

enum Kind {
    Parquet { file: ParquetFile, groups: Vec<usize> },
    Csv { separator: u8, header: Vec<String> },
}

/// Where reading stands.
pub(super) enum Feed {
    Parquet { group: usize, from: usize, start: usize },
    Csv { file: File, rest: Vec<u8>, row: u64, ended: bool },
}

impl Source {
    pub(super) fn open(path: &Path, wanted: &Columns) -> Result<(Self, Feed), LocateError> {
        let open = |source| LocateError::Open { path: path.to_owned(), source };
        let meta = std::fs::metadata(path).map_err(open)?;
        let fault = |problem: &str| LocateError::Input {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        if meta.is_dir() {
            return Err(fault("this is a folder, a file is due; name the file itself"));
        }
        if meta.len() == 0 {
            return Err(fault("the file is empty; get it again"));
        }
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
        match ending.as_str() {
            "parquet" => Self::parquet(path, wanted),
            "csv" => Self::csv(path, wanted, File::open(path).map_err(open)?),
            _ => Err(fault("unknown kind of file; .csv and .parquet can be read")),
        }
    }

    fn parquet(path: &Path, wanted: &Columns) -> Result<(Self, Feed), LocateError> {
        let file = ParquetFile::open(path)?;
        let columns = choose(path, wanted, file.columns())?;
        let groups = file.groups().collect();
        let feed = Feed::Parquet { group: 0, from: 0, start: 0 };
        Ok((Self { path: path.to_owned(), columns, kind: Kind::Parquet { file, groups } }, feed))
    }

    fn csv(path: &Path, wanted: &Columns, mut file: File) -> Result<(Self, Feed), LocateError> {
        let mut rest = Vec::new();
        let open = |source| LocateError::Open { path: path.to_owned(), source };
        let ended = fill(&mut file, &mut rest).map_err(open)?;
        let end = row_ends(&rest).0.unwrap_or(rest.len());
        let head: Vec<u8> = rest.drain(..end).collect();
        let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let count = |d: u8| head.iter().filter(|b| **b == d).count();
        let separator =
            [b',', b';', b'|', b'\t'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b',');
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).delimiter(separator).from_reader(head);
        let mut record = csv::StringRecord::new();
        reader.read_record(&mut record).map_err(|e| LocateError::Input {
            path: path.to_owned(),
            problem: format!("header: {e}; save the file as UTF-8"),
        })?;
        let header: Vec<String> = record.iter().map(|name| name.trim().to_owned()).collect();
        let columns = choose(path, wanted, &header)?;
        let feed = Feed::Csv { file, rest, row: 1, ended };
        Ok((Self { path: path.to_owned(), columns, kind: Kind::Csv { separator, header } }, feed))
    }

    pub(super) fn has_stated(&self) -> bool {
        self.columns.stated.is_some()
    }

    /// The kept columns without rows.
    pub(super) fn empty(&self) -> Result<Vec<Column>, LocateError> {
        let none = match self.kind {
            Kind::Parquet { .. } => Task::Rows { from: 0, n: 0 },
            Kind::Csv { .. } => Task::Text { row: 1, bytes: Vec::new() },
        };
        Ok(self.load(none)?.kept)
    }

    /// The next task; `None` at the end.
    pub(super) fn next(&self, feed: &mut Feed) -> Result<Option<Task>, LocateError> {
        match (feed, &self.kind) {
            (Feed::Parquet { group, from, start }, Kind::Parquet { groups, .. }) => loop {
                let Some(rows) = groups.get(*group) else { return Ok(None) };
                if *from < *rows {
                    let n = (*rows - *from).min(ROWS);
                    let task = Task::Rows { from: *start + *from, n };
                    *from += n;
                    return Ok(Some(task));
                }
                (*group, *from, *start) = (*group + 1, 0, *start + rows);
            },
            (Feed::Csv { file, rest, row, ended }, _) => self.next_text(file, rest, row, ended),
            (Feed::Parquet { .. }, Kind::Csv { .. }) => Ok(None),
        }
    }

    fn next_text(
        &self,
        file: &mut File,
        rest: &mut Vec<u8>,
        row: &mut u64,
        ended: &mut bool,
    ) -> Result<Option<Task>, LocateError> {
        loop {
            if *ended && rest.is_empty() {
                return Ok(None);
            }
            let (last, rows) = if *ended { (Some(rest.len()), 0) } else { last_row_end(rest) };
            if let Some(end) = last.filter(|end| *end > 0) {
                let behind = rest.split_off(end);
                let bytes = std::mem::replace(rest, behind);
                let first = *row;
                *row += rows;
                return Ok(Some(Task::Text { row: first, bytes }));
            }
            if rest.len() > LONGEST_ROW {
                return Err(LocateError::Input {
                    path: self.path.clone(),
                    problem: format!(
                        "row {row}: a quotation mark is opened here and not closed; close or double it"
                    ),
                });
            }
            *ended = fill(file, rest)
                .map_err(|source| LocateError::Open { path: self.path.clone(), source })?;
        }
    }

    /// Reads a batch.
    pub(super) fn load(&self, task: Task) -> Result<Batch, LocateError> {
        match (task, &self.kind) {
            (Task::Text { row, bytes }, Kind::Csv { separator, header }) => {
                self.load_text(row, &bytes, *separator, header)
            }
            (Task::Rows { .. }, Kind::Csv { separator, header }) => {
                self.load_text(1, &[], *separator, header)
            }
            (Task::Rows { from, n }, Kind::Parquet { file, .. }) => self.load_rows(file, from, n),
            (Task::Text { .. }, Kind::Parquet { file, .. }) => self.load_rows(file, 0, 0),
        }
    }

    fn load_rows(&self, file: &ParquetFile, from: usize, n: usize) -> Result<Batch, LocateError> {
        let Names { lng, lat, stated, kept } = &self.columns;
        let wanted: Vec<String> = kept.iter().chain([lng, lat]).chain(stated).cloned().collect();
        let fault = |e: PolarsError| file.fault(&e);
        let frame = file.read_here(&wanted, from, n)?;
        let column = |name: &String| frame.column(name).cloned().map_err(fault);
        let stated = match stated {
            None => None,
            Some(name) => {
                let texts = column(name)?.cast(&DataType::String).map_err(fault)?;
                Some(texts.str().map_err(fault)?.clone())
            }
        };
        Ok(Batch {
            xs: numbers(&column(lng)?).map_err(fault)?,
            ys: numbers(&column(lat)?).map_err(fault)?,
            kept: kept.iter().map(column).collect::<Result<_, _>>()?,
            stated,
        })
    }

    fn load_text(
        &self,
        first: u64,
        bytes: &[u8],
        separator: u8,
        header: &[String],
    ) -> Result<Batch, LocateError> {
        let place = |name: &String| header.iter().position(|h| h == name).unwrap_or(usize::MAX);
        let (x_at, y_at) = (place(&self.columns.lng), place(&self.columns.lat));
        let kept: Vec<usize> = self.columns.kept.iter().map(place).collect();
        let stated_at = self.columns.stated.as_ref().map(place);
        let mut texts: Vec<Vec<String>> = vec![Vec::new(); kept.len()];
        let mut stated: Vec<String> = Vec::new();
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(bytes);
        let mut record = csv::ByteRecord::new();
        let fault =
            |row: u64, problem: String| LocateError::Row { path: self.path.clone(), row, problem };
        while reader
            .read_byte_record(&mut record)
            .map_err(|e| fault(first + xs.len() as u64, e.to_string()))?
        {
            let row = first + xs.len() as u64;
            if record.len() != header.len() {
                return Err(fault(
                    row,
                    format!(
                        "the row has {} columns, the header {}; a separator in a text needs quotation marks around it",
                        record.len(),
                        header.len()
                    ),
                ));
            }
            let text = |at: usize| std::str::from_utf8(record.get(at).unwrap_or_default());
            xs.push(text(x_at).map_or(f64::NAN, number));
            ys.push(text(y_at).map_or(f64::NAN, number));
            for (texts, at) in texts.iter_mut().zip(&kept) {
                let value = text(*at).map_err(|_| fault(row, format!(
                    "column '{}' is not UTF-8; convert the file, for example with iconv -f windows-1252 -t utf-8",
                    header.get(*at).map_or("", String::as_str)
                )))?;
                texts.push(value.to_owned());
            }
            if let Some(at) = stated_at {
                stated.push(text(at).unwrap_or_default().trim().to_owned());
            }
        }
        let kept = self.columns.kept.iter().zip(texts);
        Ok(Batch {
            xs: Numbers::Own(xs),
            ys: Numbers::Own(ys),
            kept: kept.map(|(n, t)| Series::new(n.as_str().into(), t).into_column()).collect(),
            stated: stated_at.map(|_| StringChunked::new("stated".into(), stated)),
        })
    }
}

/// A number as CSV and text columns have it; not a number for anything else. A decimal comma is
/// none: it would be a guess.
fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}

/// Numbers of a batch, in the file's own memory where they lie there in one piece.
pub(super) enum Numbers {
    Own(Vec<f64>),
    Column(Float64Chunked),
}

impl Numbers {
    pub(super) fn as_slice(&self) -> &[f64] {
        match self {
            Self::Own(numbers) => numbers,
            Self::Column(column) => column.cont_slice().unwrap_or_default(),
        }
    }
}

fn numbers(column: &Column) -> Result<Numbers, PolarsError> {
    if column.dtype() == &DataType::String {
        let texts = column.str()?.iter();
        return Ok(Numbers::Own(texts.map(|t| t.map_or(f64::NAN, number)).collect()));
    }
    let column = column.cast(&DataType::Float64)?;
    let floats = column.f64()?;
    if floats.cont_slice().is_ok() {
        return Ok(Numbers::Column(floats.clone()));
    }
    if floats.null_count() > 0 {
        let numbers = floats.iter().map(|v| v.unwrap_or(f64::NAN));
        return Ok(Numbers::Own(numbers.collect()));
    }
    let mut out = Vec::with_capacity(floats.len());
    floats.downcast_iter().for_each(|chunk| out.extend_from_slice(chunk.values()));
    Ok(Numbers::Own(out))
}

/// The columns asked for, or found by the names they usually have.
fn choose(path: &Path, wanted: &Columns, names: &[String]) -> Result<Names, LocateError> {
    let listed = || names.iter().take(40).map(String::as_str).collect::<Vec<_>>().join(", ");
    let fault = |problem: String| LocateError::Input { path: path.to_owned(), problem };
    let known = |name: &String| match names.iter().filter(|n| *n == name).count() {
        1 => Ok(name.clone()),
        0 => Err(fault(format!("there is no column '{name}'; there are: {}", listed()))),
        _ => Err(fault(format!("the column '{name}' stands twice; which one is meant?"))),
    };
    let guess = |given: &Option<String>, usual: &[&str], option: &str| match given {
        Some(name) => known(name),
        None => usual
            .iter()
            .find_map(|u| names.iter().find(|n| n.eq_ignore_ascii_case(u)))
            .cloned()
            .ok_or_else(|| {
                fault(format!("which column is it? name it with {option}; there are: {}", listed()))
            }),
    };
    Ok(Names {
        lng: guess(&wanted.lng, LNG, "--lng")?,
        lat: guess(&wanted.lat, LAT, "--lat")?,
        stated: wanted.stated.as_ref().map(known).transpose()?,
        kept: match &wanted.keep {
            Some(keep) => keep.iter().map(known).collect::<Result<_, _>>()?,
            None => names.iter().map(known).collect::<Result<_, _>>()?,
        },
    })
}

/// Reads one more block; true at the end of the file.
fn fill(file: &mut File, rest: &mut Vec<u8>) -> std::io::Result<bool> {
    Ok(file.take(BLOCK as u64).read_to_end(rest)? < BLOCK)
}

/// Ends of the first and last whole row (behind their line breaks), and the number of rows. A line
/// break between quotation marks ends none.
fn row_ends(bytes: &[u8]) -> (Option<usize>, Option<usize>, u64) {
    let (mut first, mut last, mut rows, mut quoted) = (None, None, 0, false);
    for (i, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => {
                first = first.or(Some(i + 1));
                last = Some(i + 1);
                rows += 1;
            }
            _ => {}
        }
    }
    (first, last, rows)
}

fn last_row_end(bytes: &[u8]) -> (Option<usize>, u64) {
    let (_, last, rows) = row_ends(bytes);
    (last, rows)
}
