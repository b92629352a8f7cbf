//! A batch as pages of Parquet, and the file that takes them.
//!
//! Words go into the pages as they are, a dictionary and positions in it: made into polars
//! categories first they cost as much as locating.

use std::io::Write;

use polars::io::parquet::write::{BatchedWriter, get_encodings};
use polars::prelude::{
    CompatLevel, NamedFrom, ParquetCompression, ParquetWriter, PolarsError, Schema, SchemaExt,
    Series, StatisticsOptions,
};
use polars_arrow::array::{Array, DictionaryArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, IntegerType};
use polars_parquet::write::{
    CompressedPage, CompressionOptions, Encoding, ParquetType, Version, WriteOptions,
    array_to_columns, compress,
};

use super::columns::{Cells, EMPTY, Made};

/// The file; a row group a batch.
pub(super) struct Writer<W: Write>(BatchedWriter<W>);

/// How columns become pages.
pub(super) struct Writing {
    types: Vec<ParquetType>,
    encodings: Vec<Vec<Encoding>>,
}

/// A row group: its columns as pages, encoded and compressed.
pub(super) struct Pages {
    rows: u64,
    columns: Vec<Vec<CompressedPage>>,
}

const OPTIONS: WriteOptions = WriteOptions {
    statistics: StatisticsOptions {
        min_value: false,
        max_value: false,
        distinct_count: false,
        null_count: false,
        binary_statistics_truncate_length: None,
    },
    version: Version::V1,
    compression: CompressionOptions::Snappy,
    data_page_size: None,
};

impl<W: Write> Writer<W> {
    /// Begins a file with the columns of `schema`.
    pub(super) fn new(file: W, schema: &Schema) -> Result<(Self, Writing), PolarsError> {
        let mut writer = ParquetWriter::new(file)
            .with_compression(ParquetCompression::Snappy)
            .with_statistics(OPTIONS.statistics)
            .set_parallel(false)
            .batched(schema)?;
        let arrow = schema.to_arrow(CompatLevel::newest());
        let writing = Writing {
            types: writer.parquet_schema().fields().to_vec(),
            encodings: get_encodings(&arrow).to_vec(),
        };
        Ok((Self(writer), writing))
    }

    /// Writes a batch.
    pub(super) fn take(&mut self, pages: &Pages) -> Result<(), PolarsError> {
        if pages.rows == 0 {
            return Ok(());
        }
        self.0.write_row_group(pages.rows, &pages.columns)
    }

    /// Ends the file.
    pub(super) fn finish(&mut self) -> Result<(), PolarsError> {
        self.0.finish().map(drop)
    }
}

impl Writing {
    /// Encodes and compresses a batch of `rows` rows.
    pub(super) fn pages(&self, columns: &[Made<'_>], rows: usize) -> Result<Pages, PolarsError> {
        let mut out = Vec::with_capacity(columns.len());
        for ((column, kind), encodings) in columns.iter().zip(&self.types).zip(&self.encodings) {
            let array = array(&column.cells)?;
            for pages in array_to_columns(&array, kind.clone(), OPTIONS, encodings)? {
                let packed = pages.map(|page| {
                    compress(page?, Vec::new(), OPTIONS.compression).map_err(PolarsError::from)
                });
                out.push(packed.collect::<Result<Vec<_>, PolarsError>>()?);
            }
        }
        Ok(Pages { rows: rows as u64, columns: out })
    }
}

fn array(cells: &Cells<'_>) -> Result<Box<dyn Array>, PolarsError> {
    let series = |series: &Series| series.rechunk().to_arrow(0, CompatLevel::newest());
    match cells {
        Cells::Kept(column) => Ok(series(column.as_materialized_series())),
        Cells::Numbers(values) => Ok(series(&Series::new("".into(), values))),
        Cells::Words { words, at } => {
            let words = Utf8ViewArray::from_slice_values(words);
            let all = at.iter().all(|at| *at != EMPTY);
            let validity = (!all).then(|| at.iter().map(|at| *at != EMPTY).collect::<Bitmap>());
            // A row without a word still needs a position that there is.
            let keys: Vec<u32> = at.iter().map(|at| if *at == EMPTY { 0 } else { *at }).collect();
            let keys = PrimitiveArray::new(ArrowDataType::UInt32, keys.into(), validity);
            let kind = ArrowDataType::Dictionary(
                IntegerType::UInt32,
                Box::new(ArrowDataType::Utf8View),
                false,
            );
            Ok(DictionaryArray::try_new(kind, keys, Box::new(words))?.boxed())
        }
    }
}
