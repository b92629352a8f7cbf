//! The region table: names, kinds and both code systems of every region of Indonesia
//! (Kepmendagri 300.2.2-2430/2025), and the crosswalk from BPS codes.

mod history;
mod names;
mod prefix;
mod reading;
mod search;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::data::{self, DataError};
use crate::domain::{BpsCode, Level, RegionCode};

pub use history::{
    ChangeFileError, ChangeProblem, Converted, Estimate, History, InterimCode, Quality,
    RECORDS_BEGIN, Rate, Stranded, Validity, read_changes, vintage_of,
};
pub use names::NameKey;
pub use prefix::{NikPrefixes, Prefix};
pub use reading::{Readings, dotted};
pub use search::{Hit, Match, SearchIndex};

/// Which state of the administrative division codes and polygons belong to.
pub const BOUNDARY_VINTAGE: &str = "Kepmendagri 300.2.2-2430/2025";

/// Attribution that every map carries.
pub const BOUNDARY_ATTRIBUTION: &str =
    "Batas: BIG, dihimpun Cahya DSN (MIT); batas indikatif, bukan acuan resmi";

const TABLE: &str = "regions/kode_wilayah.csv.gz";

/// What kind of unit a region is, as its government calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    Nation,
    Provinsi,
    Kabupaten,
    Kota,
    Kecamatan,
    Desa,
    Kelurahan,
    DesaAdat,
}

impl RegionKind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "provinsi" => Self::Provinsi,
            "kabupaten" => Self::Kabupaten,
            "kota" => Self::Kota,
            "kecamatan" => Self::Kecamatan,
            "desa" => Self::Desa,
            "kelurahan" => Self::Kelurahan,
            "desa adat" | "desa_adat" => Self::DesaAdat,
            _ => return None,
        })
    }
}

/// How a BPS code came to stand beside a Kemendagri code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BpsBasis {
    /// As the crosswalk publishes it.
    Published,
    /// The crosswalk spells the name otherwise.
    Spelling,
    /// By equal names inside the kabupaten, where the crosswalk still has former codes.
    Name,
}

impl BpsBasis {
    fn parse(text: &str) -> Self {
        match text {
            "nama" => Self::Name,
            "ejaan" => Self::Spelling,
            _ => Self::Published,
        }
    }
}

/// Which state of the BPS codes stands in the table for that level: the crosswalk of desa was last
/// published for the 34 provinces of before 2022.
pub fn bps_edition(level: Level) -> &'static str {
    if level == Level::Desa { "BPS 2024, kode 34 provinsi" } else { "BPS 2025, kode 38 provinsi" }
}

/// One row of the region table.
#[derive(Clone, Debug)]
pub struct Region {
    pub code: RegionCode,
    /// As the law spells it; kabupaten and kota carry their kind in the name.
    pub name: String,
    pub kind: RegionKind,
    /// Missing for 12 kecamatan and 1,489 desa.
    pub bps: Option<BpsCode>,
    /// How the BPS code came to stand beside this one.
    pub bps_basis: BpsBasis,
    /// False for the desa whose polygon was never published.
    pub drawn: bool,
    /// Dukcapil, second half of 2024; provinces and kabupaten only.
    pub registered_population: Option<u64>,
    pub area_km2: Option<f64>,
}

/// All regions in code order, the nation first.
#[derive(Debug)]
pub struct RegionCatalog {
    regions: Vec<Region>,
    by_bps: HashMap<BpsCode, RegionCode>,
}

impl RegionCatalog {
    /// The table of this build, parsed once.
    ///
    /// # Errors
    /// A damaged table: it is part of the build, so this is a fault of the build.
    pub fn shared() -> Result<&'static Self, DataError> {
        static SHARED: OnceLock<RegionCatalog> = OnceLock::new();
        if let Some(catalog) = SHARED.get() {
            return Ok(catalog);
        }
        let catalog = Self::parse(&data::bytes(TABLE)?)?;
        Ok(SHARED.get_or_init(|| catalog))
    }

    fn parse(bytes: &[u8]) -> Result<Self, DataError> {
        let mut regions = vec![Region {
            code: RegionCode::NATION,
            name: "Indonesia".to_owned(),
            kind: RegionKind::Nation,
            bps: None,
            bps_basis: BpsBasis::Published,
            drawn: true,
            registered_population: None,
            area_km2: None,
        }];
        let mut by_bps = HashMap::new();
        let mut reader = csv::Reader::from_reader(bytes);
        let mut record = csv::StringRecord::new();
        loop {
            let line = reader.position().line();
            let content =
                |problem: String| DataError::Content { path: TABLE.to_owned(), line, problem };
            if !reader.read_record(&mut record).map_err(|e| content(e.to_string()))? {
                break;
            }
            let field = |i: usize| record.get(i).unwrap_or_default();
            let code: RegionCode =
                field(0).parse().map_err(|e| content(format!("column kode: {e}")))?;
            let kind = RegionKind::parse(field(2))
                .ok_or_else(|| content(format!("column jenis: unknown kind '{}'", field(2))))?;
            let bps: Option<BpsCode> = field(3).parse().ok();
            if let Some(bps) = bps {
                by_bps.insert(bps, code);
            }
            regions.push(Region {
                code,
                name: field(1).to_owned(),
                kind,
                bps,
                bps_basis: BpsBasis::parse(field(6)),
                drawn: field(7) != "0",
                registered_population: field(4).parse().ok(),
                area_km2: field(5).parse().ok(),
            });
        }
        regions.sort_by_key(|region| region.code);
        let provinces = |r: &&Region| r.code.level() == Level::Provinsi;
        let total =
            |f: fn(&Region) -> Option<u64>| regions.iter().filter(provinces).filter_map(f).sum();
        let population: u64 = total(|r| r.registered_population);
        regions[0].registered_population = Some(population);
        regions[0].area_km2 =
            Some(regions.iter().filter(provinces).filter_map(|r| r.area_km2).sum());
        Ok(Self { regions, by_bps })
    }

    pub fn get(&self, code: RegionCode) -> Option<&Region> {
        self.regions.binary_search_by_key(&code, |r| r.code).ok().map(|i| &self.regions[i])
    }

    /// The region's name, or its code where the table does not know it.
    pub fn name(&self, code: RegionCode) -> String {
        self.get(code).map_or_else(|| code.to_string(), |region| region.name.clone())
    }

    /// The region itself and everything inside it, in code order.
    pub fn subtree(&self, code: RegionCode) -> &[Region] {
        let Range { start, end } = self.subtree_range(code);
        &self.regions[start..end]
    }

    fn subtree_range(&self, code: RegionCode) -> Range<usize> {
        let start = self.regions.partition_point(|r| r.code < code);
        let len = self.regions[start..].partition_point(|r| code.contains(r.code));
        start..start + len
    }

    /// The regions one level down, in code order.
    pub fn children(&self, code: RegionCode) -> impl Iterator<Item = &Region> {
        let level = code.level().child();
        self.subtree(code).iter().filter(move |r| Some(r.code.level()) == level)
    }

    /// All regions of `level` inside `code`, in code order.
    pub fn inside(&self, code: RegionCode, level: Level) -> impl Iterator<Item = &Region> {
        self.subtree(code).iter().filter(move |r| r.code.level() == level)
    }

    /// The Kemendagri code of a BPS code.
    pub fn from_bps(&self, bps: BpsCode) -> Option<RegionCode> {
        self.by_bps.get(&bps).copied()
    }
}
