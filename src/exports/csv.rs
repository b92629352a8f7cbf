//! CSV for programs and for Excel.
//!
//! A comment line above the head breaks most readers, and a file is soon parted from its page, so
//! the origin stands in columns of its own at the end of every row. There they compress to nothing
//! and survive filtering, sorting and joining.

use super::ExportError;
use super::table::{Field, Row, Table};
use crate::labels;

/// RFC 4180: UTF-8 without a byte order mark, commas, decimal points, CRLF. The head holds the
/// stable names of the columns.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn csv(table: &Table) -> Result<Vec<u8>, ExportError> {
    let heads = table.columns.iter().map(|c| c.key.clone());
    write(table, b',', heads, Vec::new(), |n| n.to_string())
}

/// For Excel with Indonesian settings: byte order mark, semicolons, decimal commas. The head holds
/// the names for people.
///
/// # Errors
/// As [`csv`].
pub fn csv_excel_id(table: &Table) -> Result<Vec<u8>, ExportError> {
    let heads = table.columns.iter().map(|c| c.label.clone());
    let mark = "\u{feff}".as_bytes().to_vec();
    write(table, b';', heads, mark, |n| n.to_string().replace('.', ","))
}

fn write(
    table: &Table,
    delimiter: u8,
    heads: impl Iterator<Item = String>,
    start: Vec<u8>,
    number: impl Fn(f64) -> String,
) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(start);
    let wrong = |e: csv::Error| ExportError::Write(e.into());
    let stamp_heads = table.stamp.iter().map(|(key, _)| (*key).to_owned());
    writer.write_record(heads.chain(stamp_heads).map(|h| harmless(&h))).map_err(wrong)?;
    let field = |field: &Field| match field {
        Field::Text(text) => harmless(text),
        Field::Number(n) => number(*n),
        Field::NoData => labels::NO_DATA.to_owned(),
        Field::Suppressed => labels::SUPPRESSED.to_owned(),
    };
    for Row { fields, .. } in &table.rows {
        let stamp = table.stamp.iter().map(|(_, value)| harmless(value));
        writer.write_record(fields.iter().map(field).chain(stamp)).map_err(wrong)?;
    }
    writer.into_inner().map_err(|e| ExportError::Write(e.into_error()))
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front
/// (OWASP, CSV Injection). Numbers are written by us and stay numbers.
fn harmless(text: &str) -> String {
    match text.trim_start_matches([' ', '\u{a0}']).chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '|' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}")
        }
        _ => text.to_owned(),
    }
}
