//! dBASE III tables, as far as a shapefile needs them: texts of fields by row.

/// A table in memory.
#[derive(Debug)]
pub(super) struct Table {
    bytes: Vec<u8>,
    fields: Vec<Field>,
    head: usize,
    record: usize,
    rows: usize,
    utf8: bool,
}

#[derive(Debug)]
struct Field {
    name: String,
    /// Where it begins in a record.
    from: usize,
    length: usize,
}

const DESCRIPTOR: usize = 32;
/// What ends the list of fields.
const END: u8 = 0x0d;

impl Table {
    /// Reads the head and holds its counts against the bytes there are. `code_page` is the content
    /// of the .cpg; without one, text is UTF-8 where it can be, else Windows-1252.
    pub(super) fn parse(bytes: Vec<u8>, code_page: Option<&str>) -> Result<Self, String> {
        let cut = || "the table is cut off; get it again".to_owned();
        let head: [u8; 12] = *bytes.first_chunk().ok_or_else(cut)?;
        let rows = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let rows = usize::try_from(rows).map_err(|e| e.to_string())?;
        let head_length = usize::from(u16::from_le_bytes([head[8], head[9]]));
        let record = usize::from(u16::from_le_bytes([head[10], head[11]]));
        let fields = fields(bytes.get(..head_length).ok_or_else(cut)?)?;
        let width = fields.last().map_or(1, |field| field.from + field.length);
        if record < width {
            return Err(format!("fields take {width} bytes, a record has {record}"));
        }
        if bytes.len() - head_length < rows.saturating_mul(record) {
            return Err(cut());
        }
        let page = code_page.unwrap_or_default().to_lowercase();
        let utf8 = page.is_empty() || page.contains("utf") || page.contains("65001");
        Ok(Self { bytes, fields, head: head_length, record, rows, utf8 })
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The text of a field; numbers lose what a spreadsheet added (`3602010001.000`).
    pub(super) fn text(&self, row: usize, field: usize) -> String {
        let Some(field) = self.fields.get(field) else { return String::new() };
        let from = self.head + row * self.record + field.from;
        let bytes = self.bytes.get(from..from + field.length).unwrap_or_default();
        // Some writers fill with zero bytes instead of spaces.
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        let text = self.decoded(&bytes[..end]);
        let text = text.trim();
        match text.split_once('.') {
            Some((whole, part))
                if !part.is_empty()
                    && part.bytes().all(|b| b == b'0')
                    && whole.len() >= 2
                    && whole.bytes().all(|b| b.is_ascii_digit()) =>
            {
                whole.to_owned()
            }
            _ => text.to_owned(),
        }
    }

    fn decoded(&self, bytes: &[u8]) -> String {
        match std::str::from_utf8(bytes) {
            Ok(text) if self.utf8 || text.is_ascii() => text.to_owned(),
            _ => bytes.iter().map(|b| windows_1252(*b)).collect(),
        }
    }
}

fn fields(head: &[u8]) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    // The first byte of a record tells whether it was deleted.
    let mut from = 1;
    let mut rest = head.get(DESCRIPTOR..).ok_or("the head is cut off")?;
    while rest.first().is_some_and(|b| *b != END) {
        let (descriptor, after) =
            rest.split_first_chunk::<DESCRIPTOR>().ok_or("the list of fields is cut off")?;
        let name = descriptor[..11].split(|b| *b == 0).next().unwrap_or_default();
        let length = usize::from(descriptor[16]);
        let name = name.iter().map(|b| windows_1252(*b)).collect::<String>().trim().to_owned();
        fields.push(Field { name, from, length });
        from += length;
        rest = after;
    }
    Ok(fields)
}

/// The letters that Windows-1252 has where Latin-1 has control characters.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
