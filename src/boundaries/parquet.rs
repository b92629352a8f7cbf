//! GeoParquet as a boundary file with all its columns.

use std::path::Path;

use super::feature::{Delivered, Features, FileKind};
use super::geoparquet::{GeoParquet, GeoParquetError};
use super::read::ReadError;
use super::wkb::{WkbError, read_wkb};

/// Columns that are read: codes and names are among the first.
const MOST_COLUMNS: usize = 64;

pub(super) fn read(path: &Path) -> Result<Features, ReadError> {
    let file = GeoParquet::open(path)?;
    let mut features = Features::new(FileKind::GeoParquet);
    features.reference = file.reference.clone();
    // A covering box is no attribute, and cannot be written as text.
    let names: Vec<&str> = file.columns().filter(|c| *c != "bbox").take(MOST_COLUMNS).collect();
    let columns: Vec<usize> = names.iter().map(|name| features.column(name)).collect();
    file.for_each(&names, |row| {
        features.push(row.wkb.map_or(Delivered::Missing, delivered));
        for (i, column) in columns.iter().enumerate() {
            features.set(*column, row.text(i).unwrap_or_default());
        }
        Ok::<(), GeoParquetError>(())
    })?;
    Ok(features)
}

/// WKB as a row's geometry.
pub(super) fn delivered(bytes: &[u8]) -> Delivered {
    match read_wkb(bytes) {
        Ok(shape) => Delivered::Parts(
            shape
                .parts
                .into_iter()
                .map(|rings| rings.into_iter().map(|ring| ring.0).collect())
                .collect(),
        ),
        Err(WkbError::Kind(kind)) => Delivered::OtherKind(kind.to_owned()),
        Err(e) => Delivered::Unreadable(e.to_string()),
    }
}
