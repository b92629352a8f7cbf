//! Files from rows: CSV, XLSX and GeoJSON. What may be shown was decided before (`Release`); each
//! file carries where its figures are from. No HTTP.

mod csv;
mod geojson;
mod matching;
mod table;
mod xlsx;

pub use csv::{csv, csv_excel_id};
pub use geojson::{geojson, write_geojson};
pub use table::{Column, ColumnKind, Field, Row, Table};
pub use xlsx::xlsx;

use crate::spatial::BoundaryError;

/// Why a file could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error(transparent)]
    Boundary(#[from] BoundaryError),
    #[error("the file could not be written: {0}")]
    Write(#[from] std::io::Error),
}
