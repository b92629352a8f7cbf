//! Reading deliveries as delivered; layouts are data.

mod columns;
pub mod layout;
mod reader;

pub use columns::{Texts, Wanted, read_columns};
pub use reader::{Header, RawRow, ReadSummary, SourceError, hash_file, read_rows};
