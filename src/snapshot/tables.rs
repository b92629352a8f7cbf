//! The tables of a snapshot as Parquet: the last place that knows frames.

use std::fs::File;
use std::path::Path;

use polars::prelude::{
    Column, DataFrame, NamedFrom, ParquetReader, ParquetWriter, PolarsError, SerReader, Series,
};

use super::error::StoreError;
use super::reader::RegionRow;
use crate::domain::{Level, RegionCode, RegionCounts};
use crate::priority::PriorityRow;

fn table(path: &Path) -> impl Fn(PolarsError) -> StoreError + '_ {
    |e| StoreError::Table { path: path.to_owned(), problem: e.to_string() }
}

fn shape(path: &Path, problem: String) -> StoreError {
    StoreError::Table { path: path.to_owned(), problem }
}

fn column<T, P: ?Sized>(name: &str, values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Column::from(Series::new(name.into(), values))
}

fn write(path: &Path, columns: Vec<Column>) -> Result<(), StoreError> {
    let mut frame = DataFrame::new_infer_height(columns).map_err(table(path))?;
    let file =
        File::create(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    ParquetWriter::new(file).finish(&mut frame).map_err(table(path))?;
    Ok(())
}

fn read(path: &Path) -> Result<DataFrame, StoreError> {
    let file =
        File::open(path).map_err(|source| StoreError::Io { path: path.to_owned(), source })?;
    ParquetReader::new(file).finish().map_err(table(path))
}

fn integers(frame: &DataFrame, name: &str, path: &Path) -> Result<Vec<i64>, StoreError> {
    let column = frame.column(name).map_err(table(path))?;
    Ok(column.i64().map_err(table(path))?.iter().map(Option::unwrap_or_default).collect())
}

fn codes(frame: &DataFrame, path: &Path) -> Result<Vec<RegionCode>, StoreError> {
    let column = frame.column("kode").map_err(table(path))?;
    column
        .str()
        .map_err(table(path))?
        .iter()
        .map(|text| {
            let text = text.unwrap_or_default();
            RegionCode::from_slug(text).map_err(|e| shape(path, e.to_string()))
        })
        .collect()
}

/// One row a region, one column a count; code and level in words first.
pub(super) fn write_regions(
    path: &Path,
    regions: &[RegionRow],
    programmes: usize,
) -> Result<(), StoreError> {
    let kode: Vec<String> = regions.iter().map(|r| r.code.to_string()).collect();
    let level: Vec<&str> = regions.iter().map(|r| r.code.level().slug()).collect();
    let values: Vec<Vec<u64>> = regions.iter().map(|r| r.counts.values()).collect();
    let mut columns = vec![column("kode", kode), column("tingkat", level)];
    for (i, name) in RegionCounts::columns(programmes).iter().enumerate() {
        let one: Vec<i64> =
            values.iter().map(|v| i64::try_from(v[i]).unwrap_or(i64::MAX)).collect();
        columns.push(column(name, one));
    }
    write(path, columns)
}

pub(super) fn read_regions(path: &Path, programmes: usize) -> Result<Vec<RegionRow>, StoreError> {
    let frame = read(path)?;
    let columns: Vec<Vec<i64>> = RegionCounts::columns(programmes)
        .iter()
        .map(|name| integers(&frame, name, path))
        .collect::<Result<_, _>>()?;
    codes(&frame, path)?
        .into_iter()
        .enumerate()
        .map(|(row, code)| {
            let values: Vec<u64> = columns.iter().map(|c| c[row].unsigned_abs()).collect();
            let counts = RegionCounts::from_values(&values, programmes)
                .ok_or_else(|| shape(path, format!("{} count columns", values.len())))?;
            Ok(RegionRow { code, counts })
        })
        .collect()
}

pub(super) fn write_priority(path: &Path, rows: &[PriorityRow]) -> Result<(), StoreError> {
    let kode: Vec<String> = rows.iter().map(|r| r.code.to_string()).collect();
    let level: Vec<&str> = rows.iter().map(|r| r.level.slug()).collect();
    let ranks = |of: fn(&PriorityRow) -> u32| -> Vec<i64> {
        rows.iter().map(|r| i64::from(of(r))).collect()
    };
    let share: Vec<f64> = rows.iter().map(|r| r.cumulative_share).collect();
    write(
        path,
        vec![
            column("kode", kode),
            column("tingkat", level),
            column("rank", ranks(|r| r.rank)),
            column("rank_rate", ranks(|r| r.rank_rate)),
            column("rank_number", ranks(|r| r.rank_number)),
            column("cumulative_share", share),
        ],
    )
}

pub(super) fn read_priority(path: &Path) -> Result<Vec<PriorityRow>, StoreError> {
    let frame = read(path)?;
    let rank = |name: &str| -> Result<Vec<u32>, StoreError> {
        let values = integers(&frame, name, path)?;
        Ok(values.into_iter().map(|v| u32::try_from(v).unwrap_or(0)).collect())
    };
    let (ranks, by_rate, by_number) = (rank("rank")?, rank("rank_rate")?, rank("rank_number")?);
    let shares = frame.column("cumulative_share").map_err(table(path))?;
    let shares: Vec<f64> =
        shares.f64().map_err(table(path))?.iter().map(Option::unwrap_or_default).collect();
    Ok(codes(&frame, path)?
        .into_iter()
        .enumerate()
        .map(|(i, code)| PriorityRow {
            code,
            level: match code.level() {
                Level::Nation => Level::Provinsi,
                level => level,
            },
            rank_rate: by_rate[i],
            rank_number: by_number[i],
            rank: ranks[i],
            cumulative_share: shares[i],
        })
        .collect())
}
