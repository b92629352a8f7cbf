//! Reading deliveries as delivered; layouts are data.

pub mod layout;
mod reader;

pub use reader::{Header, RawRow, ReadSummary, SourceError, hash_file, read_rows};
