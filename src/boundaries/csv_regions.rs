//! A table of regions without polygons: code, name and whatever else, with a heading.

use std::path::Path;

use super::feature::{Delivered, Features, FileKind};
use super::read::{ReadError, content};

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

fn delimiter(text: &str) -> Option<u8> {
    let head = text.lines().next()?;
    let count = |d: u8| head.bytes().filter(|b| *b == d).count();
    DELIMITERS.into_iter().filter(|d| count(*d) > 0).max_by_key(|d| count(*d))
}

/// True where the first line can be the heading of a table.
pub(super) fn is_table(text: &str) -> bool {
    delimiter(text).is_some()
        && text.lines().next().is_some_and(|head| head.chars().any(char::is_alphabetic))
}

pub(super) fn read(path: &Path, text: &str) -> Result<Features, ReadError> {
    let fault = |e: csv::Error| content(path, FileKind::Csv, e.to_string());
    let mut features = Features::new(FileKind::Csv);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text).unwrap_or(b','))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns: Vec<usize> =
        reader.headers().map_err(fault)?.iter().map(|name| features.column(name)).collect();
    for record in reader.records() {
        let record = record.map_err(fault)?;
        features.push(Delivered::Missing);
        for (column, text) in columns.iter().zip(&record) {
            features.set(*column, text);
        }
    }
    Ok(features)
}
