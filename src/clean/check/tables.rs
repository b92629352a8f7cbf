//! The tables of a quality report as CSV, as safe to pass on as the report itself.

use super::Words;
use super::report::{QualityReport, share};

/// Columns as CSV.
pub(super) fn column_table(
    report: &QualityReport,
    words: Words,
) -> Result<Vec<u8>, std::io::Error> {
    let head = ["kolom", "arti", "baris", "terisi", "bagian_terisi", "cacat"];
    let rows = report.columns.iter().map(|c| {
        vec![
            c.column.clone(),
            c.means.join(" "),
            report.rows.to_string(),
            c.filled.to_string(),
            format!("{:.6}", c.filled_share),
            c.faults.to_string(),
        ]
    });
    table(&head, rows, report, words)
}

/// Regions as CSV; withheld figures stay empty.
pub(super) fn region_table(
    report: &QualityReport,
    words: Words,
) -> Result<Vec<u8>, std::io::Error> {
    let head = [
        "kode",
        "tingkat",
        "nama",
        "baris",
        "dapat_dipakai",
        "nik_sah",
        "nik_cocok",
        "cacat",
        "bagian_nik_sah",
        "bagian_nik_cocok",
        "keterangan",
    ];
    let persons = report.nik.is_some();
    let rows = report.regions.iter().map(|region| {
        let mut row =
            vec![region.code.to_string(), region.level.slug().to_owned(), region.name.clone()];
        let Some(f) = region.figures else {
            row.resize(head.len() - 1, String::new());
            row.push(words.suppressed.to_owned());
            return row;
        };
        let of_person = |text: String| if persons { text } else { String::new() };
        row.extend([
            f.rows.to_string(),
            f.usable.to_string(),
            of_person(f.nik_sound.to_string()),
            of_person(f.nik_verified.to_string()),
            f.faults.to_string(),
            of_person(format!("{:.6}", share(f.nik_sound, f.rows))),
            of_person(format!("{:.6}", share(f.nik_verified, f.rows))),
            String::new(),
        ]);
        row
    });
    table(&head, rows, report, words)
}

/// Every row says which file it is of and whether the people are invented: a row is soon parted
/// from its file.
fn table(
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    report: &QualityReport,
    words: Words,
) -> Result<Vec<u8>, std::io::Error> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let remark = if report.synthetic { words.synthetic } else { "" };
    writer.write_record(head.iter().copied().chain(["berkas", "perhatian"]))?;
    for row in rows {
        writer
            .write_record(row.iter().map(String::as_str).chain([report.file.as_str(), remark]))?;
    }
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}
