//! The display geometry of a boundary set in one small file: every border once, simplified, on a
//! grid, at several tolerances; decoded kabupaten by kabupaten.
//!
//! `atlas.bin`: eight bytes `TEPATATL`, the format version and the length of the head (32 bits
//! each, low byte first), the head (postcard), the chunks (zstd, see `sheet.rs`).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::boundary::Boundary;
use super::sheet::{self, ChunkError};
use super::simplify::{SimplifyReport, simplify};
use super::topology::Topology;
use crate::domain::{Level, RegionCode};
use crate::regions::RegionCatalog;

const MAGIC: &[u8; 8] = b"TEPATATL";
const VERSION: u32 = 1;
const HEAD: usize = 16;

/// Compressed chunks are read once in a while and written once: as small as zstd makes them.
const ZSTD_LEVEL: i32 = 19;

/// No chunk unpacks to more: the largest kabupaten at full detail has 4 MB.
const MAX_CHUNK: u32 = 256 << 20;

/// Tolerances and grids of an atlas.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    /// Of provinces and kabupaten on the map of the nation, in metres.
    pub nation_m: f64,
    pub nation_grid: u32,
    /// Of every level elsewhere, in metres, falling.
    pub zooms_m: Vec<f64>,
    /// Grid steps per degree.
    pub grid: u32,
}

impl Default for Detail {
    /// What a map of a province, of a kabupaten and of a kecamatan can show.
    fn default() -> Self {
        Self {
            nation_m: 1000.0,
            nation_grid: 10_000,
            zooms_m: vec![250.0, 60.0, 20.0],
            grid: 50_000,
        }
    }
}

/// What is wrong with an atlas file.
#[derive(Debug, thiserror::Error)]
pub enum AtlasError {
    #[error("{0}: not an atlas of display geometry (it does not begin with TEPATATL)")]
    NotAnAtlas(String),
    #[error(
        "{path}: written in format {found}, this version of tepat reads {VERSION}; make it anew from the boundary set"
    )]
    Version { path: String, found: u32 },
    #[error("{path}: damaged: {problem}")]
    Damaged { path: String, problem: String },
    #[error("{0} polygons are more than an atlas can hold")]
    TooMany(usize),
}

/// One coverage: its regions, tolerances, grid and chunks.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Sheet {
    level: Level,
    /// Falling, in metres.
    tolerances_m: Vec<f64>,
    grid: u32,
    /// In code order.
    chunks: Vec<Chunk>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Chunk {
    /// Packed code of the region that it holds the inside of.
    code: u64,
    offset: u32,
    packed: u32,
    raw: u32,
}

/// Display geometry: see the file's head.
#[derive(Clone, Debug)]
pub struct Atlas {
    /// For messages.
    path: String,
    sheets: Vec<Sheet>,
    body: Cow<'static, [u8]>,
}

impl Atlas {
    /// Simplifies a coverage of polygons with codes of one level (desa; or the finest there is)
    /// and packs it. The upper levels are dissolved from it, exactly. Needs about 100 bytes of
    /// memory a vertex.
    ///
    /// # Errors
    /// More polygons than fit.
    pub fn build(
        boundaries: &[Boundary],
        detail: &Detail,
    ) -> Result<(Self, Vec<SimplifyReport>), AtlasError> {
        let mut order: Vec<usize> = (0..boundaries.len()).collect();
        order.sort_by_key(|i| boundaries[*i].code);
        let codes: Vec<RegionCode> = order.iter().map(|i| boundaries[*i].code).collect();
        let topology = Topology::build(order.iter().map(|i| &boundaries[*i].shape));
        let mut atlas =
            Self { path: "atlas.bin".to_owned(), sheets: Vec::new(), body: Cow::Owned(Vec::new()) };
        let mut reports = Vec::new();
        let level = codes.iter().map(|code| code.level()).max().unwrap_or(Level::Desa);
        if level >= Level::Kabupaten {
            let kabupaten = topology.dissolve(|i| codes[i].ancestor(Level::Kabupaten));
            let above = Topology::build(kabupaten.iter().map(|(_, shape)| shape));
            let codes: Vec<RegionCode> = kabupaten.iter().map(|(code, _)| *code).collect();
            let plan = (Level::Kabupaten, Level::Nation, detail.nation_grid);
            reports.extend(atlas.add(plan, &above, &codes, &[detail.nation_m])?);
        }
        let plan = (level, Level::Kabupaten, detail.grid);
        reports.extend(atlas.add(plan, &topology, &codes, &detail.zooms_m)?);
        Ok((atlas, reports))
    }

    /// Adds a sheet of regions of `level`, in chunks by the region of `by` around them.
    fn add(
        &mut self,
        (level, by, grid): (Level, Level, u32),
        topology: &Topology,
        codes: &[RegionCode],
        tolerances_m: &[f64],
    ) -> Result<Vec<SimplifyReport>, AtlasError> {
        let simplified = simplify(topology, tolerances_m, 1.0 / f64::from(grid));
        let mut chunks = Vec::new();
        let body = self.body.to_mut();
        let mut start = 0;
        for same in codes.chunk_by(|a, b| a.ancestor(by) == b.ancestor(by)) {
            let raw = sheet::pack(topology, &simplified, start..start + same.len(), codes);
            start += same.len();
            let packed = zstd::bulk::compress(&raw, ZSTD_LEVEL)
                .map_err(|_| AtlasError::TooMany(codes.len()))?;
            let length = |n: usize| u32::try_from(n).map_err(|_| AtlasError::TooMany(codes.len()));
            chunks.push(Chunk {
                code: same[0].ancestor(by).packed(),
                offset: length(body.len())?,
                packed: length(packed.len())?,
                raw: length(raw.len())?,
            });
            body.extend(packed);
        }
        self.sheets.push(Sheet { level, tolerances_m: tolerances_m.to_vec(), grid, chunks });
        Ok(simplified.reports)
    }

    /// The file's bytes: the same polygons give the same bytes.
    ///
    /// # Errors
    /// More regions than fit.
    pub fn to_bytes(&self) -> Result<Vec<u8>, AtlasError> {
        let too_many = || AtlasError::TooMany(self.sheets.len());
        let head = postcard::to_stdvec(&self.sheets).map_err(|_| too_many())?;
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend(u32::try_from(head.len()).map_err(|_| too_many())?.to_le_bytes());
        out.extend(head);
        out.extend_from_slice(&self.body);
        Ok(out)
    }

    /// Reads the head; chunks are looked at when they are asked for. `path` is for messages.
    ///
    /// # Errors
    /// Not an atlas, of another version, or cut off.
    pub fn from_bytes(path: &str, bytes: Cow<'static, [u8]>) -> Result<Self, AtlasError> {
        let damaged = |problem: &str| AtlasError::Damaged {
            path: path.to_owned(),
            problem: problem.to_owned(),
        };
        if !bytes.starts_with(MAGIC) {
            return Err(AtlasError::NotAnAtlas(path.to_owned()));
        }
        let word = |at: usize| {
            let four = bytes.get(at..at + 4).and_then(|b| <[u8; 4]>::try_from(b).ok());
            four.map(u32::from_le_bytes).ok_or_else(|| damaged("the head is cut off"))
        };
        let found = word(8)?;
        if found != VERSION {
            return Err(AtlasError::Version { path: path.to_owned(), found });
        }
        let end = HEAD.saturating_add(word(12)? as usize);
        let head = bytes.get(HEAD..end).ok_or_else(|| damaged("the head is cut off"))?;
        let sheets: Vec<Sheet> =
            postcard::from_bytes(head).map_err(|_| damaged("the head is no table of chunks"))?;
        let body = match bytes {
            Cow::Borrowed(all) => Cow::Borrowed(&all[end..]),
            Cow::Owned(mut all) => Cow::Owned(all.split_off(end)),
        };
        let atlas = Self { path: path.to_owned(), sheets, body };
        atlas.check().map_err(|problem| damaged(problem))?;
        Ok(atlas)
    }

    fn check(&self) -> Result<(), &'static str> {
        for sheet in &self.sheets {
            if sheet.grid == 0 || sheet.tolerances_m.is_empty() || sheet.tolerances_m.len() > 250 {
                return Err("a sheet without grid or tolerances");
            }
            for chunk in &sheet.chunks {
                let end = u64::from(chunk.offset) + u64::from(chunk.packed);
                if end > self.body.len() as u64 || chunk.raw > MAX_CHUNK {
                    return Err("a chunk lies outside the file");
                }
                if RegionCode::from_packed(chunk.code).is_none() {
                    return Err("a chunk of no region");
                }
            }
        }
        Ok(())
    }

    /// The finest level that is there.
    pub fn finest(&self) -> Option<Level> {
        self.sheets.iter().map(|sheet| sheet.level).max()
    }

    /// The smallest tolerance, in metres.
    pub fn finest_m(&self) -> f64 {
        self.sheets
            .iter()
            .flat_map(|sheet| sheet.tolerances_m.last().copied())
            .fold(f64::INFINITY, f64::min)
    }

    /// Kabupaten that have polygons.
    pub fn kabupaten(&self) -> impl Iterator<Item = RegionCode> + '_ {
        let sheet = self.sheets.iter().max_by_key(|sheet| sheet.level);
        let chunks = sheet.into_iter().flat_map(|sheet| &sheet.chunks);
        chunks.filter_map(|chunk| RegionCode::from_packed(chunk.code))
    }

    /// The polygons of `level` inside `code`, in code order, at the coarsest tolerance that is not
    /// coarser than `tolerance_m`, or the finest there is. Empty where there are none; names are
    /// those of the region table. Reads the kabupaten in question alone.
    ///
    /// # Errors
    /// A damaged chunk.
    pub fn boundaries(
        &self,
        code: RegionCode,
        level: Level,
        tolerance_m: f64,
    ) -> Result<Vec<Boundary>, AtlasError> {
        let fine_enough = |sheet: &&Sheet| sheet.tolerances_m.iter().any(|t| *t <= tolerance_m);
        let mut there = self.sheets.iter().filter(|sheet| sheet.level >= level);
        let Some(sheet) = there.clone().find(fine_enough).or_else(|| there.next_back()) else {
            return Ok(Vec::new());
        };
        let zoom = sheet.tolerances_m.iter().position(|t| *t <= tolerance_m);
        let zoom = u8::try_from(zoom.unwrap_or(sheet.tolerances_m.len() - 1)).unwrap_or(0);
        let mut finest: Vec<(RegionCode, geo::MultiPolygon<f64>)> = Vec::new();
        for chunk in &sheet.chunks {
            let holds = RegionCode::from_packed(chunk.code)
                .is_some_and(|held| held.contains(code) || code.contains(held));
            if holds {
                finest.extend(self.decode(sheet, chunk, zoom)?);
            }
        }
        finest.retain(|(found, _)| code.contains(*found));
        if level < sheet.level {
            let topology = Topology::build(finest.iter().map(|(_, shape)| shape));
            finest = topology.dissolve(|i| finest[i].0.ancestor(level));
        }
        Ok(named(finest))
    }

    fn decode(
        &self,
        sheet: &Sheet,
        chunk: &Chunk,
        zoom: u8,
    ) -> Result<Vec<(RegionCode, geo::MultiPolygon<f64>)>, AtlasError> {
        let damaged = |error: &ChunkError| AtlasError::Damaged {
            path: self.path.clone(),
            problem: format!("chunk {:010}: {error}", chunk.code),
        };
        let start = chunk.offset as usize;
        let packed = self.body.get(start..start + chunk.packed as usize).unwrap_or_default();
        let raw = zstd::bulk::decompress(packed, chunk.raw as usize)
            .map_err(|_| damaged(&ChunkError::Packing))?;
        sheet::unpack(&raw, zoom, f64::from(sheet.grid)).map_err(|error| damaged(&error))
    }
}

/// Names from the region table; a code that is not in it is its own name.
fn named(shapes: Vec<(RegionCode, geo::MultiPolygon<f64>)>) -> Vec<Boundary> {
    let catalog = RegionCatalog::shared().ok();
    let name = |code: RegionCode| {
        let region = catalog.and_then(|catalog| catalog.get(code));
        region.map_or_else(|| code.to_string(), |region| region.name.clone())
    };
    shapes.into_iter().map(|(code, shape)| Boundary { code, name: name(code), shape }).collect()
}
