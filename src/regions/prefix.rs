//! The first six digits of NIK and KK numbers: which kecamatan of today or of earlier they name.

use std::sync::OnceLock;

use super::RegionCatalog;
use crate::data::{self, DataError};
use crate::domain::Level;

const TABLE: &str = "regions/nik_prefixes.csv.gz";

/// What six digits `PPKKCC` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// A kecamatan of today.
    Current,
    /// A kecamatan that numbers were dealt out for and that has another code today.
    Former,
    /// Not on record, but a number below the highest one in use in its kabupaten or province.
    /// Numbers are dealt out in order and not dealt out again, so somebody had it: the kabupaten
    /// of Papua before the split of 2022 lie in such gaps.
    Gap,
    /// Nothing that was ever on record.
    Unknown,
}

/// The prefixes on record, sorted.
#[derive(Debug)]
pub struct NikPrefixes {
    current: Vec<u32>,
    former: Vec<u32>,
}

impl NikPrefixes {
    /// The table of this build, parsed once.
    ///
    /// # Errors
    /// A damaged table: it is part of the build, so this is a fault of the build.
    pub fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<NikPrefixes> = OnceLock::new();
        if let Some(prefixes) = SHARED.get() {
            return Ok(prefixes);
        }
        let prefixes = Self::parse(&data::bytes(TABLE)?, RegionCatalog::shared()?)?;
        Ok(SHARED.get_or_init(|| prefixes))
    }

    fn parse(bytes: &[u8], catalog: &RegionCatalog) -> Result<Self, DataError> {
        let current: Vec<u32> = catalog
            .inside(crate::domain::RegionCode::NATION, Level::Kecamatan)
            .filter_map(|region| u32::try_from(region.code.packed() / 10_000).ok())
            .collect();
        let mut former = Vec::new();
        let mut reader = csv::Reader::from_reader(bytes);
        let mut record = csv::StringRecord::new();
        loop {
            let line = reader.position().line();
            let content =
                |problem: String| DataError::Content { path: TABLE.to_owned(), line, problem };
            if !reader.read_record(&mut record).map_err(|e| content(e.to_string()))? {
                break;
            }
            let prefix: u32 = record
                .get(0)
                .filter(|text| text.len() == 6)
                .and_then(|text| text.parse().ok())
                .ok_or_else(|| content("column awalan: six digits are due".to_owned()))?;
            if current.binary_search(&prefix).is_err() {
                former.push(prefix);
            }
        }
        former.sort_unstable();
        Ok(Self { current, former })
    }

    /// What the six digits name.
    pub fn find(&self, prefix: u32) -> Prefix {
        if self.current.binary_search(&prefix).is_ok() {
            Prefix::Current
        } else if self.former.binary_search(&prefix).is_ok() {
            Prefix::Former
        } else if self.in_gap(prefix) {
            Prefix::Gap
        } else {
            Prefix::Unknown
        }
    }

    /// True where a kecamatan has these digits today or had them on record.
    pub fn on_record(&self, prefix: u32) -> bool {
        matches!(self.find(prefix), Prefix::Current | Prefix::Former)
    }

    fn in_gap(&self, prefix: u32) -> bool {
        let (kabupaten, kecamatan) = (prefix / 100, prefix % 100);
        if kecamatan == 0 || kabupaten % 100 == 0 {
            return false;
        }
        match self.highest_below(kabupaten * 100, (kabupaten + 1) * 100) {
            Some(highest) => prefix < highest,
            // Kabupaten are numbered from 01 and kota from 71, each in an order of their own.
            None => {
                let first_kota = prefix / 10_000 * 10_000 + 7_000;
                let (from, to) = if prefix < first_kota {
                    (first_kota - 7_000, first_kota)
                } else {
                    (first_kota, first_kota + 3_000)
                };
                self.highest_below(from, to).is_some_and(|highest| prefix < highest)
            }
        }
    }

    /// The highest current prefix in `from..to`.
    fn highest_below(&self, from: u32, to: u32) -> Option<u32> {
        let end = self.current.partition_point(|p| *p < to);
        self.current[..end].last().copied().filter(|p| *p >= from)
    }
}
