//! Rows on their way into a file: CSV bytes, or the texts of Parquet columns.

use polars::prelude::{ChunkFullNull, Column, IntoColumn, StringChunked, StringChunkedBuilder};

use super::delivery::Form;
use super::delivery::cell::{Cell, Row};
use crate::sources::layout::FileKind;

/// The texts of one column, end to end.
#[derive(Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    /// Where each text ends in `bytes`.
    ends: Vec<u32>,
}

impl Texts {
    fn append(&mut self, other: &Self) {
        let before = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    /// Forgets the texts, keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// An empty text becomes null.
    pub(super) fn column(&self, name: &str, rows: usize) -> Column {
        if self.ends.is_empty() {
            return StringChunked::full_null(name.into(), rows).into_column();
        }
        let mut builder = StringChunkedBuilder::new(name.into(), rows);
        let mut start = 0;
        for end in &self.ends {
            let text = std::str::from_utf8(&self.bytes[start..*end as usize]).unwrap_or("");
            builder.append_option((!text.is_empty()).then_some(text));
            start = *end as usize;
        }
        builder.finish().into_column()
    }
}

/// Rows of one file.
pub(super) enum Sheet {
    Csv { delimiter: u8, bytes: Vec<u8>, rows: u64 },
    Parquet { columns: Vec<Texts>, rows: u64 },
}

impl Sheet {
    /// An empty sheet of a form; a column that the form leaves empty never gets a text.
    pub(super) fn new(form: &Form) -> Self {
        match form.layout.kind {
            FileKind::Csv => {
                let delimiter = u8::try_from(form.layout.delimiter).unwrap_or(b',');
                Self::Csv { delimiter, bytes: Vec::new(), rows: 0 }
            }
            FileKind::Parquet => {
                let columns = form.cells.iter().map(|_| Texts::default()).collect();
                Self::Parquet { columns, rows: 0 }
            }
        }
    }

    pub(super) fn rows(&self) -> u64 {
        match self {
            Self::Csv { rows, .. } | Self::Parquet { rows, .. } => *rows,
        }
    }

    /// Writes one row.
    pub(super) fn push(&mut self, row: &Row<'_>, cells: &[Option<Cell>]) {
        match self {
            Self::Csv { delimiter, bytes, rows } => {
                for (i, cell) in cells.iter().enumerate() {
                    if i > 0 {
                        bytes.push(*delimiter);
                    }
                    if let Some(cell) = cell {
                        let start = bytes.len();
                        cell(row, bytes);
                        quote(bytes, start, *delimiter);
                    }
                }
                bytes.push(b'\n');
                *rows += 1;
            }
            Self::Parquet { columns, rows } => {
                for (texts, cell) in columns.iter_mut().zip(cells) {
                    if let Some(cell) = cell {
                        cell(row, &mut texts.bytes);
                        texts.ends.push(texts.bytes.len() as u32);
                    }
                }
                *rows += 1;
            }
        }
    }

    /// Adds the rows of another sheet of the same form.
    pub(super) fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::Csv { bytes, rows, .. }, Self::Csv { bytes: more_bytes, rows: more, .. }) => {
                bytes.extend_from_slice(more_bytes);
                *rows += more;
            }
            (
                Self::Parquet { columns, rows },
                Self::Parquet { columns: more_columns, rows: more },
            ) => {
                for (texts, more) in columns.iter_mut().zip(more_columns) {
                    texts.append(more);
                }
                *rows += more;
            }
            _ => {}
        }
    }
}

/// Puts quotation marks around what was written from `start` on, where CSV needs them.
pub(super) fn quote(bytes: &mut Vec<u8>, start: usize, delimiter: u8) {
    let special = |b: &u8| *b == delimiter || matches!(*b, b'"' | b'\n' | b'\r');
    if !bytes[start..].iter().any(special) {
        return;
    }
    let plain = bytes.split_off(start);
    bytes.push(b'"');
    for byte in plain {
        if byte == b'"' {
            bytes.push(b'"');
        }
        bytes.push(byte);
    }
    bytes.push(b'"');
}
