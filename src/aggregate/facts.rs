//! Family facts as a frame, summed by desa with polars: lazily, on the streaming engine, one
//! partition at a time. Every column is a whole number, so sums are exact in any order.

use std::collections::BTreeMap;

use polars::prelude::{
    Column, DataFrame, Engine, IntoLazy, LazyFrame, NamedFrom, PolarsError, Series, col,
};

use super::family::FamilyFact;
use crate::domain::{RegionCode, RegionCounts};

const DESA: &str = "desa";

/// Summing failed: a fault of ours, not of the data.
#[derive(Debug, thiserror::Error)]
pub enum AggregateError {
    #[error("aggregation: {0}")]
    Frame(#[from] PolarsError),
    #[error("aggregation: unexpected table: {0}")]
    Shape(String),
}

/// The sums of one partition's families, by desa.
///
/// # Errors
/// See [`AggregateError`].
pub fn sum_by_desa(
    facts: &[FamilyFact],
    programmes: usize,
) -> Result<BTreeMap<RegionCode, RegionCounts>, AggregateError> {
    let total = sum(frame(facts, programmes)?.lazy(), programmes)?;
    let column = |name: &str| -> Result<Vec<i64>, AggregateError> {
        Ok(total.column(name)?.i64()?.iter().map(Option::unwrap_or_default).collect())
    };
    let desa = column(DESA)?;
    let names = RegionCounts::columns(programmes);
    let columns: Vec<Vec<i64>> = names.iter().map(|n| column(n)).collect::<Result<_, _>>()?;
    desa.iter()
        .enumerate()
        .map(|(row, code)| {
            let values: Vec<u64> = columns.iter().map(|c| c[row].unsigned_abs()).collect();
            let code = RegionCode::from_packed(code.unsigned_abs())
                .ok_or_else(|| AggregateError::Shape(format!("desa {code}")))?;
            let counts = RegionCounts::from_values(&values, programmes)
                .ok_or_else(|| AggregateError::Shape(format!("{} columns", values.len())))?;
            Ok((code, counts))
        })
        .collect()
}

fn sum(lazy: LazyFrame, programmes: usize) -> Result<DataFrame, AggregateError> {
    let sums: Vec<_> =
        RegionCounts::columns(programmes).iter().map(|n| col(n.as_str()).sum()).collect();
    let grouped = lazy.group_by([col(DESA)]).agg(sums);
    // One plan without sinks has one result.
    Ok(grouped.collect_with_engine(Engine::Streaming)?.unwrap_single())
}

/// One row a family, one column a count of [`RegionCounts::columns`].
fn frame(facts: &[FamilyFact], programmes: usize) -> Result<DataFrame, AggregateError> {
    let names = RegionCounts::columns(programmes);
    let mut columns: Vec<Vec<i64>> = vec![Vec::with_capacity(facts.len()); names.len()];
    for fact in facts {
        for (column, value) in columns.iter_mut().zip(row(fact).values()) {
            column.push(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }
    let desa: Vec<i64> =
        facts.iter().map(|f| i64::try_from(f.desa.packed()).unwrap_or(0)).collect();
    let series = |name: &str, values: Vec<i64>| Column::from(Series::new(name.into(), values));
    let mut all = vec![series(DESA, desa)];
    all.extend(names.iter().zip(columns).map(|(name, values)| series(name, values)));
    Ok(DataFrame::new(facts.len(), all)?)
}

/// One family as the counts that it adds to its desa.
fn row(fact: &FamilyFact) -> RegionCounts {
    let persons = u64::from(fact.n_persons);
    let if_so = |so: bool, n: u64| if so { n } else { 0 };
    let mut counts = RegionCounts {
        n_families: 1,
        n_persons: persons,
        n_families_ranked: u64::from(fact.ranked),
        n_persons_ranked: if_so(fact.ranked, persons),
        n_extreme_families: u64::from(fact.extreme),
        n_extreme_persons: if_so(fact.extreme, persons),
        n_poor_families: u64::from(fact.poor),
        n_poor_persons: if_so(fact.poor, persons),
        gap_fixed: persons * fact.gap_fixed,
        severity_fixed: persons * fact.severity_fixed,
        n_ppks: u64::from(fact.n_ppks),
        n_by_point: u64::from(fact.by_point),
        n_by_code: u64::from(!fact.by_point),
        n_both: u64::from(fact.both),
        n_agree: u64::from(fact.agree),
        ..RegionCounts::zero(fact.programmes.len())
    };
    counts.families_by_programmes[fact.n_programmes.min(3) as usize] = 1;
    for (to, [eligible, covered, recipients]) in counts.programmes.iter_mut().zip(&fact.programmes)
    {
        to.eligible = u64::from(*eligible);
        to.covered = u64::from(*covered);
        to.recipients = u64::from(*recipients);
    }
    counts.registries[0].rows = persons;
    counts.registries[0].linked = u64::from(fact.n_linked);
    counts
}
