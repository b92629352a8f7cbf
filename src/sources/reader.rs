//! Reading a delivered file row by row, as delivered: CSV or Parquet, every value a text. What is
//! wrong with the file as a whole is an error here; what is wrong with a row is for room `clean`.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use polars::prelude::Column;
use sha2::{Digest, Sha256};

use super::layout::FileLayout;
use crate::data::hex;
use crate::parquet::{ParquetError, ParquetFile};
use crate::progress::Progress;

/// A delivered file that cannot be read as its layout says.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{path}: {source}; check the path")]
    Open { path: PathBuf, source: std::io::Error },
    #[error("{path}: this is a folder, a file is due; name the file itself")]
    Folder { path: PathBuf },
    #[error("{path}: the file is empty; ask its owner for it again")]
    Empty { path: PathBuf },
    #[error("{path}: unknown kind of file; .csv and .parquet can be read")]
    Kind { path: PathBuf },
    #[error("{path}, row {row}: {problem}")]
    Row { path: PathBuf, row: u64, problem: String },
    #[error("{path}, row {row}, column '{column}': {problem}")]
    Cell { path: PathBuf, row: u64, column: String, problem: String },
    #[error("{path}, header: {problem}")]
    Header { path: PathBuf, problem: String },
    #[error(transparent)]
    Parquet(#[from] ParquetError),
}

/// Where the columns of a layout lie in a file.
#[derive(Clone, Debug)]
pub struct Header {
    names: Vec<String>,
}

impl Header {
    pub(super) fn new(names: Vec<String>) -> Self {
        Self { names }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Position of a column that the layout lists.
    pub fn index(&self, column: &str) -> Option<usize> {
        self.names.iter().position(|name| name == column)
    }

    pub fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }
}

/// One delivered row: its number (1 = first under the header) and its texts by column position.
pub struct RawRow<'a> {
    pub number: u64,
    values: Values<'a>,
}

enum Values<'a> {
    Csv(&'a csv::ByteRecord),
    Parquet { columns: &'a [Vec<String>], at: usize },
}

impl RawRow<'_> {
    /// The trimmed text of a column; empty where there is none.
    pub fn get(&self, index: usize) -> &str {
        match self.values {
            // Rows that are not UTF-8 never get here: see `check_utf8`.
            Values::Csv(record) => {
                record.get(index).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or("").trim()
            }
            Values::Parquet { columns, at } => {
                columns.get(index).and_then(|c| c.get(at)).map_or("", |text| text.trim())
            }
        }
    }
}

/// A file that was read to its end.
#[derive(Clone, Debug)]
pub struct ReadSummary {
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
    /// Rows whose number of fields is not the header's: not handed on.
    pub ragged: Vec<u64>,
    /// The last row has no line end: a cut inside its last field cannot be told from a short value.
    pub unterminated: bool,
}

/// Reads `path` as `layout` says, calling `prepare` once with the header and `each` with each row.
///
/// # Errors
/// The file is missing, empty, a folder, of an unknown kind, lacks a column of the layout, has one
/// twice, is cut off or not UTF-8; or whatever `each` returns.
pub fn read_rows<E: From<SourceError>, S>(
    path: &Path,
    layout: &FileLayout,
    progress: &dyn Progress,
    prepare: impl FnOnce(&Header) -> Result<S, E>,
    mut each: impl FnMut(&mut S, RawRow<'_>) -> Result<(), E>,
) -> Result<(ReadSummary, S), E> {
    match look_at(path)? {
        (FileKind::Csv, _) => read_csv(path, layout, progress, prepare, &mut each),
        (FileKind::Parquet, bytes) => {
            read_parquet(path, layout, bytes, progress, prepare, &mut each)
        }
    }
}

/// The kinds of file that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Csv,
    Parquet,
}

/// The kind of a file, by its ending, and its length in bytes.
pub(super) fn look_at(path: &Path) -> Result<(FileKind, u64), SourceError> {
    let meta = std::fs::metadata(path)
        .map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    if meta.is_dir() {
        return Err(SourceError::Folder { path: path.to_owned() });
    }
    if meta.len() == 0 {
        return Err(SourceError::Empty { path: path.to_owned() });
    }
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Ok((FileKind::Csv, meta.len())),
        "parquet" => Ok((FileKind::Parquet, meta.len())),
        _ => Err(SourceError::Kind { path: path.to_owned() }),
    }
}

fn check_header(path: &Path, layout: &FileLayout, names: &[String]) -> Result<(), SourceError> {
    let fault = |problem: String| SourceError::Header { path: path.to_owned(), problem };
    for (i, name) in names.iter().enumerate() {
        if layout.columns.contains(name) && names[..i].contains(name) {
            return Err(fault(format!(
                "the column '{name}' stands twice (columns {} and {}); which one is meant?",
                names.iter().position(|n| n == name).unwrap_or(0) + 1,
                i + 1
            )));
        }
    }
    let missing: Vec<&str> =
        layout.columns.iter().filter(|c| !names.contains(c)).map(String::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let other = [',', ';', '|', '\t']
        .into_iter()
        .find(|d| *d != layout.delimiter && names.iter().any(|n| n.matches(*d).count() > 1));
    if let (Some(found), true) = (other, missing.len() * 2 > layout.columns.len()) {
        return Err(fault(format!(
            "the columns are separated by {found:?}, the layout says {:?}; set delimiter = {found:?} in the layout or save the file again",
            layout.delimiter
        )));
    }
    let shown = missing.iter().take(5).map(|c| format!("'{c}'")).collect::<Vec<_>>().join(", ");
    let more = missing.len().saturating_sub(5);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(fault(format!(
        "the layout's column {shown}{rest} is missing; compare the file's first row with the layout"
    )))
}

/// Hashes what passes through, so that a delivery is read once.
struct HashingReader<'a> {
    file: File,
    hash: Sha256,
    bytes: u64,
    last: u8,
    progress: &'a dyn Progress,
}

/// Line breaks that a field may hold: an address may have some, the rest of a file has more.
const MAX_BREAKS: usize = 3;

impl Read for HashingReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.file.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.bytes += n as u64;
        self.last = buffer[..n].last().copied().unwrap_or(self.last);
        self.progress.advance(n as u64);
        Ok(n)
    }
}

fn read_csv<E: From<SourceError>, S>(
    path: &Path,
    layout: &FileLayout,
    progress: &dyn Progress,
    prepare: impl FnOnce(&Header) -> Result<S, E>,
    each: &mut impl FnMut(&mut S, RawRow<'_>) -> Result<(), E>,
) -> Result<(ReadSummary, S), E> {
    let file =
        File::open(path).map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    let hashing = HashingReader { file, hash: Sha256::new(), bytes: 0, last: b'\n', progress };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(u8::try_from(layout.delimiter).unwrap_or(b','))
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(1 << 18)
        .from_reader(hashing);
    let io = |row: u64, e: &csv::Error| SourceError::Row {
        path: path.to_owned(),
        row,
        problem: e.to_string(),
    };
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|e| io(0, &e))?;
    let header = Header { names: header_names(path, &record)? };
    check_header(path, layout, &header.names)?;
    let mut state = prepare(&header)?;
    let (mut row, mut ragged, mut last_len, mut last_start) = (0_u64, Vec::new(), 0, 0);
    while reader.read_byte_record(&mut record).map_err(|e| io(row + 1, &e))? {
        row += 1;
        last_len = record.len();
        last_start = record.position().map_or(0, csv::Position::byte);
        check_utf8(path, row, &record, &header)?;
        check_breaks(path, row, &record, &header)?;
        if record.len() == header.names.len() {
            each(&mut state, RawRow { number: row, values: Values::Csv(&record) })?;
        } else {
            ragged.push(row);
        }
    }
    if row > 0 {
        check_end(path, row, last_start, (last_len, header.names.len()))?;
    }
    let hashing = reader.into_inner();
    let summary = ReadSummary {
        rows: row,
        bytes: hashing.bytes,
        sha256: hex(&hashing.hash.finalize()),
        ragged,
        unterminated: row > 0 && !matches!(hashing.last, b'\n' | b'\r'),
    };
    Ok((summary, state))
}

/// A quotation mark that is opened and not closed swallows the rows behind it.
pub(super) fn check_breaks(
    path: &Path,
    row: u64,
    record: &csv::ByteRecord,
    header: &Header,
) -> Result<(), SourceError> {
    if !record.as_slice().contains(&b'\n') {
        return Ok(());
    }
    let breaks = |field: &[u8]| field.iter().filter(|b| **b == b'\n').count();
    match record.iter().position(|field| breaks(field) > MAX_BREAKS) {
        None => Ok(()),
        Some(column) => Err(SourceError::Cell {
            path: path.to_owned(),
            row,
            column: header.name(column).to_owned(),
            problem:
                "a quotation mark is opened here and not closed within this row; close or double it"
                    .to_owned(),
        }),
    }
}

/// The last row must be whole: as many columns as the header, no quotation mark left open.
pub(super) fn check_end(
    path: &Path,
    row: u64,
    start: u64,
    (len, due): (usize, usize),
) -> Result<(), SourceError> {
    let fault = |problem: String| SourceError::Row { path: path.to_owned(), row, problem };
    if len != due {
        return Err(fault(format!(
            "the last row has {len} of {due} columns: the file is cut off, or its header has another number of columns; ask its owner for it again"
        )));
    }
    let open = |source| SourceError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(open)?;
    file.seek(SeekFrom::Start(start)).map_err(open)?;
    let mut tail = Vec::new();
    file.take(1 << 20).read_to_end(&mut tail).map_err(open)?;
    if tail.iter().filter(|b| **b == b'"').count() % 2 == 1 {
        return Err(fault(
            "a quotation mark of the last row is not closed: the file is cut off; ask its owner for it again".to_owned(),
        ));
    }
    Ok(())
}

pub(super) fn header_names(
    path: &Path,
    record: &csv::ByteRecord,
) -> Result<Vec<String>, SourceError> {
    record
        .iter()
        .enumerate()
        .map(|(i, bytes)| {
            let bytes =
                if i == 0 { bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes) } else { bytes };
            std::str::from_utf8(bytes).map(|text| text.trim().to_owned()).map_err(|_| {
                SourceError::Header {
                    path: path.to_owned(),
                    problem: format!("column {} is not UTF-8; save the file as UTF-8", i + 1),
                }
            })
        })
        .collect()
}

pub(super) fn check_utf8(
    path: &Path,
    row: u64,
    record: &csv::ByteRecord,
    header: &Header,
) -> Result<(), SourceError> {
    // Field by field where it is not plain ASCII: two halves of a character in neighbouring fields
    // would pass as a whole.
    if record.as_slice().is_ascii() {
        return Ok(());
    }
    let Some(column) = record.iter().position(|b| std::str::from_utf8(b).is_err()) else {
        return Ok(());
    };
    Err(SourceError::Cell {
        path: path.to_owned(),
        row,
        column: header.name(column).to_owned(),
        problem: "the text is not UTF-8 (Latin-1 or Windows-1252, probably); convert the file, for example with iconv -f windows-1252 -t utf-8".to_owned(),
    })
}

/// Rows decoded at a time from Parquet: bounds memory whatever the row groups are.
const PARQUET_BATCH: usize = 65_536;

fn read_parquet<E: From<SourceError>, S>(
    path: &Path,
    layout: &FileLayout,
    bytes: u64,
    progress: &dyn Progress,
    prepare: impl FnOnce(&Header) -> Result<S, E>,
    each: &mut impl FnMut(&mut S, RawRow<'_>) -> Result<(), E>,
) -> Result<(ReadSummary, S), E> {
    let file = ParquetFile::open(path).map_err(SourceError::from)?;
    let total = file.rows();
    check_header(path, layout, file.columns())?;
    // Only the columns that mean something are decoded.
    let wanted = layout.meaningful_columns();
    let header = Header { names: wanted.clone() };
    let mut state = prepare(&header)?;
    let mut start = 0;
    while start < total {
        let frame = file.read(&wanted, start, PARQUET_BATCH).map_err(SourceError::from)?;
        let columns: Vec<Vec<String>> = wanted
            .iter()
            .map(|name| frame.column(name).and_then(texts).map_err(|e| file.fault(&e)))
            .collect::<Result<_, _>>()
            .map_err(SourceError::from)?;
        for at in 0..frame.height() {
            let number = (start + at + 1) as u64;
            each(&mut state, RawRow { number, values: Values::Parquet { columns: &columns, at } })?;
        }
        progress.advance(bytes * frame.height() as u64 / total.max(1) as u64);
        start += frame.height().max(1);
    }
    let summary = ReadSummary {
        rows: total as u64,
        bytes,
        sha256: hash_file(path)?,
        ragged: Vec::new(),
        unterminated: false,
    };
    Ok((summary, state))
}

fn texts(column: &Column) -> Result<Vec<String>, polars::prelude::PolarsError> {
    let column = column.cast(&polars::prelude::DataType::String)?;
    Ok(column.str()?.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
}

/// SHA-256 of a file in hex.
///
/// # Errors
/// The file cannot be read.
pub fn hash_file(path: &Path) -> Result<String, SourceError> {
    let open = |source| SourceError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(open)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        let n = file.read(&mut buffer).map_err(open)?;
        if n == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..n]);
    }
}
