//! A batch as rows of CSV.

use polars::prelude::{DataType, NamedFrom, PolarsError, Series, StringChunked};

use super::columns::{Cells, Made};

/// The row of the names.
pub(super) fn header(columns: &[Made<'_>]) -> Result<Vec<u8>, csv::Error> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(columns.iter().map(|column| column.name))?;
    out.into_inner().map_err(|e| e.into_error().into())
}

/// What stands in a column.
enum Texts<'a> {
    Series(StringChunked),
    Words(&'a [&'a str], &'a [u32]),
}

impl Texts<'_> {
    fn of<'a>(column: &'a Made<'a>) -> Result<Texts<'a>, PolarsError> {
        let text = |series: &Series| series.cast(&DataType::String)?.str().cloned();
        match &column.cells {
            Cells::Kept(kept) => text(kept.as_materialized_series()).map(Texts::Series),
            Cells::Words { words, at } => Ok(Texts::Words(words, at)),
            Cells::Numbers(values) => text(&Series::new("".into(), values)).map(Texts::Series),
        }
    }

    fn iter(&self) -> Box<dyn Iterator<Item = &str> + '_> {
        match self {
            Self::Series(texts) => Box::new(texts.iter().map(Option::unwrap_or_default)),
            Self::Words(words, at) => {
                Box::new(at.iter().map(|at| words.get(*at as usize).copied().unwrap_or_default()))
            }
        }
    }
}

/// The rows of a batch; a missing value is an empty cell.
pub(super) fn rows(columns: &[Made<'_>], n: usize) -> Result<Vec<u8>, PolarsError> {
    let texts: Vec<Texts<'_>> = columns.iter().map(Texts::of).collect::<Result<_, _>>()?;
    let mut cells: Vec<_> = texts.iter().map(Texts::iter).collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    let fault = |e: String| PolarsError::ComputeError(e.into());
    for _ in 0..n {
        let row = cells.iter_mut().map(|cells| cells.next().unwrap_or_default());
        out.write_record(row).map_err(|e| fault(e.to_string()))?;
    }
    out.into_inner().map_err(|e| fault(e.to_string()))
}
