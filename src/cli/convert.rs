//! `tepat regions convert` and `tepat regions find`: codes of one system in another, with a report
//! of what could not be told and why; and regions by name or code.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::fault::Fault;
use super::say;
use crate::domain::{BpsCode, RegionCode};
use crate::fresh::{Access, Fresh};
use crate::labels;
use crate::regions::{History, Readings, RegionCatalog, SearchIndex};

/// A numbering of regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Numbering {
    /// Of today, with dots
    Kemendagri,
    /// Of BPS: 2, 4, 7 or 10 digits
    Bps,
    /// Kemendagri, of earlier years or of today
    Former,
}

#[derive(Debug, Args)]
pub(super) struct Convert {
    /// CSV file with a header
    file: PathBuf,
    /// Column that holds the codes
    #[arg(long, value_name = "COLUMN")]
    column: String,
    /// System of the codes in the file; digits alone never tell
    #[arg(long, value_enum)]
    from: Numbering,
    /// System that is wanted
    #[arg(long, value_enum, default_value = "kemendagri")]
    to: Numbering,
    /// Where the rows go, with the columns `kode_tujuan` and `keterangan` added [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Delimiter of the file
    #[arg(long, default_value = ",")]
    delimiter: char,
}

#[derive(Debug, Args)]
pub(super) struct Find {
    /// Name or code
    text: Vec<String>,
    /// Hits to show
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

/// Why a code has no counterpart; the words are of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    Empty,
    Malformed,
    Unknown,
    NoCounterpart,
    Divided,
    Lost,
}

impl Refusal {
    fn words(self) -> &'static str {
        match self {
            Self::Empty => "kosong",
            Self::Malformed => "bukan kode dalam sistem itu",
            Self::Unknown => "tidak ada dalam tabel kode",
            Self::NoCounterpart => "tidak ada padanannya dalam sistem tujuan",
            Self::Divided => "terbagi atas beberapa wilayah: pilih menurut alamat, bukan kode",
            Self::Lost => "kode lama yang penerusnya tidak tercatat",
        }
    }
}

struct Tables {
    catalog: &'static RegionCatalog,
    history: &'static History,
}

impl Convert {
    pub(super) fn run(self) -> Result<(), Fault> {
        if self.to == Numbering::Former {
            let words = "--to former: a region of today may have had several former codes; kemendagri and bps are possible";
            return Err(Fault::Usage(words.to_owned()));
        }
        let internal = |e: crate::data::DataError| Fault::Internal(e.to_string());
        let tables = Tables {
            catalog: RegionCatalog::shared().map_err(internal)?,
            history: History::shared().map_err(internal)?,
        };
        let delimiter = u8::try_from(self.delimiter)
            .map_err(|_| Fault::Usage("--delimiter: one ASCII character is due".to_owned()))?;
        let input = |e: &csv::Error| Fault::Input(format!("{}: {e}", self.file.display()));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(false)
            .from_path(&self.file)
            .map_err(|e| input(&e))?;
        let head = reader.headers().map_err(|e| input(&e))?.clone();
        let Some(at) = head.iter().position(|name| name.trim() == self.column) else {
            let there: Vec<&str> = head.iter().collect();
            return Err(Fault::Input(format!(
                "{}: there is no column '{}'; there are: {}",
                self.file.display(),
                self.column,
                there.join(", ")
            )));
        };
        let mut target = Target::open(self.out.as_deref(), delimiter)?;
        let mut row = head.clone();
        row.push_field("kode_tujuan");
        row.push_field("keterangan");
        target.write(&row)?;
        let mut tally = Tally::default();
        for record in reader.records() {
            let mut record = record.map_err(|e| input(&e))?;
            let line = record.position().map_or(0, csv::Position::line);
            let typed = record.get(at).unwrap_or_default().trim().to_owned();
            match translate(&tables, &typed, self.from, self.to) {
                Ok((code, remark)) => {
                    tally.done(&typed, &code);
                    record.push_field(&code);
                    record.push_field(remark);
                }
                Err(refusal) => {
                    tally.refused(refusal, line);
                    record.push_field("");
                    record.push_field(refusal.words());
                }
            }
            target.write(&record)?;
        }
        target.finish()?;
        let _ = writeln!(std::io::stderr(), "{}", tally.words());
        Ok(())
    }
}

/// The code in the wanted system and a remark where there is something to say.
fn translate(
    tables: &Tables,
    typed: &str,
    from: Numbering,
    to: Numbering,
) -> Result<(String, &'static str), Refusal> {
    let Tables { catalog, history } = tables;
    if typed.is_empty() {
        return Err(Refusal::Empty);
    }
    let (code, remark) = match from {
        Numbering::Bps => {
            let bps: BpsCode = typed.parse().map_err(|_| Refusal::Malformed)?;
            (catalog.from_bps(bps).ok_or(Refusal::Unknown)?, "")
        }
        Numbering::Kemendagri => {
            let code = kemendagri(typed).ok_or(Refusal::Malformed)?;
            (catalog.get(code).ok_or(Refusal::Unknown)?.code, "")
        }
        Numbering::Former => {
            former(catalog, history, kemendagri(typed).ok_or(Refusal::Malformed)?)?
        }
    };
    match to {
        Numbering::Bps => {
            let bps = catalog.get(code).and_then(|region| region.bps);
            Ok((bps.ok_or(Refusal::NoCounterpart)?.to_string(), remark))
        }
        _ => Ok((code.to_string(), remark)),
    }
}

fn former(
    catalog: &RegionCatalog,
    history: &History,
    code: RegionCode,
) -> Result<(RegionCode, &'static str), Refusal> {
    let Some((_, parts)) = Readings::of(&code.to_string(), catalog, history).former else {
        return catalog.get(code).map(|region| (region.code, "")).ok_or(Refusal::Unknown);
    };
    if catalog.get(code).is_some() {
        return Ok((code, "kode ini pernah berarti wilayah lain; dibaca sebagai kode kini"));
    }
    let mut now = parts.keys();
    match (now.next(), now.next()) {
        (None, _) => Err(Refusal::Lost),
        (Some(code), None) => Ok((*code, "kode lama")),
        _ => Err(Refusal::Divided),
    }
}

/// With dots or as bare digits: the system was stated, so digits are no riddle.
fn kemendagri(typed: &str) -> Option<RegionCode> {
    let dotted = if typed.contains('.') { None } else { crate::regions::dotted(typed) };
    dotted.as_deref().unwrap_or(typed).parse().ok()
}

/// Where the rows go.
enum Target {
    File(Box<csv::Writer<Fresh>>),
    Output(Box<csv::Writer<std::io::Stdout>>),
}

fn broken(e: &dyn std::fmt::Display) -> Fault {
    Fault::Storage(format!("the rows cannot be written: {e}"))
}

impl Target {
    fn open(out: Option<&Path>, delimiter: u8) -> Result<Self, Fault> {
        let mut builder = csv::WriterBuilder::new();
        builder.delimiter(delimiter);
        Ok(match out {
            None => Self::Output(Box::new(builder.from_writer(std::io::stdout()))),
            Some(path) => {
                let file = Fresh::create(path, Access::Usual)?;
                Self::File(Box::new(builder.from_writer(file)))
            }
        })
    }

    fn write(&mut self, row: &csv::StringRecord) -> Result<(), Fault> {
        let written = match self {
            Self::File(writer) => writer.write_record(row),
            Self::Output(writer) => writer.write_record(row),
        };
        written.map_err(|e| broken(&e))
    }

    fn finish(self) -> Result<(), Fault> {
        match self {
            Self::Output(mut writer) => writer.flush().map_err(|e| broken(&e)),
            Self::File(writer) => {
                let file = writer.into_inner().map_err(|e| broken(e.error()))?;
                Ok(file.finish()?)
            }
        }
    }
}

/// Lines of refused rows that are named; the rest is counted.
const NAMED: usize = 5;

#[derive(Default)]
struct Tally {
    rows: u64,
    changed: u64,
    refused: BTreeMap<Refusal, (u64, Vec<u64>)>,
}

impl Tally {
    fn done(&mut self, typed: &str, code: &str) {
        self.rows += 1;
        self.changed += u64::from(typed != code);
    }

    fn refused(&mut self, refusal: Refusal, line: u64) {
        self.rows += 1;
        let (count, lines) = self.refused.entry(refusal).or_default();
        *count += 1;
        if lines.len() < NAMED {
            lines.push(line);
        }
    }

    fn words(&self) -> String {
        let refused: u64 = self.refused.values().map(|(count, _)| count).sum();
        let mut text = format!(
            "{} baris: {} diterjemahkan ({} berubah), {} tidak.",
            labels::integer(self.rows),
            labels::integer(self.rows - refused),
            labels::integer(self.changed),
            labels::integer(refused)
        );
        for (refusal, (count, lines)) in &self.refused {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            text.push_str(&format!(
                "\n  {}: {} baris (baris berkas {}{})",
                refusal.words(),
                labels::integer(*count),
                lines.join(", "),
                if *count > lines.len() as u64 { ", …" } else { "" }
            ));
        }
        text
    }
}

impl Find {
    pub(super) fn run(self) -> Result<(), Fault> {
        let internal = |e: crate::data::DataError| Fault::Internal(e.to_string());
        let index = SearchIndex::shared().map_err(internal)?;
        let catalog = RegionCatalog::shared().map_err(internal)?;
        let typed = self.text.join(" ");
        let readings = index.readings(&typed);
        if readings.is_trap() {
            say("Awas: angka ini berarti wilayah yang berbeda menurut Kemendagri dan BPS.");
        }
        if let Some((code, _)) = &readings.former {
            say(&format!("{code} adalah kode lama; wilayahnya kini disebut di bawah."));
        }
        let hits = index.find(&typed);
        if hits.is_empty() {
            say("Tidak ada wilayah bernama atau berkode itu.");
        }
        for hit in hits.iter().take(self.limit) {
            let Some(region) = catalog.get(hit.code) else { continue };
            let mut name = region.name.clone();
            let mut step = hit.code;
            while let Some(parent) = step.parent().filter(|code| *code != RegionCode::NATION) {
                name.push_str(", ");
                name.push_str(&catalog.name(parent));
                step = parent;
            }
            let bps = region.bps.map_or_else(|| "-".to_owned(), |bps| bps.to_string());
            say(&format!(
                "{:<14} BPS {bps:<11} {:<15} {name}",
                hit.code.to_string(),
                labels::level(hit.code.level())
            ));
        }
        if hits.len() > self.limit {
            say(&format!(
                "… dan {} lagi (--limit)",
                labels::integer((hits.len() - self.limit) as u64)
            ));
        }
        Ok(())
    }
}
