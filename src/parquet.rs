//! Parquet files that others wrote, read without believing them: what their footer and the headers
//! of their pages claim is held against the file before anything is decoded.
//!
//! The decoder underneath takes sizes, offsets and counts at their word. Where they overflow it
//! panics, and where they ask for exabytes the process ends: neither may come of a file.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::io::parquet::metadata::{FileMetadata, FileMetadataRef};
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, PolarsError, SerReader};
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use polars_parquet_format::{PageHeader, PageType};

/// Why a Parquet file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    #[error("{path}: {source}; check the path")]
    Open { path: PathBuf, source: std::io::Error },
    #[error(
        "{path}: not a readable Parquet file ({problem}); it may be cut off: get it again, or ask its owner for it"
    )]
    Damaged { path: PathBuf, problem: String },
}

/// A Parquet file whose footer and page headers were looked at.
#[derive(Clone, Debug)]
pub struct ParquetFile {
    path: PathBuf,
    footer: FileMetadataRef,
    columns: Vec<String>,
}

impl ParquetFile {
    /// Opens a file; no column is read yet.
    ///
    /// # Errors
    /// It cannot be opened, is not Parquet, or contradicts itself.
    pub fn open(path: &Path) -> Result<Self, ParquetError> {
        let fault = |e| damaged(path, &e);
        let footer = plain_footer(path).map_err(fault)?;
        let mut reader = ParquetReader::new(open(path)?);
        reader.set_metadata(footer.clone());
        let schema = read_guarded(|| reader.schema()).map_err(fault)?;
        let columns = schema.iter_names().map(ToString::to_string).collect();
        Ok(Self { path: path.to_owned(), footer, columns })
    }

    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    pub fn rows(&self) -> usize {
        self.footer.num_rows
    }

    /// What the file says of itself, for who reads pages by hand.
    pub fn footer(&self) -> &FileMetadataRef {
        &self.footer
    }

    /// A handle of its own on the file.
    ///
    /// # Errors
    /// It is gone.
    pub fn handle(&self) -> Result<File, ParquetError> {
        open(&self.path)
    }

    /// Rows of each row group.
    pub fn groups(&self) -> impl Iterator<Item = usize> {
        self.footer.row_groups.iter().map(|group| group.num_rows())
    }

    /// What the file's writer said of it under `key`.
    pub fn said(&self, key: &str) -> Option<&str> {
        let pairs = self.footer.key_value_metadata.iter().flatten();
        pairs.filter(|pair| pair.key == key).find_map(|pair| pair.value.as_deref())
    }

    /// Reads `rows` rows from `start` of some columns, with the threads of the library.
    ///
    /// # Errors
    /// The file is gone or damaged, or there is no such column.
    pub fn read(
        &self,
        columns: &[String],
        start: usize,
        rows: usize,
    ) -> Result<DataFrame, ParquetError> {
        self.decode(columns, (start, rows), ParallelStrategy::Auto)
    }

    /// As [`ParquetFile::read`], in the calling thread alone: slices may be read side by side.
    ///
    /// # Errors
    /// As there.
    pub fn read_here(
        &self,
        columns: &[String],
        start: usize,
        rows: usize,
    ) -> Result<DataFrame, ParquetError> {
        self.decode(columns, (start, rows), ParallelStrategy::None)
    }

    /// Reads the whole file.
    ///
    /// # Errors
    /// As [`ParquetFile::read`].
    pub fn read_all(&self) -> Result<DataFrame, ParquetError> {
        self.read(&self.columns, 0, self.rows())
    }

    fn decode(
        &self,
        columns: &[String],
        slice: (usize, usize),
        parallel: ParallelStrategy,
    ) -> Result<DataFrame, ParquetError> {
        let mut columns = columns.to_vec();
        // A column may be wanted twice; it is read once.
        columns.sort_unstable();
        columns.dedup();
        let mut reader = ParquetReader::new(open(&self.path)?);
        reader.set_metadata(self.footer.clone());
        read_guarded(|| {
            let reader = reader.with_columns(Some(columns)).with_slice(Some(slice));
            whole(reader.read_parallel(parallel).finish()?)
        })
        .map_err(|e| damaged(&self.path, &e))
    }

    /// A fault of this file that showed when its values were looked at.
    pub fn fault(&self, e: &PolarsError) -> ParquetError {
        damaged(&self.path, e)
    }
}

fn open(path: &Path) -> Result<File, ParquetError> {
    File::open(path).map_err(|source| ParquetError::Open { path: path.to_owned(), source })
}

fn damaged(path: &Path, e: &PolarsError) -> ParquetError {
    ParquetError::Damaged { path: path.to_owned(), problem: first_line(e) }
}

/// Refuses a frame whose columns differ in length: where a page is damaged, one may end early.
///
/// # Errors
/// They do.
pub fn whole(frame: DataFrame) -> Result<DataFrame, PolarsError> {
    let rows = frame.height();
    if frame.columns().iter().any(|column| column.len() != rows) {
        return Err(wrong("its columns differ in length"));
    }
    Ok(frame)
}

/// What the library says, without the advice to programmers below it.
pub fn first_line(e: &PolarsError) -> String {
    e.to_string().lines().next().unwrap_or("").to_owned()
}

/// Turns a panic of the Parquet reader into a fault of the file that it was reading.
///
/// # Errors
/// Those of `work`, or that the file is damaged.
pub fn read_guarded<T>(work: impl FnOnce() -> Result<T, PolarsError>) -> Result<T, PolarsError> {
    GUARDED.fetch_add(1, Ordering::Relaxed);
    // Nothing that `work` borrows is looked at again after a panic.
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    GUARDED.fetch_sub(1, Ordering::Relaxed);
    done.unwrap_or_else(|_| Err(wrong("a size or an offset in it cannot be right")))
}

static GUARDED: AtomicUsize = AtomicUsize::new(0);

/// True while some thread reads a file whose panic would be answered as a fault of that file: what
/// the panic itself would print tells a user nothing.
pub fn is_reading() -> bool {
    GUARDED.load(Ordering::Relaxed) > 0
}

/// Reads a footer once for all readers of the file, and holds it and the page headers against the
/// file. What Arrow writers say of their own types is dropped: polars refuses extension types such
/// as `geoarrow.wkb`, and the Parquet types suffice.
///
/// # Errors
/// The file cannot be opened, is not Parquet, or contradicts itself.
pub fn plain_footer(path: &Path) -> Result<FileMetadataRef, PolarsError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut pages = BufReader::with_capacity(1 << 12, file.try_clone()?);
    let mut footer =
        read_guarded(|| Ok(ParquetReader::new(file).get_metadata()?.as_ref().clone()))?;
    read_guarded(|| check(&footer, length, &mut pages))?;
    if let Some(pairs) = &mut footer.key_value_metadata {
        pairs.retain(|pair| pair.key != "ARROW:schema");
    }
    Ok(Arc::new(footer))
}

fn wrong(problem: &'static str) -> PolarsError {
    PolarsError::ComputeError(problem.into())
}

/// A header that is longer is none.
const HEADER_BYTES: usize = 1 << 20;

fn check(
    footer: &FileMetadata,
    length: u64,
    file: &mut BufReader<File>,
) -> Result<(), PolarsError> {
    let rows = footer.row_groups.iter().try_fold(0_usize, |n, g| n.checked_add(g.num_rows()));
    if rows != Some(footer.num_rows) {
        return Err(wrong("its row groups do not add up to its rows"));
    }
    for group in &footer.row_groups {
        for chunk in group.parquet_columns() {
            let range = chunk.byte_range();
            if range.end > length {
                return Err(wrong("a column lies behind its end"));
            }
            let values = u64::try_from(chunk.num_values()).unwrap_or(u64::MAX);
            let flat = chunk.descriptor().descriptor.max_rep_level == 0;
            if flat && usize::try_from(values) != Ok(group.num_rows()) {
                return Err(wrong("a column has another number of values than its row group rows"));
            }
            check_pages(file, range, values)?;
        }
    }
    Ok(())
}

/// Walks from header to header: each must be one, stay within its column and claim no more than the
/// column has.
fn check_pages(
    file: &mut BufReader<File>,
    range: std::ops::Range<u64>,
    values: u64,
) -> Result<(), PolarsError> {
    let mut at = range.start;
    let mut seen = 0_u64;
    while seen < values {
        if at >= range.end {
            return Err(wrong("the pages of a column end before its values do"));
        }
        // `seek` would throw away the buffer, in which the next header often lies already.
        let from = file.stream_position()?;
        match (i64::try_from(at), i64::try_from(from)) {
            (Ok(at), Ok(from)) => file.seek_relative(at - from)?,
            _ => drop(file.seek(SeekFrom::Start(at))?),
        }
        let mut input = TCompactInputProtocol::new(&mut *file, HEADER_BYTES);
        let header = PageHeader::read_from_in_protocol(&mut input)
            .map_err(|_| wrong("the header of a page cannot be read"))?;
        let start = file.stream_position()?;
        seen += claimed(&header).ok_or_else(|| wrong("the header of a page cannot be right"))?;
        let size = u64::try_from(header.compressed_page_size).unwrap_or(u64::MAX);
        at = start.saturating_add(size);
        if at > range.end || seen > values {
            return Err(wrong("a page is larger than its column"));
        }
    }
    Ok(())
}

/// How many values a page claims, where its header is possible.
fn claimed(header: &PageHeader) -> Option<u64> {
    let unpacked = u64::try_from(header.uncompressed_page_size).ok()?;
    let kind = header.type_;
    if kind == PageType::DICTIONARY_PAGE {
        // Every entry takes a byte at least; the entries are no values of the column.
        let entries = header.dictionary_page_header.as_ref()?.num_values;
        return (u64::try_from(entries).ok()? <= unpacked).then_some(0);
    }
    if kind == PageType::DATA_PAGE {
        return u64::try_from(header.data_page_header.as_ref()?.num_values).ok();
    }
    if kind == PageType::DATA_PAGE_V2 {
        let page = header.data_page_header_v2.as_ref()?;
        let levels = u64::try_from(page.definition_levels_byte_length).ok()?
            + u64::try_from(page.repetition_levels_byte_length).ok()?;
        let possible = levels <= unpacked && (0..=page.num_values).contains(&page.num_nulls);
        return u64::try_from(page.num_values).ok().filter(|_| possible);
    }
    Some(0)
}
