//! Named columns of any CSV or Parquet file, batch by batch, as texts: for work on files that no
//! layout describes.

use std::fs::File;
use std::path::Path;

use polars::prelude::{DataType, PolarsError};

use super::reader::{
    FileKind, Header, SourceError, check_breaks, check_end, check_utf8, header_names, look_at,
};
use crate::parquet::ParquetFile;

/// Rows handed on at a time.
const CSV_BATCH: usize = 65_536;
/// A Parquet page is decoded with its whole row group: small batches would decode it many times.
const PARQUET_BATCH: usize = 1 << 20;

/// The texts of one column of a batch.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    text: String,
    ends: Vec<usize>,
}

impl Texts {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The text of a row of the batch; empty where there is none.
    pub fn get(&self, row: usize) -> &str {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let end = self.ends.get(row).copied();
        start.zip(end).and_then(|(start, end)| self.text.get(start..end)).unwrap_or("")
    }
}

/// A column that is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub column: &'a str,
    /// A decimal number is fine: no long identifier is lost in it.
    pub number: bool,
}

/// Reads the wanted columns of `path` and calls `each` with the number of the first row (1 = first
/// under the header) and one text column a wanted one. Returns the number of rows.
///
/// # Errors
/// The file is missing, empty, of an unknown kind, lacks a column, has one twice, has a row of
/// another length, is cut off or not UTF-8; a column of long identifiers is stored as a decimal
/// number; or whatever `each` returns.
pub fn read_columns<E: From<SourceError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    mut each: impl FnMut(u64, &[Texts]) -> Result<(), E>,
) -> Result<u64, E> {
    match look_at(path)?.0 {
        FileKind::Csv => read_csv(path, wanted, &mut each),
        FileKind::Parquet => read_parquet(path, wanted, &mut each),
    }
}

fn places(path: &Path, wanted: &[Wanted<'_>], names: &[String]) -> Result<Vec<usize>, SourceError> {
    let fault = |problem: String| SourceError::Header { path: path.to_owned(), problem };
    wanted
        .iter()
        .map(|Wanted { column, .. }| {
            let mut found = (0..names.len()).filter(|i| names[*i] == *column);
            match (found.next(), found.next()) {
                (Some(at), None) => Ok(at),
                (Some(_), Some(_)) => {
                    Err(fault(format!("the column '{column}' stands twice; which one is meant?")))
                }
                (None, _) => Err(fault(missing(column, wanted, names))),
            }
        })
        .collect()
}

/// What to say of a column that is not there. The names that are there are not repeated: of a file
/// without a header they are the first person.
fn missing(column: &str, wanted: &[Wanted<'_>], names: &[String]) -> String {
    let plain = |name: &str| name.trim().trim_matches('"').to_lowercase();
    let hint = if names.iter().any(|name| plain(name) == plain(column)) {
        "one differs from it in case or blanks only".to_owned()
    } else if wanted.iter().all(|w| !names.iter().any(|name| name == w.column)) {
        "nor any other column that is asked for: does the file begin with a header?".to_owned()
    } else {
        let also = |w: &&Wanted<'_>| w.column != column && !names.iter().any(|n| n == w.column);
        let lacking: Vec<&str> = wanted.iter().filter(also).map(|w| w.column).collect();
        match lacking.as_slice() {
            [] => "the others that are asked for are there".to_owned(),
            more => format!("nor {}", more.join(", ")),
        }
    };
    format!(
        "there is no column '{column}' among its {}; {hint}. Columns are called as in the file's header",
        names.len()
    )
}

/// The separator that the header shows: the one of , ; | and tab that it has most of.
fn delimiter(path: &Path) -> Result<u8, SourceError> {
    use std::io::BufRead;
    let open = |source| SourceError::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    let mut head = Vec::new();
    let mut reader = std::io::BufReader::new(std::io::Read::take(file, 1 << 20));
    reader.read_until(b'\n', &mut head).map_err(open)?;
    let count = |d: u8| head.iter().filter(|b| **b == d).count();
    Ok([b',', b';', b'|', b'\t'].into_iter().rev().max_by_key(|d| count(*d)).unwrap_or(b','))
}

fn read_csv<E: From<SourceError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    each: &mut impl FnMut(u64, &[Texts]) -> Result<(), E>,
) -> Result<u64, E> {
    let separator = delimiter(path)?;
    let file =
        File::open(path).map_err(|source| SourceError::Open { path: path.to_owned(), source })?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(1 << 18)
        .from_reader(file);
    let fault =
        |row: u64, problem: String| SourceError::Row { path: path.to_owned(), row, problem };
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|e| fault(0, e.to_string()))?;
    let header = Header::new(header_names(path, &record)?);
    let at = places(path, wanted, header.names())?;
    let mut batch = vec![Texts::default(); wanted.len()];
    let (mut row, mut first, mut last) = (0_u64, 1_u64, (0, 0));
    while reader.read_byte_record(&mut record).map_err(|e| fault(row + 1, e.to_string()))? {
        row += 1;
        last = (record.position().map_or(0, csv::Position::byte), record.len());
        check_utf8(path, row, &record, &header)?;
        check_breaks(path, row, &record, &header)?;
        if record.len() != header.names().len() {
            // The last row may be cut off: that has a word of its own.
            let mut behind = csv::ByteRecord::new();
            if !reader.read_byte_record(&mut behind).map_err(|e| fault(row + 1, e.to_string()))? {
                break;
            }
            return Err(fault(row, format!(
                "the row has {} columns, the header {}; a separator in a text needs quotation marks around it",
                record.len(),
                header.names().len()
            )).into());
        }
        for (texts, place) in batch.iter_mut().zip(&at) {
            let bytes = record.get(*place).unwrap_or_default();
            texts.push(std::str::from_utf8(bytes).unwrap_or_default().trim());
        }
        if batch[0].len() == CSV_BATCH {
            each(first, &batch)?;
            batch.iter_mut().for_each(Texts::clear);
            first = row + 1;
        }
    }
    if row > 0 {
        check_end(path, row, last.0, (last.1, header.names().len()))?;
    }
    if !batch[0].is_empty() {
        each(first, &batch)?;
    }
    Ok(row)
}

fn read_parquet<E: From<SourceError>>(
    path: &Path,
    wanted: &[Wanted<'_>],
    each: &mut impl FnMut(u64, &[Texts]) -> Result<(), E>,
) -> Result<u64, E> {
    let file = ParquetFile::open(path).map_err(SourceError::from)?;
    places(path, wanted, file.columns())?;
    let fault = |e: PolarsError| SourceError::from(file.fault(&e));
    let columns: Vec<String> = wanted.iter().map(|w| w.column.to_owned()).collect();
    let total = file.rows();
    let mut start = 0;
    while start < total {
        let frame = file.read(&columns, start, PARQUET_BATCH).map_err(SourceError::from)?;
        let batch = wanted
            .iter()
            .map(|w| {
                let column = frame.column(w.column).map_err(fault)?;
                let decimal = matches!(column.dtype(), DataType::Float32 | DataType::Float64);
                if decimal && !w.number {
                    return Err(SourceError::Header { path: path.to_owned(), problem: format!(
                        "the column '{}' is stored as decimal numbers, in which the last digits of long numbers are lost; save it as text from its source",
                        w.column
                    )});
                }
                let column = column.cast(&DataType::String).map_err(fault)?;
                let mut texts = Texts::default();
                for text in column.str().map_err(fault)?.iter() {
                    texts.push(text.unwrap_or_default().trim());
                }
                Ok(texts)
            })
            .collect::<Result<Vec<_>, SourceError>>()?;
        each(start as u64 + 1, &batch)?;
        start += frame.height().max(1);
    }
    Ok(total as u64)
}
