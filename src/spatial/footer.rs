//! The footer of a Parquet file, without the hints of one library to itself.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use polars::io::parquet::metadata::FileMetadataRef;
use polars::prelude::{ParquetReader, PolarsError, SerReader};

/// Reads a footer once for all readers of the file. What Arrow writers say of their own types is
/// dropped: polars refuses extension types such as `geoarrow.wkb`, and the Parquet types suffice.
///
/// # Errors
/// The file cannot be opened or is not Parquet.
pub fn plain_footer(path: &Path) -> Result<FileMetadataRef, PolarsError> {
    let mut reader = ParquetReader::new(File::open(path)?);
    let mut footer = reader.get_metadata()?.as_ref().clone();
    if let Some(pairs) = &mut footer.key_value_metadata {
        pairs.retain(|pair| pair.key != "ARROW:schema");
    }
    Ok(Arc::new(footer))
}
