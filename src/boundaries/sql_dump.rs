//! The SQL of cahyadsn/wilayah_boundaries: rows of `INSERT INTO … VALUES`, whose `path` is nested
//! lists of [latitude, longitude], three or four deep.

use std::path::Path;

use super::feature::{Delivered, Features, FileKind};
use super::geoparquet::ReferenceSystem;
use super::nest::Nest;
use super::read::{ReadError, content};

/// The column that holds the polygon.
const PATH: &str = "path";

pub(super) fn is_dump(text: &str) -> bool {
    let start = text.trim_start();
    let sql = ["--", "/*", "INSERT", "insert", "DELETE", "CREATE", "DROP", "SET ", "USE "];
    sql.iter().any(|word| start.starts_with(word)) && find_insert(text).is_some()
}

/// Where the text after the next `INSERT INTO` begins.
fn find_insert(text: &str) -> Option<usize> {
    const WORDS: &str = "INSERT INTO";
    let bytes = text.as_bytes();
    let found = bytes.windows(WORDS.len()).position(|w| w.eq_ignore_ascii_case(WORDS.as_bytes()));
    found.map(|at| at + WORDS.len())
}

pub(super) fn read(path: &Path, text: &str) -> Result<Features, ReadError> {
    let mut features = Features::new(FileKind::SqlDump);
    features.reference = ReferenceSystem::LngLat;
    let mut rest = text;
    while let Some(at) = find_insert(rest) {
        let mut scan = Scan { text: &rest[at..], at: 0 };
        statement(&mut features, &mut scan).map_err(|problem| ReadError::Feature {
            path: path.to_owned(),
            kind: FileKind::SqlDump.name(),
            feature: features.rows.len() as u64 + 1,
            problem,
        })?;
        rest = &scan.text[scan.at..];
    }
    if features.rows.is_empty() {
        return Err(content(path, FileKind::SqlDump, "no row stands in it"));
    }
    Ok(features)
}

/// One INSERT: the names of its columns, then its rows.
fn statement(features: &mut Features, scan: &mut Scan<'_>) -> Result<(), String> {
    let head = scan.until('(').ok_or("no list of columns")?;
    if head.len() > 200 {
        return Err("no list of columns".to_owned());
    }
    let names = scan.until(')').ok_or("the list of columns does not end")?;
    let names: Vec<&str> = names.split(',').map(|name| name.trim().trim_matches(QUOTES)).collect();
    let columns: Vec<usize> = names.iter().map(|name| features.column(name)).collect();
    let polygon = names.iter().position(|name| name.eq_ignore_ascii_case(PATH));
    let word = scan.until('(').ok_or("no row after VALUES")?;
    if !word.trim().eq_ignore_ascii_case("values") {
        return Err("VALUES is missing".to_owned());
    }
    loop {
        row(features, scan, &columns, polygon)?;
        match scan.next_sign() {
            Some(',') if scan.next_sign() == Some('(') => {}
            Some(';') | None => return Ok(()),
            // ON DUPLICATE KEY and the like.
            Some(_) => return Ok(()),
        }
    }
}

const QUOTES: [char; 4] = ['`', '"', '[', ']'];

fn row(
    features: &mut Features,
    scan: &mut Scan<'_>,
    columns: &[usize],
    polygon: Option<usize>,
) -> Result<(), String> {
    features.push(Delivered::Missing);
    for i in 0.. {
        let value = scan.value()?;
        if Some(i) == polygon {
            let geometry = delivered(&value);
            if let Some(row) = features.rows.last_mut() {
                row.geometry = geometry;
            }
        } else if let Some(column) = columns.get(i) {
            features.set(*column, &value);
        }
        match scan.next_sign() {
            Some(',') => {}
            Some(')') => return Ok(()),
            _ => return Err("the row is cut off".to_owned()),
        }
    }
    Ok(())
}

fn delivered(path: &str) -> Delivered {
    if path.trim().is_empty() {
        return Delivered::Missing;
    }
    match serde_json::from_str::<Nest>(path) {
        Ok(nest) => {
            let mut geometry = nest.polygons(None);
            geometry.points_mut().for_each(|at| std::mem::swap(&mut at.x, &mut at.y));
            geometry
        }
        Err(e) => Delivered::Unreadable(format!("path: {e}")),
    }
}

/// A reader of SQL text.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// What stands before the next `sign`, which is passed.
    fn until(&mut self, sign: char) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let end = rest.find(sign)?;
        self.at += end + sign.len_utf8();
        Some(&rest[..end])
    }

    /// The next sign that is no space; it is passed.
    fn next_sign(&mut self) -> Option<char> {
        let rest = self.text.get(self.at..)?;
        let start = rest.trim_start();
        let sign = start.chars().next()?;
        self.at += rest.len() - start.len() + sign.len_utf8();
        Some(sign)
    }

    /// A quoted text (with `''` or `\'` for a quote) or a bare word.
    fn value(&mut self) -> Result<String, String> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let start = rest.trim_start();
        self.at += rest.len() - start.len();
        if !start.starts_with('\'') {
            let end = start.find([',', ')']).ok_or("the row is cut off")?;
            self.at += end;
            let word = start[..end].trim();
            return Ok(if word.eq_ignore_ascii_case("null") { "" } else { word }.to_owned());
        }
        self.quoted(start)
    }

    fn quoted(&mut self, start: &str) -> Result<String, String> {
        let mut text = String::new();
        let mut from = 1;
        loop {
            let rest = start.get(from..).unwrap_or_default();
            let at = rest.find(['\'', '\\']).ok_or("a text does not end")?;
            text.push_str(&rest[..at]);
            let next = rest[at + 1..].chars().next();
            match (rest.as_bytes()[at], next) {
                (b'\'', Some('\'')) => text.push('\''),
                (b'\'', _) => {
                    self.at += from + at + 1;
                    return Ok(text);
                }
                (_, Some(escaped)) => text.push(escaped),
                (_, None) => return Err("a text does not end".to_owned()),
            }
            from += at + 1 + next.map_or(0, char::len_utf8);
        }
    }
}
