//! The footer of a Parquet file, without the hints of one library to itself.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::{ParquetReader, PolarsError, SerReader};

/// Reads Parquet that may be damaged: the reader takes sizes and offsets of a file at their word and
/// panics where they overflow. That is a fault of the file, not of the program.
///
/// # Errors
/// Those of `work`, or that the file is damaged.
pub fn read_guarded<T>(work: impl FnOnce() -> Result<T, PolarsError>) -> Result<T, PolarsError> {
    // Nothing that `work` borrows is looked at again after a panic.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(PolarsError::ComputeError("a size or an offset in it cannot be right".into()))
    })
}

/// Reads a footer once for all readers of the file. What Arrow writers say of their own types is
/// dropped: polars refuses extension types such as `geoarrow.wkb`, and the Parquet types suffice.
///
/// # Errors
/// The file cannot be opened or is not Parquet.
pub fn plain_footer(path: &Path) -> Result<FileMetadataRef, PolarsError> {
    let file = File::open(path)?;
    let mut footer =
        read_guarded(|| Ok(ParquetReader::new(file).get_metadata()?.as_ref().clone()))?;
    if let Some(pairs) = &mut footer.key_value_metadata {
        pairs.retain(|pair| pair.key != "ARROW:schema");
    }
    Ok(Arc::new(footer))
}
