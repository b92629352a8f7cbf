//! One measure a file: what a region's sums say. Rates are 0..1; `None` where the denominator is
//! empty, which is not zero.

pub mod coverage;
pub mod poverty;
pub mod quality;
mod share;
mod value;

pub use value::value;
