//! Located points to a CSV or Parquet file: written beside, moved into place when whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::prelude::{Column, Schema};

use super::LocateError;
use super::answer::Answers;
use super::columns::{Labels, Made, columns};
use super::pages::{Pages, Writer, Writing};
use super::rows::{header, rows};
use crate::fresh::{self, Access, Fresh, Noting, Refusal};

/// The file that is being written.
pub(super) struct Sink {
    path: PathBuf,
    whole: Fresh,
    kind: Kind,
    /// Why the disk refused.
    refusal: Refusal,
}

enum Kind {
    Csv(BufWriter<Noting<File>>),
    Parquet(Writer<BufWriter<Noting<File>>>),
}

/// Turns batches into what the file takes, on any thread.
pub(super) struct Encoder<'a> {
    labels: Labels<'a>,
    writing: Option<Writing>,
    path: PathBuf,
}

/// A batch as the file takes it.
pub(super) enum Encoded {
    Csv(Vec<u8>),
    Parquet(Pages),
}

/// Where the output may not be written, or cannot be.
pub(super) fn check(path: &Path) -> Result<(), LocateError> {
    fresh::check(path)?;
    match path.extension().and_then(|e| e.to_str()) {
        Some("csv" | "parquet") => Ok(()),
        _ => Err(LocateError::Kind { path: path.to_owned() }),
    }
}

impl Sink {
    /// Opens the file beside `path`; `kept` is an empty batch that shows the columns.
    pub(super) fn create<'a>(
        path: &Path,
        labels: Labels<'a>,
        kept: &[Column],
        shown: &Answers,
    ) -> Result<(Self, Encoder<'a>), LocateError> {
        let fault = |problem: String| LocateError::Write { path: path.to_owned(), problem };
        let columns = columns(&labels, kept, shown);
        once(path, &columns)?;
        let whole = Fresh::create(path, Access::Usual)?;
        let file = Noting::new(whole.handle()?);
        let refusal = file.refusal();
        let file = BufWriter::with_capacity(1 << 18, file);
        let mut encoder = Encoder { labels, writing: None, path: path.to_owned() };
        let kind = if path.extension().is_some_and(|e| e == "parquet") {
            let schema: Schema = columns.iter().map(Made::field).collect();
            let (writer, writing) = Writer::new(file, &schema).map_err(|e| fault(e.to_string()))?;
            encoder.writing = Some(writing);
            Kind::Parquet(writer)
        } else {
            let mut file = file;
            let header = header(&columns).map_err(|e| fault(e.to_string()))?;
            file.write_all(&header).map_err(|e| fault(e.to_string()))?;
            Kind::Csv(file)
        };
        Ok((Self { path: path.to_owned(), whole, kind, refusal }, encoder))
    }

    /// Writes a batch.
    pub(super) fn take(&mut self, batch: Encoded) -> Result<(), LocateError> {
        let done = match (&mut self.kind, batch) {
            (Kind::Csv(file), Encoded::Csv(text)) => {
                file.write_all(&text).map_err(|e| e.to_string())
            }
            (Kind::Parquet(writer), Encoded::Parquet(pages)) => {
                writer.take(&pages).map_err(|e| e.to_string())
            }
            _ => Ok(()),
        };
        done.map_err(|problem| self.fault(problem))
    }

    /// What the disk said, where it refused; else what the writer of the format says.
    fn fault(&self, problem: String) -> LocateError {
        let problem = self.refusal.take().map_or(problem, |e| e.to_string());
        LocateError::Write { path: self.path.clone(), problem }
    }

    /// Ends the file and moves it into place.
    pub(super) fn finish(mut self) -> Result<(), LocateError> {
        let done = match &mut self.kind {
            Kind::Csv(file) => file.flush().map_err(|e| e.to_string()),
            Kind::Parquet(writer) => writer.finish().map_err(|e| e.to_string()),
        };
        done.map_err(|problem| self.fault(problem))?;
        Ok(self.whole.finish()?)
    }
}

impl Encoder<'_> {
    /// Turns a batch into what the file takes.
    pub(super) fn encode(
        &self,
        kept: &[Column],
        answers: &Answers,
    ) -> Result<Encoded, LocateError> {
        let columns = columns(&self.labels, kept, answers);
        let fault = |problem: String| LocateError::Write { path: self.path.clone(), problem };
        match &self.writing {
            Some(writing) => {
                let pages = writing.pages(&columns, answers.slots.len());
                pages.map(Encoded::Parquet).map_err(|e| fault(e.to_string()))
            }
            None => {
                let text = rows(&columns, answers.slots.len());
                text.map(Encoded::Csv).map_err(|e| fault(e.to_string()))
            }
        }
    }
}

/// Refuses an output in which a column would stand twice.
fn once(path: &Path, columns: &[Made<'_>]) -> Result<(), LocateError> {
    let mut names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(LocateError::Input {
            path: path.to_owned(),
            problem: format!(
                "the column '{}' would stand twice in the output; choose the columns with --keep",
                pair[0]
            ),
        }),
        None => Ok(()),
    }
}
