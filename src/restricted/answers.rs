//! The answer to the owner of a registry: what became of every row that was delivered. Row numbers
//! and verdicts only: no value of the row, and none of another registry.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::RestrictedError;
use super::files::{create_new, io};
use crate::domain::Registry;

/// Header of an answer file.
const HEADER: &str = "berkas,baris,hasil,cara,bobot,peluang,beda_nama,beda_jenis_kelamin,beda_tanggal_lahir,beda_wilayah,ganda_dari_berkas,ganda_dari_baris,telaah";

/// What became of a row; of the base, "linked" means that another registry holds the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Outcome {
    ByNik,
    ByScore,
    ByReview,
    Pending,
    NoNik,
    NotFound,
    Contradicted,
    Ambiguous,
}

impl Outcome {
    pub const ALL: [Self; 8] = [
        Self::ByNik,
        Self::ByScore,
        Self::ByReview,
        Self::Pending,
        Self::NoNik,
        Self::NotFound,
        Self::Contradicted,
        Self::Ambiguous,
    ];

    pub fn linked(self) -> bool {
        matches!(self, Self::ByNik | Self::ByScore | Self::ByReview)
    }

    /// The words of columns `hasil` and `cara`.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ByNik => ("terpadankan", "nik"),
            Self::ByScore => ("terpadankan", "skor"),
            Self::ByReview => ("terpadankan", "telaah"),
            Self::Pending => ("menunggu_telaah", ""),
            Self::NoNik => ("tanpa_nik", ""),
            Self::NotFound => ("tidak_ditemukan", ""),
            Self::Contradicted => ("bertentangan", ""),
            Self::Ambiguous => ("meragukan", ""),
        }
    }
}

/// What people have decided about a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ReviewState {
    #[default]
    None,
    Waiting,
    Accepted,
    /// At least one candidate was turned down.
    Refused,
}

impl ReviewState {
    const ALL: [Self; 4] = [Self::None, Self::Waiting, Self::Accepted, Self::Refused];

    fn word(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Waiting => "menunggu",
            Self::Accepted => "diterima",
            Self::Refused => "ditolak",
        }
    }
}

/// One delivered row's answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnswerLine {
    /// Index of the file in the build.
    pub source: u16,
    pub row: u64,
    pub outcome: Outcome,
    /// Bits, prior included; of a row linked or pending by score.
    pub weight: Option<f64>,
    pub probability: Option<f64>,
    /// Name, sex, birth date, desa: differs from the base.
    pub differs: [bool; 4],
    /// The earlier row of the same file (index, row) that speaks of the same person.
    pub duplicate_of: Option<(u16, u64)>,
    pub review: ReviewState,
    /// The row of the base that it is linked to (index of the file, row). Not part of the answer:
    /// it goes to the table of links.
    pub base: Option<(u16, u64)>,
}

/// Header of a table of links.
const LINKS_HEADER: &str = "berkas,baris,berkas_dasar,baris_dasar";

/// Writes `answer-<registry>.csv`, and `links-<registry>.csv` for those who audit the links.
pub struct AnswerWriter {
    path: PathBuf,
    out: BufWriter<File>,
    links: BufWriter<File>,
}

/// The table of links of a registry in a restricted folder.
pub fn links_file(folder: &Path, registry: Registry) -> PathBuf {
    folder.join(format!("links-{}.csv", registry.slug()))
}

/// The answer file of a registry in a restricted folder.
pub fn answer_file(folder: &Path, registry: Registry) -> PathBuf {
    folder.join(format!("answer-{}.csv", registry.slug()))
}

impl AnswerWriter {
    /// Begins the file of one registry.
    ///
    /// # Errors
    /// It exists, or the disk does not take it.
    pub fn create(folder: &Path, registry: Registry) -> Result<Self, RestrictedError> {
        let path = answer_file(folder, registry);
        let mut out = BufWriter::with_capacity(1 << 18, create_new(&path)?);
        writeln!(out, "{HEADER}").map_err(io(&path))?;
        let links = create_new(&links_file(folder, registry))?;
        let mut links = BufWriter::with_capacity(1 << 18, links);
        writeln!(links, "{LINKS_HEADER}").map_err(io(&path))?;
        Ok(Self { path, out, links })
    }

    /// Adds one line; `name` gives a file's name by its index.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn push<'n>(
        &mut self,
        line: &AnswerLine,
        name: &dyn Fn(u16) -> &'n str,
    ) -> Result<(), RestrictedError> {
        if let Some((file, row)) = line.base {
            let (mine, base) = (quoted(name(line.source)), quoted(name(file)));
            writeln!(self.links, "{mine},{},{base},{row}", line.row).map_err(io(&self.path))?;
        }
        let (outcome, how) = line.outcome.words();
        let number =
            |n: Option<f64>, places| n.map(|n| format!("{n:.places$}")).unwrap_or_default();
        let yes = line.differs.map(|so| match (line.outcome.linked(), so) {
            (false, _) => "",
            (true, true) => "ya",
            (true, false) => "tidak",
        });
        let (file, row) = line
            .duplicate_of
            .map_or_else(Default::default, |(file, row)| (quoted(name(file)), row.to_string()));
        writeln!(
            self.out,
            "{},{},{outcome},{how},{},{},{},{},{},{},{file},{row},{}",
            quoted(name(line.source)),
            line.row,
            number(line.weight, 2),
            number(line.probability, 6),
            yes[0],
            yes[1],
            yes[2],
            yes[3],
            line.review.word(),
        )
        .map_err(io(&self.path))
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// The disk does not take it.
    pub fn finish(mut self) -> Result<(), RestrictedError> {
        self.out.flush().and_then(|()| self.links.flush()).map_err(io(&self.path))
    }
}

fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", name.replace('"', "\"\""))
    } else {
        name.to_owned()
    }
}

/// An answer file being read.
pub struct AnswerFile {
    path: PathBuf,
    reader: csv::Reader<File>,
}

/// One line of it: the record as it stands, and what it says.
pub struct AnswerRecord {
    pub text: csv::StringRecord,
    pub file: String,
    pub row: u64,
    pub outcome: Outcome,
    pub differs: bool,
    pub duplicate: bool,
    pub review: ReviewState,
}

impl AnswerFile {
    /// Opens the answer of a registry.
    ///
    /// # Errors
    /// There is none: the registry was not delivered, or the folder is of another version.
    pub fn open(folder: &Path, registry: Registry) -> Result<Self, RestrictedError> {
        let path = answer_file(folder, registry);
        match File::open(&path) {
            Ok(file) => Ok(Self { path, reader: csv::Reader::from_reader(file) }),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                Err(RestrictedError::Absent { path })
            }
            Err(e) => Err(io(&path)(e)),
        }
    }

    /// The header line.
    pub fn header() -> csv::StringRecord {
        HEADER.split(',').collect()
    }

    /// Calls `each` with every line, in delivered order.
    ///
    /// # Errors
    /// A line is damaged, or `each` fails.
    pub fn read<E: From<RestrictedError>>(
        &mut self,
        mut each: impl FnMut(&AnswerRecord) -> Result<(), E>,
    ) -> Result<(), E> {
        for (at, record) in self.reader.records().enumerate() {
            let damaged = || RestrictedError::Line { path: self.path.clone(), line: at as u64 + 2 };
            let read = record.ok().and_then(parse).ok_or_else(damaged)?;
            each(&read)?;
        }
        Ok(())
    }
}

fn parse(text: csv::StringRecord) -> Option<AnswerRecord> {
    let words = (text.get(2)?, text.get(3)?);
    Some(AnswerRecord {
        file: text.get(0)?.to_owned(),
        row: text.get(1)?.parse().ok()?,
        outcome: Outcome::ALL.into_iter().find(|o| o.words() == words)?,
        differs: (6..10).any(|i| text.get(i) == Some("ya")),
        duplicate: !text.get(11)?.is_empty(),
        review: {
            let word = text.get(12)?;
            ReviewState::ALL.into_iter().find(|s| s.word() == word)?
        },
        text,
    })
}
