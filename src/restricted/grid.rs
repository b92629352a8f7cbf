//! A table as people hand it back: CSV in whatever encoding and with whatever delimiter their
//! spreadsheet program writes, or a workbook; with or without lines above its header.

use std::path::Path;

use calamine::{Data, Range, Reader, Xlsx, XlsxError};

use super::error::RestrictedError;
use super::files::io;

/// The sheet of a workbook that is looked at first.
pub(super) const SHEET: &str = "Telaah";

/// Lines in which the header is looked for.
const TOP: usize = 20;

/// Header in lower case, and the rows below it.
#[derive(Debug)]
pub(super) struct Grid {
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

/// Reads a `.csv` or `.xlsx` file whose header holds these columns.
///
/// CSV may be UTF-8, UTF-16 with byte-order mark or Windows-1252, with commas, semicolons or tabs,
/// and rows may lack their last cells. Of a workbook it is the sheet "Telaah", or the first with
/// such a header.
///
/// # Errors
/// A file of another kind, one that cannot be read, or none of its first lines holds the columns.
pub(super) fn read_grid(path: &Path, columns: &[&str]) -> Result<Grid, RestrictedError> {
    let bytes = std::fs::read(path).map_err(io(path))?;
    let broken = |problem: &str| RestrictedError::Sheet {
        path: path.to_owned(),
        problem: problem.to_owned(),
    };
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let tables = match extension.to_ascii_lowercase().as_str() {
        "csv" | "txt" => vec![csv_rows(&bytes, columns).map_err(|problem| broken(&problem))?],
        "xlsx" => sheets(bytes).map_err(broken)?,
        _ => return Err(broken("is neither .csv nor .xlsx")),
    };
    let missing = |rows: &[Vec<String>]| {
        let header = rows.iter().find(|row| columns.iter().any(|c| has(row, c)));
        columns.iter().find(|c| header.is_none_or(|row| !has(row, c))).copied()
    };
    let problem = match tables.first().and_then(|rows| missing(rows)) {
        Some(name) => format!("has no column '{name}'; export it anew with tepat review export"),
        None => "has no sheet".to_owned(),
    };
    tables.into_iter().find_map(|rows| below_header(rows, columns)).ok_or_else(|| broken(&problem))
}

fn plain(cell: &str) -> String {
    cell.trim().to_lowercase()
}

fn has(row: &[String], column: &str) -> bool {
    row.iter().any(|cell| plain(cell) == column)
}

fn is_header(row: &[String], columns: &[&str]) -> bool {
    columns.iter().all(|column| has(row, column))
}

fn below_header(mut rows: Vec<Vec<String>>, columns: &[&str]) -> Option<Grid> {
    let at = rows.iter().take(TOP).position(|row| is_header(row, columns))?;
    let below = rows.split_off(at + 1);
    let header = rows.pop()?.iter().map(|cell| plain(cell)).collect();
    Some(Grid { header, rows: below })
}

/// The rows by the delimiter that finds the header; by semicolons where none does.
fn csv_rows(bytes: &[u8], columns: &[&str]) -> Result<Vec<Vec<String>>, String> {
    let text = decode(bytes)?;
    let top: String = text.split_inclusive(['\n', '\r']).take(2 * TOP).collect();
    let finds = |delimiter: &u8| {
        split(&top, *delimiter).is_ok_and(|rows| rows.iter().any(|row| is_header(row, columns)))
    };
    let delimiter = *b";,\t".iter().find(|d| finds(d)).unwrap_or(&b';');
    split(&text, delimiter)
}

fn split(text: &str, delimiter: u8) -> Result<Vec<Vec<String>>, String> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader =
        reader.delimiter(delimiter).has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows = reader.records().map(|record| match record {
        Ok(record) => Ok(record.iter().map(str::to_owned).collect()),
        Err(e) => Err(match e.position() {
            Some(at) => format!("line {} is not CSV", at.line()),
            None => "is not CSV".to_owned(),
        }),
    });
    rows.collect()
}

/// UTF-16 by its byte-order mark; UTF-8 where it is that; Windows-1252 otherwise.
fn decode(bytes: &[u8]) -> Result<String, String> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|b| unit([b[0], b[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.map_err(|_| "begins like UTF-16 and is none".to_owned())
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        _ => {
            let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
            match std::str::from_utf8(bytes) {
                Ok(text) => text.to_owned(),
                Err(_) => bytes.iter().map(|byte| windows_1252(*byte)).collect(),
            }
        }
    };
    if text.contains('\0') {
        return Err("holds zero bytes: it is no text, or UTF-16 without byte-order mark".to_owned());
    }
    Ok(text)
}

fn windows_1252(byte: u8) -> char {
    // Of 0x80 to 0x9f, as the WHATWG Encoding Standard has them.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    byte.checked_sub(0x80)
        .and_then(|at| HIGH.get(usize::from(at)).copied())
        .unwrap_or(char::from(byte))
}

/// The rows of every sheet, that of the expected name first.
fn sheets(bytes: Vec<u8>) -> Result<Vec<Vec<Vec<String>>>, &'static str> {
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes))
        .map_err(|_: XlsxError| "is not a workbook that can be read")?;
    let mut names = book.sheet_names();
    names.sort_by_key(|name| plain(name) != plain(SHEET));
    let text = |cell: &Data| cell.to_string();
    let rows =
        |range: Range<Data>| range.rows().map(|row| row.iter().map(text).collect()).collect();
    let mut range = |name: String| book.worksheet_range(&name).map(rows);
    Ok(names.into_iter().filter_map(|name| range(name).ok()).collect())
}
