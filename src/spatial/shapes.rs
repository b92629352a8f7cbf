//! Whose polygons are drawn and measured against: those of the product, or of a boundary set.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::atlas::Atlas;
use super::boundary::{Boundary, BoundaryError, detailed_provinces, full};
use crate::data;
use crate::domain::{Level, RegionCode};
use crate::regions::{BOUNDARY_ATTRIBUTION, BOUNDARY_VINTAGE};

/// Display geometry of the product: every desa of the nation.
const ATLAS: &str = "boundaries/atlas.bin";

/// Tolerances in metres that suffice for a map of the nation and of a province; 1000 units wide
/// they are 5,100 and some 300 km.
const NATION_M: f64 = 1000.0;
const PROVINCE_M: f64 = 250.0;

/// Where polygons are from, as maps and files say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Which state of the administrative division they show, in words.
    pub vintage: String,
    /// The line under every map.
    pub attribution: String,
    /// SHA-256 (hex) of the set's manifest; `None` for what comes with the product.
    pub set: Option<String>,
}

impl Origin {
    /// Of the polygons that come with the product.
    pub fn product() -> Self {
        Self {
            vintage: BOUNDARY_VINTAGE.to_owned(),
            attribution: BOUNDARY_ATTRIBUTION.to_owned(),
            set: None,
        }
    }
}

/// Reads the polygons of a set at full resolution, all of one level.
pub type ReadFull = dyn Fn(Level) -> Result<Vec<Boundary>, BoundaryError> + Send + Sync;

/// The polygons of one vintage: simplified ones for drawing, and, where they are at hand, those
/// at full resolution for locating.
pub struct Shapes {
    atlas: Atlas,
    origin: Origin,
    full: Full,
}

enum Full {
    Product,
    Set(Box<ReadFull>),
    /// Only what is drawn is here.
    None,
}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shapes").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl Shapes {
    /// What comes with the product: every desa for drawing, those of some provinces in full.
    ///
    /// # Errors
    /// A damaged file: a fault of the build.
    pub fn product() -> Result<Arc<Self>, BoundaryError> {
        static SHARED: OnceLock<Arc<Shapes>> = OnceLock::new();
        if let Some(shapes) = SHARED.get() {
            return Ok(Arc::clone(shapes));
        }
        let atlas = Atlas::from_bytes(&format!("data/{ATLAS}"), data::bytes(ATLAS)?)?;
        let shapes = Self { atlas, origin: Origin::product(), full: Full::Product };
        Ok(Arc::clone(SHARED.get_or_init(|| Arc::new(shapes))))
    }

    /// The display geometry of a set, without the set.
    pub fn of_atlas(atlas: Atlas, origin: Origin) -> Self {
        Self { atlas, origin, full: Full::None }
    }

    /// A set, with a way to its full resolution.
    pub fn of_set(atlas: Atlas, origin: Origin, full: Box<ReadFull>) -> Self {
        Self { atlas, origin, full: Full::Set(full) }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn atlas(&self) -> &Atlas {
        &self.atlas
    }

    /// The polygons of `level` inside `code` as finely as a map of `code` can show, in code order.
    /// Empty where there are none, and for the 83,000 desa of the nation at once, which no picture
    /// can show.
    ///
    /// # Errors
    /// A damaged file.
    pub fn drawn(&self, code: RegionCode, level: Level) -> Result<Vec<Boundary>, BoundaryError> {
        self.at(code, level, |code| match code.level() {
            Level::Provinsi => PROVINCE_M,
            _ => 0.0,
        })
    }

    /// As [`Shapes::drawn`], as finely as they are here: for files that leave the product. The
    /// nation's are those of its map.
    ///
    /// # Errors
    /// As [`Shapes::drawn`].
    pub fn finest(&self, code: RegionCode, level: Level) -> Result<Vec<Boundary>, BoundaryError> {
        self.at(code, level, |_| 0.0)
    }

    fn at(
        &self,
        code: RegionCode,
        level: Level,
        tolerance: fn(RegionCode) -> f64,
    ) -> Result<Vec<Boundary>, BoundaryError> {
        if code == RegionCode::NATION {
            return self.nation(level);
        }
        let own = matches!(self.full, Full::Product);
        if own && has_full(code) {
            return full(code, level);
        }
        let drawn = self.atlas.boundaries(code, level, tolerance(code))?;
        // A set of some provinces leaves the others to the product.
        if drawn.is_empty() && !own && !self.has_province(code) {
            return Self::product()?.at(code, level, tolerance);
        }
        Ok(drawn)
    }

    fn nation(&self, level: Level) -> Result<Vec<Boundary>, BoundaryError> {
        if level == Level::Desa {
            return Ok(Vec::new());
        }
        let mut all = self.atlas.boundaries(RegionCode::NATION, level, NATION_M)?;
        if !matches!(self.full, Full::Product) {
            let product = Self::product()?.nation(level)?;
            all.extend(product.into_iter().filter(|b| !self.has_province(b.code)));
            all.sort_by_key(|boundary| boundary.code);
        }
        Ok(all)
    }

    /// True where the province around `code` has polygons here.
    fn has_province(&self, code: RegionCode) -> bool {
        let province = code.ancestor(Level::Provinsi);
        self.atlas.kabupaten().any(|kabupaten| province.contains(kabupaten))
    }

    /// The desa of a province at full resolution, in code order: what points are located in. Empty
    /// where only what is drawn is here.
    ///
    /// # Errors
    /// A damaged file.
    pub fn full(&self, province: RegionCode) -> Result<Vec<Boundary>, BoundaryError> {
        match &self.full {
            Full::Product if has_full(province) => full(province, Level::Desa),
            Full::Product | Full::None => Ok(Vec::new()),
            Full::Set(read) => {
                let mut all = read(Level::Desa)?;
                all.retain(|boundary| province.contains(boundary.code));
                Ok(all)
            }
        }
    }

    /// Provinces whose desa are here at full resolution.
    pub fn full_provinces(&self) -> Vec<RegionCode> {
        match &self.full {
            Full::Product => detailed_provinces(),
            Full::None => Vec::new(),
            Full::Set(_) => {
                let mut provinces: Vec<RegionCode> =
                    self.atlas.kabupaten().map(|code| code.ancestor(Level::Provinsi)).collect();
                provinces.dedup();
                provinces
            }
        }
    }

    /// SHA-256 (hex) of what the desa polygons of a province are in: the file in the product, or
    /// the set.
    ///
    /// # Errors
    /// The product has no such file.
    pub fn sha256(&self, province: RegionCode) -> Result<String, BoundaryError> {
        match &self.origin.set {
            Some(id) => Ok(id.clone()),
            None => {
                let path = format!("boundaries/{province}/desa.geojson.gz");
                Ok(data::hex(&data::sha256(&path)?))
            }
        }
    }
}

fn has_full(code: RegionCode) -> bool {
    detailed_provinces().contains(&code.ancestor(Level::Provinsi))
}
