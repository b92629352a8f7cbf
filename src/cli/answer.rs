//! `tepat answer`: what became of every row of a registry, for its owner.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::fault::Fault;
use super::{key, say};
use crate::audit::{Action, Entry};
use crate::domain::Registry;
use crate::fresh::{Access, Fresh};
use crate::labels::{integer, percent, registry};
use crate::restricted::{AnswerFile, AnswerRecord, Outcome, Restricted};
use crate::snapshot::Store;

#[derive(Debug, Args)]
pub(super) struct Answer {
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Registry, such as prakerja
    #[arg(long, value_parser = super::registry_slug)]
    registry: Registry,
    /// CSV file to make, readable by its owner only; without it the summary alone is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only these rows
    #[arg(long)]
    only: Option<Only>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Only {
    /// Linked to nobody
    Unmatched,
    /// Linked, but name, sex, birth date or desa differs; or the NIK is somebody else's
    Conflict,
    /// Repeats an earlier row of the same file
    Duplicate,
}

impl Only {
    fn takes(self, line: &AnswerRecord) -> bool {
        match self {
            Self::Unmatched => !line.outcome.linked(),
            Self::Conflict => line.differs || line.outcome == Outcome::Contradicted,
            Self::Duplicate => line.duplicate,
        }
    }
}

/// What is counted on the way.
#[derive(Default)]
struct Summary {
    rows: u64,
    by_outcome: [u64; Outcome::ALL.len()],
    differing: u64,
    duplicates: u64,
    written: u64,
}

impl Answer {
    pub(super) fn run(self) -> Result<(), Fault> {
        let id = Store::at(&self.store).current_id()?;
        let folder = Restricted::of_store(&self.store).existing(&id)?;
        if self.out.is_some() {
            let entry = Entry {
                object: format!("{id} {}", self.registry.slug()),
                ..key::entry(Action::AnswerExported)
            };
            key::log_of(&self.store)?.append(&entry)?;
        }
        let mut answers = AnswerFile::open(&folder, self.registry)?;
        let mut out = match &self.out {
            Some(path) => {
                Some((csv::Writer::from_writer(Fresh::create(path, Access::Private)?), path))
            }
            None => None,
        };
        if let Some((writer, path)) = &mut out {
            writer.write_record(&AnswerFile::header()).map_err(|e| storage(path, &e))?;
        }
        let mut summary = Summary::default();
        answers.read(|line| -> Result<(), Fault> {
            summary.add(line);
            if let Some((writer, path)) = &mut out
                && self.only.is_none_or(|only| only.takes(line))
            {
                summary.written += 1;
                writer.write_record(&line.text).map_err(|e| storage(path, &e))?;
            }
            Ok(())
        })?;
        if let Some((writer, path)) = out {
            let file = writer.into_inner();
            file.map_err(|e| Fault::Storage(format!("{}: {}", path.display(), e.error())))?
                .finish()?;
        }
        say(&summary.in_words(self.registry, &id));
        if let Some(path) = &self.out {
            let lines = integer(summary.written);
            say(&format!(
                "{lines} baris ditulis ke {} (terbatas: hanya untuk pemilik data)",
                path.display()
            ));
        }
        Ok(())
    }
}

fn storage(path: &std::path::Path, e: &csv::Error) -> Fault {
    Fault::Storage(format!("{}: {e}", path.display()))
}

impl Summary {
    fn add(&mut self, line: &AnswerRecord) {
        self.rows += 1;
        if let Some(at) = Outcome::ALL.iter().position(|o| *o == line.outcome) {
            self.by_outcome[at] += 1;
        }
        self.differing += u64::from(line.differs);
        self.duplicates += u64::from(line.duplicate);
    }

    fn in_words(&self, of: Registry, id: &str) -> String {
        let base = of == Registry::Regsosek;
        let mut lines =
            vec![format!("{}, potret data {id}: {} baris", registry(of), integer(self.rows))];
        for (outcome, n) in Outcome::ALL.into_iter().zip(self.by_outcome).filter(|(_, n)| *n > 0) {
            let share = percent(ratio(n, self.rows), 2);
            lines.push(format!("  {}: {} ({share})", words(outcome, base), integer(n)));
        }
        if !base {
            lines.push(format!(
                "  padan, tetapi ada isian yang berbeda: {}",
                integer(self.differing)
            ));
        }
        if !base || self.duplicates > 0 {
            lines.push(format!("  ganda di dalam berkas: {}", integer(self.duplicates)));
        }
        lines.join("\n")
    }
}

fn words(outcome: Outcome, base: bool) -> &'static str {
    match (outcome, base) {
        (Outcome::ByNik, true) => "terdapat di register lain, karena NIK",
        (Outcome::ByScore, true) => "terdapat di register lain, karena skor",
        (Outcome::ByReview, true) => "terdapat di register lain, karena telaah",
        (Outcome::NoNik, true) => "hanya di register dasar, tanpa NIK sah",
        (Outcome::NotFound, true) => "hanya di register dasar",
        (Outcome::ByNik, false) => "terpadankan karena NIK",
        (Outcome::ByScore, false) => "terpadankan karena skor",
        (Outcome::ByReview, false) => "terpadankan karena telaah",
        (Outcome::Pending, _) => "menunggu telaah",
        (Outcome::NoNik, false) => "tidak terpadankan, tanpa NIK sah",
        (Outcome::NotFound, false) => "tidak ditemukan di register dasar",
        (Outcome::Contradicted, _) => "bertentangan: NIK sama, orangnya lain",
        (Outcome::Ambiguous, _) => "meragukan: lebih dari satu orang cocok",
    }
}

#[expect(clippy::cast_precision_loss, reason = "rows stay below 2^53")]
fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
