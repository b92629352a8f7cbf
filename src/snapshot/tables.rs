//! The tables of a snapshot as Parquet: the last place that knows frames.

use std::fs::File;
use std::path::Path;

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetWriter, PolarsError, Series};

use super::error::StoreError;
use super::reader::RegionRow;
use crate::domain::{
    ConflictCounts, ConflictRow, Level, MatchCounts, MatchRow, OverlapRow, RegionCode,
    RegionCounts, Registry,
};
use crate::parquet::{ParquetError, ParquetFile};
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
    let read = ParquetFile::open(path).and_then(|file| file.read_all());
    read.map_err(|e| match e {
        ParquetError::Open { path, source } => StoreError::Io { path, source },
        ParquetError::Damaged { path, problem } => StoreError::Table { path, problem },
    })
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

/// A count as the table keeps it; no count of persons comes near the limit.
fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Code and level of each row, in words.
fn places(codes: impl Iterator<Item = RegionCode> + Clone) -> Vec<Column> {
    let kode: Vec<String> = codes.clone().map(|code| code.to_string()).collect();
    let level: Vec<&str> = codes.map(|code| code.level().slug()).collect();
    vec![column("kode", kode), column("tingkat", level)]
}

fn registries(frame: &DataFrame, name: &str, path: &Path) -> Result<Vec<Registry>, StoreError> {
    let column = frame.column(name).map_err(table(path))?;
    let slugs = column.str().map_err(table(path))?;
    slugs
        .iter()
        .map(|slug| {
            let slug = slug.unwrap_or_default();
            Registry::from_slug(slug).ok_or_else(|| shape(path, format!("no registry '{slug}'")))
        })
        .collect()
}

/// One row a region, one column a count; code and level in words first.
pub(super) fn write_regions(
    path: &Path,
    regions: &[RegionRow],
    programmes: usize,
) -> Result<(), StoreError> {
    let values: Vec<Vec<u64>> = regions.iter().map(|r| r.counts.values()).collect();
    let mut columns = places(regions.iter().map(|r| r.code));
    for (i, name) in RegionCounts::columns(programmes).iter().enumerate() {
        let one: Vec<i64> = values.iter().map(|v| signed(v[i])).collect();
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

/// Columns of counts out of rows of them.
fn counted<const N: usize>(
    names: [&str; N],
    rows: impl Iterator<Item = [u64; N]> + Clone,
) -> Vec<Column> {
    let of = |(i, name)| column(name, rows.clone().map(|r| signed(r[i])).collect::<Vec<i64>>());
    names.into_iter().enumerate().map(of).collect()
}

/// Rows of counts out of columns of them.
fn counts<const N: usize>(
    frame: &DataFrame,
    names: [&str; N],
    path: &Path,
) -> Result<Vec<[u64; N]>, StoreError> {
    let columns = names
        .iter()
        .map(|name| integers(frame, name, path))
        .collect::<Result<Vec<Vec<i64>>, _>>()?;
    let row = |at: usize| std::array::from_fn(|i| columns[i][at].unsigned_abs());
    Ok((0..frame.height()).map(row).collect())
}

/// One row a region and registry.
pub(super) fn write_matching(path: &Path, rows: &[MatchRow]) -> Result<(), StoreError> {
    let mut columns = places(rows.iter().map(|r| r.code));
    let slugs: Vec<&str> = rows.iter().map(|r| r.registry.slug()).collect();
    columns.push(column("register", slugs));
    columns.extend(counted(MatchCounts::COLUMNS, rows.iter().map(|r| r.counts.values())));
    write(path, columns)
}

pub(super) fn read_matching(path: &Path) -> Result<Vec<MatchRow>, StoreError> {
    let frame = read(path)?;
    let counts = counts(&frame, MatchCounts::COLUMNS, path)?;
    let rows = codes(&frame, path)?.into_iter().zip(registries(&frame, "register", path)?);
    Ok(rows
        .enumerate()
        .map(|(row, (code, registry))| {
            let counts = MatchCounts::from_values(counts[row]);
            MatchRow { code, registry, counts }
        })
        .collect())
}

/// One row a region and pair of registries.
pub(super) fn write_overlaps(path: &Path, rows: &[OverlapRow]) -> Result<(), StoreError> {
    let mut columns = places(rows.iter().map(|r| r.code));
    let slugs = |of: fn(&OverlapRow) -> Registry| -> Vec<&str> {
        rows.iter().map(|r| of(r).slug()).collect()
    };
    columns.push(column("register_a", slugs(|r| r.a)));
    columns.push(column("register_b", slugs(|r| r.b)));
    let persons: Vec<i64> = rows.iter().map(|r| signed(r.persons)).collect();
    columns.push(column("persons", persons));
    write(path, columns)
}

pub(super) fn read_overlaps(path: &Path) -> Result<Vec<OverlapRow>, StoreError> {
    let frame = read(path)?;
    let a = registries(&frame, "register_a", path)?;
    let b = registries(&frame, "register_b", path)?;
    let persons = integers(&frame, "persons", path)?;
    Ok(codes(&frame, path)?
        .into_iter()
        .enumerate()
        .map(|(i, code)| OverlapRow { code, a: a[i], b: b[i], persons: persons[i].unsigned_abs() })
        .collect())
}

/// One row a stated region.
pub(super) fn write_conflicts(path: &Path, rows: &[ConflictRow]) -> Result<(), StoreError> {
    let mut columns = places(rows.iter().map(|r| r.code));
    columns.extend(counted(ConflictCounts::COLUMNS, rows.iter().map(|r| r.counts.values())));
    write(path, columns)
}

pub(super) fn read_conflicts(path: &Path) -> Result<Vec<ConflictRow>, StoreError> {
    let frame = read(path)?;
    let counts = counts(&frame, ConflictCounts::COLUMNS, path)?;
    let rows = codes(&frame, path)?.into_iter().zip(counts);
    Ok(rows
        .map(|(code, counts)| ConflictRow { code, counts: ConflictCounts::from_values(counts) })
        .collect())
}
