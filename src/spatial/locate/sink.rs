//! Located points to a CSV or Parquet file: written beside, moved into place when whole.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column, DataFrame, DataType, Field, FrozenCategories, IntoColumn, IntoSeries, NamedFrom,
    NewChunkedArray, ParquetCompression, ParquetWriter, PolarsError, RowGroupIterColumns, Schema,
    Series, StatisticsOptions, UInt32Chunked,
};

use super::LocateError;
use super::answer::{Agreement, Answers, How, Remark};
use crate::fresh::{self, Access, Fresh};

/// Codes and, where they are wanted, names of the regions by slot.
pub(super) struct Labels<'a> {
    pub(super) codes: &'a [String],
    pub(super) names: Option<&'a [String]>,
}

/// The file that is being written.
pub(super) struct Sink {
    path: PathBuf,
    whole: Fresh,
    kind: Kind,
}

enum Kind {
    Csv(BufWriter<File>),
    Parquet,
}

/// Turns batches into what the file takes, on any thread.
pub(super) struct Encoder<'a> {
    labels: Labels<'a>,
    parquet: Option<BatchedWriter<BufWriter<File>>>,
    path: PathBuf,
}

/// A batch as the file takes it.
pub(super) enum Encoded {
    Csv(Vec<u8>),
    Parquet(Vec<RowGroupIterColumns<'static, PolarsError>>),
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
        let whole = Fresh::create(path, Access::Usual)?;
        let file = BufWriter::with_capacity(1 << 18, whole.handle()?);
        let mut sink = Self { path: path.to_owned(), whole, kind: Kind::Parquet };
        let mut encoder = Encoder { labels, parquet: None, path: path.to_owned() };
        let columns = encoder.columns(kept, shown)?;
        if path.extension().is_some_and(|e| e == "parquet") {
            // A dictionary column is text in the file; readers need not know our types.
            let plain = |c: &Column| match c.dtype() {
                DataType::Enum(..) => Field::new(c.name().clone(), DataType::String),
                other => Field::new(c.name().clone(), other.clone()),
            };
            let schema: Schema = columns.iter().map(plain).collect();
            let writer = ParquetWriter::new(file)
                .with_compression(ParquetCompression::Snappy)
                .with_statistics(StatisticsOptions::empty())
                .set_parallel(false)
                .batched(&schema);
            encoder.parquet = Some(writer.map_err(|e| fault(e.to_string()))?);
        } else {
            let mut file = file;
            let mut header = csv::Writer::from_writer(Vec::new());
            header
                .write_record(columns.iter().map(|c| c.name().as_str()))
                .map_err(|e| fault(e.to_string()))?;
            let header = header.into_inner().map_err(|e| fault(e.to_string()))?;
            file.write_all(&header).map_err(|e| fault(e.to_string()))?;
            sink.kind = Kind::Csv(file);
        }
        Ok((sink, encoder))
    }

    /// Writes a batch.
    pub(super) fn take(
        &mut self,
        encoder: &Encoder<'_>,
        batch: Encoded,
    ) -> Result<(), LocateError> {
        let done = match (&mut self.kind, batch, &encoder.parquet) {
            (Kind::Csv(file), Encoded::Csv(text), _) => {
                file.write_all(&text).map_err(|e| e.to_string())
            }
            (_, Encoded::Parquet(groups), Some(writer)) => {
                writer.write_row_groups(groups).map_err(|e| e.to_string())
            }
            _ => Ok(()),
        };
        done.map_err(|problem| LocateError::Write { path: self.path.clone(), problem })
    }

    /// Ends the file and moves it into place.
    pub(super) fn finish(mut self, encoder: Encoder<'_>) -> Result<(), LocateError> {
        let fault = |problem: String| LocateError::Write { path: self.path.clone(), problem };
        match (&mut self.kind, encoder.parquet) {
            (Kind::Csv(file), _) => file.flush().map_err(|e| fault(e.to_string()))?,
            (_, Some(writer)) => drop(writer.finish().map_err(|e| fault(e.to_string()))?),
            _ => {}
        }
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
        let columns = self.columns(kept, answers)?;
        let Some(writer) = &self.parquet else { return self.csv(&columns) };
        let frame = DataFrame::new_infer_height(columns).map_err(|e| self.fault(&e))?;
        let groups = writer.encode_and_compress(&frame).collect::<Result<_, _>>();
        groups.map(Encoded::Parquet).map_err(|e| self.fault(&e))
    }

    fn fault(&self, e: &dyn std::fmt::Display) -> LocateError {
        LocateError::Write { path: self.path.clone(), problem: e.to_string() }
    }

    fn columns(&self, kept: &[Column], answers: &Answers) -> Result<Vec<Column>, LocateError> {
        let mut all = kept.to_vec();
        let mut add = |name: &str, series: Result<Series, PolarsError>| {
            let series = series.map_err(|e| self.fault(&e))?;
            all.push(series.with_name(name.into()).into_column());
            Ok::<(), LocateError>(())
        };
        let used = Used::of(&answers.slots, self.labels.codes.len());
        add("region_code", used.column(self.labels.codes))?;
        if let Some(names) = self.labels.names {
            add("region_name", used.column(names))?;
        }
        add("how", words(How::WORDS, answers.how.iter().map(|h| Some(h.at()))))?;
        if let Some(remarks) = &answers.remarks {
            add("remark", words(Remark::WORDS, remarks.iter().map(|r| r.map(Remark::at))))?;
        }
        for (name, values) in
            [("distance_m", &answers.distance), ("stated_distance_m", &answers.stated_distance)]
        {
            if let Some(values) = values {
                add(name, Ok(Series::new(name.into(), values)))?;
            }
        }
        if let Some(levels) = &answers.agreement {
            add("agreement", words(Agreement::WORDS, levels.iter().map(|a| a.map(Agreement::at))))?;
        }
        let mut names: Vec<&str> = all.iter().map(|c| c.name().as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(LocateError::Input {
                path: self.path.clone(),
                problem: format!(
                    "the column '{}' would stand twice in the output; choose the columns with --keep",
                    pair[0]
                ),
            }),
            None => Ok(all),
        }
    }

    fn csv(&self, columns: &[Column]) -> Result<Encoded, LocateError> {
        let texts = columns
            .iter()
            .map(|column| column.cast(&DataType::String).and_then(|c| c.str().cloned()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| self.fault(&e))?;
        let mut iterators: Vec<_> = texts.iter().map(|text| text.iter()).collect();
        let mut out = csv::Writer::from_writer(Vec::new());
        for _ in 0..texts.first().map_or(0, polars::prelude::ChunkedArray::len) {
            let row = iterators.iter_mut().map(|texts| texts.next().flatten().unwrap_or(""));
            out.write_record(row).map_err(|e| self.fault(&e))?;
        }
        out.into_inner().map(Encoded::Csv).map_err(|e| self.fault(&e))
    }
}

/// Few words for many rows.
fn words(all: &[&str], rows: impl Iterator<Item = Option<u32>>) -> Result<Series, PolarsError> {
    let words = FrozenCategories::new(all.iter().copied())?;
    dictionary(UInt32Chunked::from_iter_options("".into(), rows), words)
}

/// Positions in a list of words as texts.
fn dictionary(at: UInt32Chunked, words: Arc<FrozenCategories>) -> Result<Series, PolarsError> {
    let at = at.into_series().cast(&DataType::from(words.physical()))?;
    Series::from_cats_and_dtype(&at, &DataType::from_frozen_categories(words), true)
}

/// The regions that a batch names, so that its dictionary holds no others.
struct Used {
    slots: Vec<u32>,
    rows: UInt32Chunked,
}

impl Used {
    fn of(slots: &[u32], regions: usize) -> Self {
        let mut place = vec![u32::MAX; regions];
        for slot in slots {
            if let Some(place) = place.get_mut(*slot as usize) {
                *place = 0;
            }
        }
        let mut used = Vec::new();
        for (slot, place) in (0_u32..).zip(&mut place).filter(|(_, place)| **place == 0) {
            *place = u32::try_from(used.len()).unwrap_or(u32::MAX);
            used.push(slot);
        }
        let rows = slots.iter().map(|slot| place.get(*slot as usize).copied());
        Self { slots: used, rows: UInt32Chunked::from_iter_options("".into(), rows) }
    }

    fn column(&self, labels: &[String]) -> Result<Series, PolarsError> {
        let of = |slot: &u32| labels.get(*slot as usize).map_or("", String::as_str);
        let mut distinct: Vec<&str> = self.slots.iter().map(of).collect();
        distinct.sort_unstable();
        if distinct.windows(2).any(|pair| pair[0] == pair[1]) {
            // Names repeat: a dictionary of positions would not know which is meant.
            let text = self.rows.iter().map(|at| at.map(|at| of(&self.slots[at as usize])));
            return Ok(Series::new("".into(), text.collect::<Vec<_>>()));
        }
        let words = FrozenCategories::new(self.slots.iter().map(of))?;
        dictionary(self.rows.clone(), words)
    }
}
