//! Pairs as a file that a person decides in a spreadsheet, and back.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, XlsxError as XlsxReadError};
use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

use super::decisions::Choice;
use super::error::RestrictedError;
use super::files::{create_new, io};
use super::review::ReviewPair;

/// Columns of the file. A pair is known by `kunci`; everything else is for the eye.
const COLUMNS: [&str; 20] = [
    "nomor",
    "kunci",
    "register",
    "berkas",
    "baris",
    "nama_regsosek",
    "nama_register",
    "tanggal_lahir_regsosek",
    "tanggal_lahir_register",
    "jenis_kelamin_regsosek",
    "jenis_kelamin_register",
    "wilayah_regsosek",
    "wilayah_register",
    "nik_regsosek",
    "nik_register",
    "skor",
    "peluang",
    "alasan",
    "keputusan",
    "catatan",
];
const DECISION: u16 = 18;

fn cells(number: usize, pair: &ReviewPair) -> [String; 20] {
    let (a, b) = (&pair.base, &pair.other);
    let because: Vec<String> = pair
        .because
        .iter()
        .map(|(name, bits)| format!("{name} {bits:+.1}").replace('.', ","))
        .collect();
    [
        number.to_string(),
        pair.key.clone(),
        pair.registry.slug().to_owned(),
        pair.file.clone(),
        pair.row.to_string(),
        a.name.clone(),
        b.name.clone(),
        a.birth.clone(),
        b.birth.clone(),
        a.sex.clone(),
        b.sex.clone(),
        a.region.clone(),
        b.region.clone(),
        a.nik.clone(),
        b.nik.clone(),
        format!("{:.1}", pair.weight).replace('.', ","),
        format!("{:.3}", pair.probability).replace('.', ","),
        because.join("; "),
        String::new(),
        String::new(),
    ]
}

/// Writes pairs as CSV with semicolons and a byte-order mark, as Indonesian Excel opens it; NIKs
/// carry an apostrophe, which keeps a spreadsheet from rounding them.
///
/// # Errors
/// The file exists, or the disk does not take it.
pub fn export_csv(path: &Path, pairs: &[ReviewPair]) -> Result<(), RestrictedError> {
    let mut file = create_new(path)?;
    file.write_all("\u{feff}".as_bytes()).map_err(io(path))?;
    let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(file);
    let broken =
        |e: csv::Error| RestrictedError::Sheet { path: path.to_owned(), problem: e.to_string() };
    out.write_record(COLUMNS).map_err(broken)?;
    for (number, pair) in (1..).zip(pairs) {
        let mut cells = cells(number, pair);
        for nik in &mut cells[13..15] {
            if !nik.is_empty() {
                nik.insert(0, '\'');
            }
        }
        out.write_record(&cells).map_err(broken)?;
    }
    out.flush().map_err(io(path))
}

/// Writes pairs as a workbook: every cell is text, `keputusan` has a list to choose from.
///
/// # Errors
/// The file exists, there are more pairs than a sheet holds, or the disk does not take it.
pub fn export_xlsx(path: &Path, pairs: &[ReviewPair]) -> Result<(), RestrictedError> {
    let mut file = create_new(path)?;
    let bytes = workbook(pairs)
        .map_err(|e| RestrictedError::Sheet { path: path.to_owned(), problem: e.to_string() })?;
    file.write_all(&bytes).map_err(io(path))
}

fn workbook(pairs: &[ReviewPair]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("Telaah")?;
    sheet.set_freeze_panes(1, 2)?;
    let (text, head) = (Format::new().set_num_format("@"), Format::new().set_bold());
    for (at, name) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, at, name, &head)?;
        sheet.set_column_width(at, if (5..15).contains(&at) { 22 } else { 14 })?;
        sheet.set_column_format(at, &text)?;
    }
    for (line, pair) in (1_u32..).zip(pairs) {
        for (at, cell) in (0_u16..).zip(cells(line as usize, pair)) {
            sheet.write_string_with_format(line, at, cell, &text)?;
        }
    }
    let choose = DataValidation::new().allow_list_strings(&["ya", "tidak", "ragu"])?;
    let last = u32::try_from(pairs.len()).unwrap_or(u32::MAX).max(1);
    sheet.add_data_validation(1, DECISION, last, DECISION, &choose)?;
    workbook.save_to_buffer()
}

/// One decided row of a file that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub key: String,
    pub choice: Choice,
    pub note: String,
}

/// Reads the decided rows of a file, by what its name ends in.
///
/// # Errors
/// As [`import_csv`]; and a file of another kind.
pub fn import_file(path: &Path) -> Result<Vec<Decided>, RestrictedError> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension.to_ascii_lowercase().as_str() {
        "csv" => import_csv(path),
        "xlsx" => import_xlsx(path),
        _ => Err(RestrictedError::Sheet {
            path: path.to_owned(),
            problem: "is neither .csv nor .xlsx".to_owned(),
        }),
    }
}

/// Reads the decided rows of a CSV file (comma or semicolon, with or without byte-order mark);
/// rows without a decision are left out. Columns are found by name, in any order.
///
/// # Errors
/// A missing column, a decision that is none of the three, a key that is none, a pair decided
/// twice: with row (1 = first under the header) and column.
pub fn import_csv(path: &Path) -> Result<Vec<Decided>, RestrictedError> {
    let bytes = std::fs::read(path).map_err(io(path))?;
    let text = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let first: &[u8] = text.split(|b| *b == b'\n').next().unwrap_or_default();
    let delimiter = if first.contains(&b';') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let broken = |e: csv::Error| RestrictedError::Sheet {
        path: path.to_owned(),
        problem: match e.position() {
            Some(at) => format!("line {} is not CSV of one width in UTF-8", at.line()),
            None => "is not CSV in UTF-8".to_owned(),
        },
    };
    let header = reader.headers().map_err(broken)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(broken)?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    decided(path, &header.iter().map(str::to_owned).collect::<Vec<_>>(), &rows)
}

/// As [`import_csv`], of the first sheet of a workbook.
///
/// # Errors
/// As [`import_csv`]; and a file that is no workbook.
fn import_xlsx(path: &Path) -> Result<Vec<Decided>, RestrictedError> {
    let broken = |what: String| RestrictedError::Sheet { path: path.to_owned(), problem: what };
    let bytes = std::fs::read(path).map_err(io(path))?;
    let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes))
        .map_err(|_: XlsxReadError| broken("is not a workbook that can be read".to_owned()))?;
    let range = match book.worksheet_range_at(0) {
        Some(Ok(range)) => range,
        Some(Err(_)) => return Err(broken("its first sheet cannot be read".to_owned())),
        None => return Err(broken("has no sheet".to_owned())),
    };
    let texts = |row: &[Data]| row.iter().map(ToString::to_string).collect::<Vec<String>>();
    let mut rows = range.rows().map(texts);
    let header = rows.next().unwrap_or_default();
    decided(path, &header, &rows.collect::<Vec<_>>())
}

fn decided(
    path: &Path,
    header: &[String],
    rows: &[Vec<String>],
) -> Result<Vec<Decided>, RestrictedError> {
    let column = |name: &'static str| {
        header.iter().position(|h| h.trim() == name).ok_or_else(|| RestrictedError::Sheet {
            path: path.to_owned(),
            problem: format!("has no column '{name}'; export it anew with tepat review export"),
        })
    };
    let (key_at, choice_at, note_at) = (column("kunci")?, column("keputusan")?, column("catatan")?);
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for (row, cells) in (1_u64..).zip(rows) {
        let cell = |at: usize| cells.get(at).map_or("", |c| c.trim());
        let fault = |column, problem: &str| RestrictedError::Cell {
            path: path.to_owned(),
            row,
            column,
            problem: problem.to_owned(),
        };
        let choice = match cell(choice_at).to_lowercase().as_str() {
            "" => continue,
            "ya" => Choice::Ya,
            "tidak" => Choice::Tidak,
            "ragu" => Choice::Ragu,
            _ => return Err(fault("keputusan", "write ya, tidak or ragu, or leave it empty")),
        };
        let key = cell(key_at);
        if key.len() != 32 || !key.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(fault("kunci", "is not the key of a pair"));
        }
        if !seen.insert(key.to_owned()) {
            return Err(fault("kunci", "the pair is decided twice in this file"));
        }
        all.push(Decided { key: key.to_owned(), choice, note: cell(note_at).to_owned() });
    }
    if all.is_empty() {
        return Err(RestrictedError::Undecided { path: path.to_owned() });
    }
    Ok(all)
}
