//! The values of a column of bytes straight from the pages of a Parquet file: polygons are most of
//! their file, and a column of them would be made only to be read once.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};

use polars::io::parquet::metadata::FileMetadata;
use polars::prelude::PolarsError;
use polars_parquet::parquet::compression::{Compression, DecompressionContext};
use polars_parquet::parquet::encoding::hybrid_rle::HybridRleDecoder;
use polars_parquet::parquet::page::{CompressedPage, DataPage, DictPage, Page, split_buffer};
use polars_parquet::parquet::read::{PageReader, decompress};
use polars_parquet::parquet::schema::types::PhysicalType;
use polars_parquet_format::Encoding;

use crate::parquet::read_guarded;

/// The column of one row group: its pages as they are in the file.
pub(super) struct Values {
    dictionary: Option<DictPage>,
    pages: Vec<CompressedPage>,
    unpacking: Unpacking,
    /// Rows may be without a value.
    optional: bool,
}

/// What is used again from page to page.
struct Unpacking {
    context: DecompressionContext,
    buffer: Vec<u8>,
    compression: Compression,
}

impl Unpacking {
    fn page(&mut self, page: CompressedPage) -> Result<Page, PolarsError> {
        read_guarded(|| Ok(decompress(page, &mut self.buffer, &mut self.context)?))
    }

    /// Takes back the room of a page.
    fn take(&mut self, mut page: DataPage) {
        if self.compression != Compression::Uncompressed {
            self.buffer = std::mem::take(page.buffer_mut());
        }
    }
}

fn damaged(problem: &'static str) -> PolarsError {
    PolarsError::ComputeError(problem.into())
}

impl Values {
    /// Reads the pages of a column; `None` where they have to be decoded otherwise: nested, not
    /// bytes, or in an encoding that does not keep its values whole.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub(super) fn read(
        mut file: File,
        footer: &FileMetadata,
        group: usize,
        column: &str,
    ) -> Result<Option<Self>, PolarsError> {
        let of_name = footer.row_groups.get(group).and_then(|g| g.columns_under_root_iter(column));
        let Some(chunk) = of_name.and_then(|mut chunks| chunks.next()) else { return Ok(None) };
        let kind = &chunk.descriptor().descriptor;
        let flat = kind.max_rep_level == 0 && (0..=1).contains(&kind.max_def_level);
        if !flat || chunk.physical_type() != PhysicalType::ByteArray {
            return Ok(None);
        }
        let range = chunk.byte_range();
        let size = usize::try_from(range.end - range.start);
        let mut bytes = vec![0; size.map_err(|_| damaged("a column is too large"))?];
        file.seek(SeekFrom::Start(range.start))?;
        file.read_exact(&mut bytes)?;
        let optional = kind.max_def_level == 1;
        let (dictionary, pages) = read_guarded(|| {
            let bytes = Cursor::new(bytes.into());
            let mut reader = PageReader::new(bytes, chunk, Vec::new(), usize::MAX);
            let dictionary = reader.read_dict()?.map(CompressedPage::Dict);
            Ok((dictionary, reader.collect::<Result<Vec<_>, _>>()?))
        })?;
        let whole = |page: &CompressedPage| match page {
            CompressedPage::Data(page) => {
                let header = page.header();
                header.is_dictionary_encoded() || header.encoding() == Encoding::PLAIN
            }
            CompressedPage::Dict(_) => false,
        };
        if !pages.iter().all(whole) {
            return Ok(None);
        }
        let (context, compression) = (DecompressionContext::Unset, chunk.compression());
        let mut unpacking = Unpacking { context, buffer: Vec::new(), compression };
        let dictionary = match dictionary.map(|page| unpacking.page(page)).transpose()? {
            Some(Page::Dict(page)) => Some(page),
            _ => None,
        };
        Ok(Some(Self { dictionary, pages, unpacking, optional }))
    }

    /// Calls `each` with every value in the order of the rows; `None` for a row without one.
    ///
    /// # Errors
    /// A damaged file by way of `fault`, or whatever `each` returns.
    pub(super) fn for_each<E>(
        self,
        fault: impl Fn(PolarsError) -> E,
        mut each: impl FnMut(Option<&[u8]>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { dictionary, pages, mut unpacking, optional } = self;
        let words = dictionary.as_ref().map_or(Ok(Vec::new()), entries).map_err(&fault)?;
        for page in pages {
            let Page::Data(page) = unpacking.page(page).map_err(&fault)? else { continue };
            let (present, bytes) = split(&page, optional).map_err(&fault)?;
            let mut values = Encoded::of(&page, bytes, &words, &present).map_err(&fault)?;
            for is in present {
                let value = if is { Some(values.next().map_err(&fault)?) } else { None };
                each(value)?;
            }
            drop(values);
            unpacking.take(page);
        }
        Ok(())
    }
}

/// Which rows of a page have a value, and the bytes of those values.
fn split(page: &DataPage, optional: bool) -> Result<(Vec<bool>, &[u8]), PolarsError> {
    let rows = page.num_values();
    let (levels, values) = read_guarded(|| {
        let parts = split_buffer(page)?;
        let levels = optional.then(|| HybridRleDecoder::new(parts.def, 1, rows).collect());
        Ok((levels.transpose()?, parts.values))
    })?;
    let present = match levels {
        None => vec![true; rows],
        Some(levels) if levels.len() == rows => levels.iter().map(|level| *level == 1).collect(),
        Some(_) => return Err(damaged("a page has fewer rows than it claims")),
    };
    Ok((present, values))
}

/// The values of a dictionary by number.
fn entries(page: &DictPage) -> Result<Vec<&[u8]>, PolarsError> {
    let mut rest: &[u8] = &page.buffer;
    let mut all = Vec::new();
    for _ in 0..page.num_values {
        all.push(plain(&mut rest)?);
    }
    Ok(all)
}

/// Takes a value with its length before it.
fn plain<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], PolarsError> {
    let value = rest.split_first_chunk::<4>().and_then(|(length, behind)| {
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        behind.split_at_checked(length)
    });
    let (value, behind) = value.ok_or_else(|| damaged("a value ends behind its page"))?;
    *rest = behind;
    Ok(value)
}

/// The values of a page.
enum Encoded<'a> {
    Plain(&'a [u8]),
    Numbers { numbers: std::vec::IntoIter<u32>, words: &'a [&'a [u8]] },
}

impl<'a> Encoded<'a> {
    fn of(
        page: &DataPage,
        bytes: &'a [u8],
        words: &'a [&'a [u8]],
        present: &[bool],
    ) -> Result<Self, PolarsError> {
        if !page.header().is_dictionary_encoded() {
            return Ok(Self::Plain(bytes));
        }
        let n = present.iter().filter(|is| **is).count();
        // A page without values may be without their width.
        let (bits, packed) = bytes.split_first().unwrap_or((&0, &[]));
        let numbers =
            read_guarded(|| Ok(HybridRleDecoder::new(packed, u32::from(*bits), n).collect()?))?;
        Ok(Self::Numbers { numbers: numbers.into_iter(), words })
    }

    fn next(&mut self) -> Result<&'a [u8], PolarsError> {
        match self {
            Self::Plain(rest) => plain(rest),
            Self::Numbers { numbers, words } => {
                let word = numbers.next().and_then(|number| words.get(number as usize));
                word.copied().ok_or_else(|| damaged("a value is not in its dictionary"))
            }
        }
    }
}
