//! Pairs as a file that a person decides in a spreadsheet.

use std::io::Write;
use std::path::Path;

use rust_xlsxwriter::{DataValidation, Format, Workbook, XlsxError};

use super::error::RestrictedError;
use super::files::io;
use super::grid::SHEET;
use super::review::ReviewPair;
use crate::fresh::{Access, Fresh};

/// Columns of the file. A pair is known by `kunci`; the others are for the eye, and to see that the
/// row is still the pair's.
const COLUMNS: [&str; 21] = [
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
    "potret",
];
const DECISION: u16 = 18;

fn cells(number: usize, pair: &ReviewPair, snapshot: &str) -> [String; 21] {
    let (a, b) = (&pair.base, &pair.other);
    let because: Vec<String> = pair
        .because
        .iter()
        .map(|(name, bits)| format!("{} {bits:+.1}", in_words(name)).replace('.', ","))
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
        snapshot.to_owned(),
    ]
}

/// The comparison behind a part of the weight; one of a model of somebody's own as it is called.
fn in_words(part: &str) -> &str {
    match part.split(':').next().unwrap_or(part) {
        "prior" => "awal",
        "NIK and birth date" => "NIK dan tanggal lahir",
        "name" if part.ends_with("rarity") => "kelangkaan nama",
        "name" => "nama",
        "sex" => "jenis kelamin",
        "village" => "desa",
        other => other,
    }
}

/// Writes pairs as CSV with semicolons and a byte-order mark, as Indonesian Excel opens it; NIKs
/// carry an apostrophe, which keeps a spreadsheet from rounding them. `snapshot` is the id of the
/// snapshot that the pairs wait in.
///
/// # Errors
/// The file exists, or the disk does not take it.
pub fn export_csv(
    path: &Path,
    pairs: &[ReviewPair],
    snapshot: &str,
) -> Result<(), RestrictedError> {
    let mut file = Fresh::create(path, Access::Private)?;
    file.write_all("\u{feff}".as_bytes()).map_err(io(path))?;
    let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(file);
    let broken = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => io(path)(e),
        other => RestrictedError::Sheet { path: path.to_owned(), problem: format!("{other:?}") },
    };
    out.write_record(COLUMNS).map_err(broken)?;
    for (number, pair) in (1..).zip(pairs) {
        let mut cells = cells(number, pair, snapshot);
        for nik in &mut cells[13..15] {
            if !nik.is_empty() {
                nik.insert(0, '\'');
            }
        }
        out.write_record(&cells).map_err(broken)?;
    }
    out.into_inner().map_err(|e| io(path)(e.into_error()))?.finish()?;
    Ok(())
}

/// Writes pairs as a workbook: every cell is text, `keputusan` has a list to choose from.
///
/// # Errors
/// The file exists, there are more pairs than a sheet holds, or the disk does not take it.
pub fn export_xlsx(
    path: &Path,
    pairs: &[ReviewPair],
    snapshot: &str,
) -> Result<(), RestrictedError> {
    let mut file = Fresh::create(path, Access::Private)?;
    let bytes = workbook(pairs, snapshot)
        .map_err(|e| RestrictedError::Sheet { path: path.to_owned(), problem: e.to_string() })?;
    file.write_all(&bytes).map_err(io(path))?;
    file.finish()?;
    Ok(())
}

fn workbook(pairs: &[ReviewPair], snapshot: &str) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(SHEET)?;
    sheet.set_freeze_panes(1, 2)?;
    let (text, head) = (Format::new().set_num_format("@"), Format::new().set_bold());
    for (at, name) in (0_u16..).zip(COLUMNS) {
        sheet.write_string_with_format(0, at, name, &head)?;
        sheet.set_column_width(at, if (5..15).contains(&at) { 22 } else { 14 })?;
        sheet.set_column_format(at, &text)?;
    }
    for (line, pair) in (1_u32..).zip(pairs) {
        for (at, cell) in (0_u16..).zip(cells(line as usize, pair, snapshot)) {
            sheet.write_string_with_format(line, at, cell, &text)?;
        }
    }
    let choose = DataValidation::new().allow_list_strings(&["ya", "tidak", "ragu"])?;
    let last = u32::try_from(pairs.len()).unwrap_or(u32::MAX).max(1);
    sheet.add_data_validation(1, DECISION, last, DECISION, &choose)?;
    workbook.save_to_buffer()
}
