//! A workbook: the table, ready to filter and print, and a sheet that says what it is.

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet,
};

use super::ExportError;
use super::table::{Column, ColumnKind, Field, Table};
use crate::labels;

/// A workbook with the sheets `Data` and `Keterangan`. Equal tables give equal bytes: the only date
/// in it is that of the snapshot.
///
/// # Errors
/// More rows or columns than a sheet can hold.
pub fn xlsx(table: &Table) -> Result<Vec<u8>, ExportError> {
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new()
        .set_title(&table.title)
        .set_author("Tepat")
        .set_subject("Figur wilayah")
        .set_comment(origin(table));
    if let Some(created) = created(&table.built_at) {
        properties = properties.set_creation_datetime(&created);
    }
    workbook.set_properties(&properties);
    data(workbook.add_worksheet(), table)?;
    notes(workbook.add_worksheet(), table)?;
    Ok(workbook.save_to_buffer()?)
}

fn origin(table: &Table) -> String {
    let lines: Vec<String> =
        table.provenance.iter().map(|(label, value)| format!("{label}: {value}")).collect();
    lines.join("\n")
}

/// Without a time of its own the workbook would take the clock's.
fn created(rfc3339: &str) -> Option<ExcelDateTime> {
    let seconds = rfc3339.parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second);
    ExcelDateTime::from_timestamp(seconds).ok()
}

fn head_format() -> Format {
    Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_background_color(Color::RGB(0x00E8_EEF4))
        .set_border_bottom(FormatBorder::Thin)
}

fn data(sheet: &mut Worksheet, table: &Table) -> Result<(), ExportError> {
    sheet.set_name("Data")?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_freeze_panes(1, 3)?;
    sheet.set_repeat_rows(0, 0)?;
    let head = head_format();
    let mut formats = Vec::with_capacity(table.columns.len());
    for (at, column) in (0_u16..).zip(&table.columns) {
        sheet.write_string_with_format(0, at, &column.label, &head)?;
        sheet.set_column_width(at, width(column))?;
        formats.push(number_format(column.kind));
    }
    let missing = Format::new().set_italic().set_font_color(Color::RGB(0x0059_5959));
    let mut last = 0;
    for (line, row) in (1_u32..).zip(&table.rows) {
        for ((at, field), format) in (0_u16..).zip(&row.fields).zip(&formats) {
            match field {
                // Written as strings, never as formulas, whatever they begin with.
                Field::Text(text) => sheet.write_string_with_format(line, at, text, format)?,
                Field::Number(n) => sheet.write_number_with_format(line, at, *n, format)?,
                Field::NoData => {
                    sheet.write_string_with_format(line, at, labels::NO_DATA, &missing)?
                }
                Field::Suppressed => {
                    sheet.write_string_with_format(line, at, labels::SUPPRESSED, &missing)?
                }
            };
        }
        last = line;
    }
    if let Some(right) = table.columns.len().checked_sub(1).and_then(|n| u16::try_from(n).ok()) {
        sheet.autofilter(0, 0, last, right)?;
    }
    Ok(())
}

fn width(column: &Column) -> f64 {
    match column.key.as_str() {
        "kode" | "kode_bps" => 15.0,
        "nama" | "induk" => 30.0,
        _ => 17.0,
    }
}

/// Excel writes points and commas by the reader's own settings.
fn number_format(kind: ColumnKind) -> Format {
    match kind {
        ColumnKind::Text => Format::new().set_num_format("@"),
        ColumnKind::Count => Format::new().set_num_format("#,##0"),
        ColumnKind::Percent(0) => Format::new().set_num_format("0"),
        ColumnKind::Percent(digits) => {
            Format::new().set_num_format(format!("0.{}", "0".repeat(digits)))
        }
    }
}

fn notes(sheet: &mut Worksheet, table: &Table) -> Result<(), ExportError> {
    sheet.set_name("Keterangan")?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet.set_column_width(0, 38)?;
    sheet.set_column_width(1, 110)?;
    let bold = Format::new().set_bold().set_align(FormatAlign::Top);
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let title = Format::new().set_bold().set_font_size(14);
    sheet.write_string_with_format(0, 0, &table.title, &title)?;
    let mut line = 2;
    let mut pair = |label: &str, value: &str| -> Result<(), ExportError> {
        sheet.write_string_with_format(line, 0, label, &bold)?;
        sheet.write_string_with_format(line, 1, value, &wrapped)?;
        line += 1;
        Ok(())
    };
    for (label, value) in &table.provenance {
        pair(label, value)?;
    }
    pair("", "")?;
    pair(
        labels::SUPPRESSED,
        "Angkanya terlalu kecil dan dapat mengungkap keadaan satu keluarga, atau dapat membuka angka lain yang terlalu kecil.",
    )?;
    pair(labels::NO_DATA, "Ukuran itu tidak dapat dihitung di wilayah itu. Bukan nol.")?;
    pair("", "")?;
    for column in table.columns.iter().filter(|column| !column.definition.is_empty()) {
        pair(&column.label, &column.definition)?;
    }
    Ok(())
}
