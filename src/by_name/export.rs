//! A list as a file that says on every sheet, page and row whose it is: a row that is copied out
//! still names the list that it is from.

use rust_xlsxwriter::{Color, DocProperties, Format, FormatAlign, Workbook, XlsxError};

use super::error::ByNameError;

/// What a file carries besides its rows; the words are the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Title of the list.
    pub title: String,
    /// Id of the list, as the log has it.
    pub id: String,
    /// To whom and when.
    pub recipient: String,
    pub time: String,
    /// Name and value: region, purpose, snapshot, until when, and what must not be done with it.
    pub lines: Vec<(String, String)>,
    /// Heads of the three columns that repeat id, recipient and time on every row.
    pub heads: [String; 3],
    /// Name of the sheet.
    pub sheet: String,
}

impl Mark {
    fn in_a_line(&self) -> String {
        format!("{} · {} · {}", self.id, self.recipient, self.time)
    }

    fn of_a_row(&self) -> [&str; 3] {
        [&self.id, &self.recipient, &self.time]
    }
}

/// CSV with semicolons and a byte-order mark, as Indonesian Excel opens it.
///
/// # Errors
/// None in practice: it writes to memory.
pub fn to_csv(mark: &Mark, heads: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, ByNameError> {
    let start = "\u{feff}".as_bytes().to_vec();
    let mut out = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(start);
    let broken = |e: csv::Error| ByNameError::File(e.to_string());
    out.write_record(heads.iter().chain(&mark.heads).map(|h| harmless(h))).map_err(broken)?;
    for row in rows {
        let cells = row.iter().map(String::as_str).chain(mark.of_a_row());
        out.write_record(cells.map(harmless)).map_err(broken)?;
    }
    out.into_inner().map_err(|e| ByNameError::File(e.error().to_string()))
}

/// Keeps a spreadsheet from running a text (OWASP, CSV Injection), and from rounding a long number.
fn harmless(text: &str) -> String {
    let number = text.len() > 11 && text.bytes().all(|b| b.is_ascii_digit());
    match text.trim_start().chars().next() {
        Some('=' | '+' | '-' | '@' | '|' | '＝' | '＋' | '－' | '＠') => format!("'{text}"),
        _ if number || text.starts_with(['\t', '\r', '\n']) => format!("'{text}"),
        _ => text.to_owned(),
    }
}

/// A workbook: the mark above the table, in the head and foot of every printed page, and on every
/// row. Every cell is text.
///
/// # Errors
/// More rows than a sheet holds.
pub fn to_xlsx(
    mark: &Mark,
    heads: &[String],
    rows: &[Vec<String>],
) -> Result<Vec<u8>, ByNameError> {
    workbook(mark, heads, rows).map_err(|e| ByNameError::File(e.to_string()))
}

fn workbook(mark: &Mark, heads: &[String], rows: &[Vec<String>]) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(
        &DocProperties::new()
            .set_title(&mark.title)
            .set_author(&mark.recipient)
            .set_comment(mark.in_a_line()),
    );
    let sheet = workbook.add_worksheet();
    sheet.set_name(&mark.sheet)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0);
    // An ampersand is a code in a head or foot.
    let line = mark.in_a_line().replace('&', "&&");
    let title = mark.title.replace('&', "&&");
    sheet.set_header(format!("&L&B{title}&R{line}"));
    sheet.set_footer(format!("&L{line}&R&P/&N"));
    let bold = Format::new().set_bold();
    let warning = Format::new().set_bold().set_font_color(Color::RGB(0x0099_1B1B));
    sheet.write_string_with_format(0, 0, &mark.title, &warning)?;
    let mut at = 1;
    for (name, value) in &mark.lines {
        sheet.write_string_with_format(at, 0, name, &bold)?;
        sheet.write_string(at, 1, value)?;
        at += 1;
    }
    at += 1;
    let head =
        Format::new().set_bold().set_text_wrap().set_background_color(Color::RGB(0x00E8_EEF4));
    let text = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    for (column, name) in (0_u16..).zip(heads.iter().chain(&mark.heads)) {
        sheet.write_string_with_format(at, column, name, &head)?;
        sheet.set_column_width(column, 20)?;
    }
    sheet.set_freeze_panes(at + 1, 0)?;
    sheet.set_repeat_rows(at, at)?;
    for (line, row) in (at + 1..).zip(rows) {
        let cells = row.iter().map(String::as_str).chain(mark.of_a_row());
        for (column, cell) in (0_u16..).zip(cells) {
            sheet.write_string_with_format(line, column, cell, &text)?;
        }
    }
    workbook.save_to_buffer()
}
