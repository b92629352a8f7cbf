//! The restricted list for the owner of a delivery: every faulty value as it was delivered, and
//! what it may have been. The only file of the product that repeats what a person's row says.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::files::{fault, private_file};
use super::{CheckError, Words};
use crate::clean::{DigitsLeft, NikCandidate};

const HEAD: [&str; 11] = [
    "sifat", "berkas", "baris", "kolom", "kode", "cacat", "nilai", "usulan", "alasan", "tunggal",
    "cocok",
];

/// Characters of a value that are repeated: more is damage, not a value.
const LONGEST: usize = 200;

/// One faulty value.
pub(super) struct Mend<'a> {
    pub(super) row: u64,
    pub(super) column: &'a str,
    pub(super) code: &'a str,
    /// As delivered.
    pub(super) value: &'a str,
    pub(super) candidates: &'a [NikCandidate],
    pub(super) left: Option<DigitsLeft>,
    /// What else is to be said, as a code.
    pub(super) remark: Option<&'static str>,
}

/// The list being written.
pub(super) struct MendList {
    path: PathBuf,
    file_name: String,
    /// What every row says of itself, wherever it is copied to.
    nature: String,
    words: Words,
    writer: csv::Writer<File>,
}

impl MendList {
    pub(super) fn create(
        path: &Path,
        file_name: &str,
        words: Words,
        synthetic: bool,
    ) -> Result<Self, CheckError> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(private_file(path)?);
        writer.write_record(HEAD).map_err(|e| fault(path)(e.into()))?;
        let nature = if synthetic {
            format!("TERBATAS; {}", words.synthetic)
        } else {
            "TERBATAS".to_owned()
        };
        Ok(Self { path: path.to_owned(), file_name: file_name.to_owned(), nature, words, writer })
    }

    pub(super) fn write(&mut self, mend: &Mend<'_>) -> Result<(), CheckError> {
        let digits: Vec<String> = mend
            .candidates
            .iter()
            .map(|candidate| text(&format!("{:016}", candidate.nik.expose())))
            .chain(mend.left.iter().map(DigitsLeft::expose))
            .collect();
        let mut whys: Vec<&str> = mend
            .candidates
            .iter()
            .map(|candidate| (self.words.why)(candidate.why.slug()))
            .collect();
        whys.extend(mend.left.iter().map(|_| "left").chain(mend.remark).map(self.words.why));
        whys.dedup();
        let answer = |holds: fn(&NikCandidate) -> bool| match mend.candidates {
            [] => String::new(),
            all if all.iter().all(holds) => "ya".to_owned(),
            _ => "tidak".to_owned(),
        };
        let fields = [
            self.nature.clone(),
            self.file_name.clone(),
            mend.row.to_string(),
            mend.column.to_owned(),
            mend.code.to_owned(),
            (self.words.issue)(mend.code),
            text(mend.value),
            digits.join(" | "),
            whys.join(" | "),
            answer(|candidate| candidate.unique),
            answer(|candidate| candidate.agrees),
        ];
        self.writer.write_record(&fields).map_err(|e| fault(&self.path)(e.into()))
    }

    pub(super) fn finish(self) -> Result<(), CheckError> {
        let path = self.path;
        let file = self.writer.into_inner().map_err(|e| fault(&path)(e.into_error()))?;
        file.sync_all().map_err(fault(&path))
    }
}

/// Text that a spreadsheet must leave alone: it would run `=…` as a formula and round a number of
/// sixteen digits, which is the very damage that the list is about.
fn text(value: &str) -> String {
    let value = value.char_indices().nth(LONGEST).map_or(value, |(end, _)| &value[..end]);
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '|']);
    let number = value.len() > 11 && value.bytes().all(|b| b.is_ascii_digit());
    if formula || number { format!("'{value}") } else { value.to_owned() }
}
