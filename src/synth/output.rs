//! The files of a delivery folder: written beside it and put in its place when all is there, so
//! that a run that was cut off leaves nothing that looks finished.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{DataFrame, ParquetCompression, ParquetWriter, PolarsError, Schema};
use rayon::prelude::*;

use super::SynthError;
use super::delivery::{Batch, Form};
use super::sheet::{Sheet, quote};
use super::truth::{self, TruthBatch};
use crate::domain::Registry;
use crate::sources::layout::{FileKind, Layout};

/// The file that marks a folder as made here.
pub use crate::sources::layout::SYNTHETIC_MARKER as MARKER;
/// The report of a run, beside its deliveries.
pub const RECEIPT: &str = "laporan_sintesis.json";
const MARKER_TEXT: &str = "Data sintetis\n\nSeluruh isi folder ini dibuat oleh `tepat synth`. Tidak ada satu pun orang, keluarga, NIK, nomor KK,\nalamat, atau rumah di dalamnya yang nyata. Batas wilayah dan angka acuan BPS adalah nyata.\nJangan digunakan untuk keputusan apa pun.\n";

/// Rows that wait until they are a row group; a group of families adds far fewer than the rest.
const ROWS_PER_GROUP: u64 = 65_536;

type Parquet = BatchedWriter<BufWriter<File>>;

/// One delivered file being written.
enum Target {
    Csv(BufWriter<File>),
    Parquet { writer: Parquet, columns: Vec<String>, waiting: Sheet },
}

/// One truth table being written; opened by the first frame.
struct TruthTable {
    path: PathBuf,
    writer: Option<Parquet>,
}

/// A delivery folder being written.
pub(super) struct Output {
    /// Held until the deliveries are in place: two runs into one folder would mix.
    _lock: Lock,
    out: PathBuf,
    folder: PathBuf,
    names: Vec<String>,
    targets: Vec<Target>,
    rows: Vec<u64>,
    truth: [TruthTable; 3],
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> SynthError + '_ {
    move |source| SynthError::Write { path: path.to_owned(), source }
}

fn table(path: &Path) -> impl FnOnce(PolarsError) -> SynthError + '_ {
    move |source| SynthError::Table { path: path.to_owned(), problem: source.to_string() }
}

fn create(path: &Path) -> Result<BufWriter<File>, SynthError> {
    Ok(BufWriter::with_capacity(1 << 18, File::create(path).map_err(io(path))?))
}

fn parquet(path: &Path, schema: &Schema) -> Result<Parquet, SynthError> {
    ParquetWriter::new(create(path)?)
        .with_compression(ParquetCompression::Lz4Raw)
        .batched(schema)
        .map_err(table(path))
}

/// A name beside `out` for work in progress.
fn beside(out: &Path, ending: &str) -> Result<PathBuf, SynthError> {
    let name = out.file_name().ok_or_else(|| SynthError::NoName(out.to_owned()))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(ending);
    Ok(out.with_file_name(hidden))
}

/// True where `out` may be replaced: absent, empty, or made by an earlier run.
fn check_free(out: &Path) -> Result<(), SynthError> {
    let occupied = || SynthError::Occupied(out.to_owned());
    match std::fs::read_dir(out) {
        Ok(mut entries) => {
            let ours = out.join(MARKER).is_file();
            let stranger = |entry: std::io::Result<std::fs::DirEntry>| {
                entry.is_ok_and(|e| !ours || !is_ours(&e.file_name().to_string_lossy()))
            };
            if entries.any(stranger) { Err(occupied()) } else { Ok(()) }
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(_) if out.exists() => Err(occupied()),
        Err(source) => Err(SynthError::Write { path: out.to_owned(), source }),
    }
}

/// The names that a run gives to what it makes: anything else in its folder is somebody's own.
fn is_ours(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let of_a_layout = |registry: Registry| {
        Layout::builtin(registry).is_ok_and(|l| l.files.iter().any(|f| f.name == stem))
    };
    matches!(name, MARKER | RECEIPT | "truth") || Registry::ALL.into_iter().any(of_a_layout)
}

fn remove(folder: &Path) -> Result<(), SynthError> {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(io(folder)(e)),
        _ => Ok(()),
    }
}

/// A lock beside the folder, gone with its holder.
struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    fn take(out: &Path) -> Result<Self, SynthError> {
        let path = beside(out, ".kunci")?;
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(io(parent))?;
        }
        let file = File::create(&path).map_err(io(&path))?;
        file.try_lock().map_err(|_| SynthError::Busy(out.to_owned()))?;
        Ok(Self { path, _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Best effort: a lock file that stays is taken over by the next run.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Output {
    pub(super) fn create(out: &Path, forms: &[Form]) -> Result<Self, SynthError> {
        check_free(out)?;
        let folder = beside(out, ".sedang-dibuat")?;
        let lock = Lock::take(out)?;
        remove(&folder)?;
        let truth_folder = folder.join("truth");
        std::fs::create_dir_all(&truth_folder).map_err(io(&truth_folder))?;
        let mut targets = Vec::new();
        let mut names = Vec::new();
        for form in forms {
            let (name, target) = open(&folder, form)?;
            names.push(name);
            targets.push(target);
        }
        let truth = ["families", "persons", "rows"].map(|name| TruthTable {
            path: truth_folder.join(format!("{name}.parquet")),
            writer: None,
        });
        let rows = vec![0; forms.len()];
        Ok(Self { _lock: lock, out: out.to_owned(), folder, names, targets, rows, truth })
    }

    /// Adds the rows of a group of families to every file.
    pub(super) fn add(&mut self, batch: Batch) -> Result<(), SynthError> {
        let Batch { sheets, mut truth, .. } = batch;
        for row in &mut truth.rows {
            row.row += self.rows[usize::from(row.file)];
        }
        for (i, sheet) in sheets.iter().enumerate() {
            self.rows[i] += sheet.rows();
            let path = self.folder.join(&self.names[i]);
            match (&mut self.targets[i], sheet) {
                (Target::Csv(file), Sheet::Csv { bytes, .. }) => {
                    file.write_all(bytes).map_err(io(&path))?;
                }
                (Target::Parquet { writer, columns, waiting }, sheet) => {
                    waiting.append(sheet);
                    if waiting.rows() >= ROWS_PER_GROUP {
                        flush(&path, writer, columns, waiting)?;
                    }
                }
                (Target::Csv(_), Sheet::Parquet { .. }) => {}
            }
        }
        self.add_truth(&truth)
    }

    fn add_truth(&mut self, batch: &TruthBatch) -> Result<(), SynthError> {
        let frames = [
            truth::families_frame(&batch.families),
            truth::persons_frame(&batch.persons),
            truth::rows_frame(&batch.rows),
        ];
        for (target, frame) in self.truth.iter_mut().zip(frames) {
            let frame = frame.map_err(table(&target.path))?;
            if target.writer.is_none() {
                target.writer = Some(parquet(&target.path, &truth::schema(&frame))?);
            }
            if let Some(writer) = &mut target.writer {
                writer.write_batch(&frame).map_err(table(&target.path))?;
            }
        }
        Ok(())
    }

    /// File names with the rows they have, in the order of the truth's `file`.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&str, u64)> {
        self.names.iter().map(String::as_str).zip(self.rows.iter().copied())
    }

    /// Completes every file and puts the folder in place.
    pub(super) fn finish(mut self, report: &[u8]) -> Result<(), SynthError> {
        for (target, name) in self.targets.iter_mut().zip(&self.names) {
            let path = self.folder.join(name);
            match target {
                Target::Csv(file) => file.flush().map_err(io(&path))?,
                Target::Parquet { writer, columns, waiting } => {
                    flush(&path, writer, columns, waiting)?;
                    writer.finish().map_err(table(&path))?;
                }
            }
        }
        for target in &self.truth {
            if let Some(writer) = &target.writer {
                writer.finish().map_err(table(&target.path))?;
            }
        }
        for (name, content) in [(RECEIPT, report), (MARKER, MARKER_TEXT.as_bytes())] {
            let path = self.folder.join(name);
            std::fs::write(&path, content).map_err(io(&path))?;
        }
        // Parquet writers hold their buffered files: they must be closed before the folder moves.
        self.targets.clear();
        self.truth.iter_mut().for_each(|target| target.writer = None);
        check_free(&self.out)?;
        let old = beside(&self.out, ".lama")?;
        remove(&old)?;
        if self.out.exists() {
            std::fs::rename(&self.out, &old).map_err(io(&self.out))?;
        }
        std::fs::rename(&self.folder, &self.out).map_err(io(&self.out))?;
        remove(&old)
    }

    /// Removes what a failed run has written.
    pub(super) fn abandon(self) {
        let folder = self.folder.clone();
        drop(self);
        // The failure itself is what the caller hears of; what cannot be removed carries a name
        // that says it is unfinished.
        let _ = remove(&folder);
    }
}

fn open(folder: &Path, form: &Form) -> Result<(String, Target), SynthError> {
    let layout = &form.layout;
    match layout.kind {
        FileKind::Csv => {
            let name = format!("{}.csv", layout.name);
            let path = folder.join(&name);
            let mut file = create(&path)?;
            file.write_all(&header(form)).map_err(io(&path))?;
            Ok((name, Target::Csv(file)))
        }
        FileKind::Parquet => {
            let name = format!("{}.parquet", layout.name);
            let schema = truth::text_schema(&layout.columns);
            let writer = parquet(&folder.join(&name), &schema)?;
            let columns = layout.columns.clone();
            Ok((name, Target::Parquet { writer, columns, waiting: Sheet::new(form) }))
        }
    }
}

fn header(form: &Form) -> Vec<u8> {
    let delimiter = u8::try_from(form.layout.delimiter).unwrap_or(b',');
    let mut line = Vec::new();
    for (i, column) in form.layout.columns.iter().enumerate() {
        if i > 0 {
            line.push(delimiter);
        }
        let start = line.len();
        line.extend_from_slice(column.as_bytes());
        quote(&mut line, start, delimiter);
    }
    line.push(b'\n');
    line
}

/// Writes the waiting rows as one row group.
fn flush(
    path: &Path,
    writer: &mut Parquet,
    names: &[String],
    waiting: &mut Sheet,
) -> Result<(), SynthError> {
    let Sheet::Parquet { columns, rows } = waiting else { return Ok(()) };
    if *rows == 0 {
        return Ok(());
    }
    let height = *rows as usize;
    let made: Vec<_> = names
        .par_iter()
        .zip(columns.par_iter())
        .map(|(name, texts)| texts.column(name, height))
        .collect();
    let frame = DataFrame::new(height, made).map_err(table(path))?;
    writer.write_batch(&frame).map_err(table(path))?;
    columns.iter_mut().for_each(super::sheet::Texts::clear);
    *rows = 0;
    Ok(())
}
