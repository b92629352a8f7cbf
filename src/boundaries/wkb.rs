//! Well-known binary (OGC 06-103r4; the EWKB flags of PostGIS too): polygons out of bytes that
//! nobody vouches for.

use geo::{Coord, LineString, MultiPolygon, Polygon};

/// Why bytes are not a polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WkbError {
    #[error("the geometry is cut off at byte {at}")]
    Short { at: usize },
    #[error("byte {at}: {found} is not a byte order (0 or 1)")]
    Order { at: usize, found: u8 },
    #[error("the geometry is a {0}; a Polygon or MultiPolygon is due")]
    Kind(&'static str),
    #[error("byte {at}: {found} is not a geometry type")]
    Type { at: usize, found: u32 },
    #[error("byte {at}: {claimed} {what} are announced, there is room for {room}")]
    Count { at: usize, what: &'static str, claimed: u32, room: usize },
    #[error("{0} bytes stand behind the geometry")]
    Trailing(usize),
}

/// A polygon or several, with their rings as delivered: open, short or not finite, whatever they
/// are. Z and M are dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WkbShape {
    /// The code of the reference system that EWKB may name.
    pub srid: Option<u32>,
    /// Polygons; of each its shell, then its holes.
    pub parts: Vec<Vec<LineString<f64>>>,
}

impl WkbShape {
    /// The shape as geo has it: rings are closed, a polygon without rings is left out.
    pub fn into_shape(self) -> MultiPolygon<f64> {
        let polygons = self.parts.into_iter().filter_map(|rings| {
            let mut rings = rings.into_iter();
            let shell = rings.next()?;
            Some(Polygon::new(shell, rings.collect()))
        });
        MultiPolygon::new(polygons.collect())
    }
}

/// Reads a Polygon or MultiPolygon, ISO or EWKB, either byte order. Every count is held against
/// the bytes that are left before anything is made room for: memory stays within a few times the
/// input.
///
/// # Errors
/// Cut off, another kind of geometry, a count that cannot be, bytes left over.
pub fn read_wkb(bytes: &[u8]) -> Result<WkbShape, WkbError> {
    let mut reader = Reader { bytes, at: 0 };
    let mut shape = WkbShape::default();
    let head = reader.head()?;
    shape.srid = head.srid;
    match head.kind {
        POLYGON => shape.parts.push(reader.polygon(&head)?),
        MULTI_POLYGON => {
            // A polygon has at least its byte order, type and number of rings.
            let n = reader.count(head.little, "polygons", 9)?;
            shape.parts.reserve_exact(n);
            for _ in 0..n {
                let part = reader.head()?;
                if part.kind != POLYGON {
                    return Err(WkbError::Kind("MultiPolygon that holds something else"));
                }
                shape.parts.push(reader.polygon(&part)?);
            }
        }
        kind => return Err(WkbError::Kind(kind_name(kind))),
    }
    match bytes.len() - reader.at {
        0 => Ok(shape),
        rest => Err(WkbError::Trailing(rest)),
    }
}

const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

fn kind_name(kind: u32) -> &'static str {
    match kind {
        1 => "Point",
        2 => "LineString",
        4 => "MultiPoint",
        5 => "MultiLineString",
        7 => "GeometryCollection",
        _ => "curve or surface",
    }
}

/// What stands before every geometry.
struct Head {
    little: bool,
    kind: u32,
    /// Bytes a point: 16, 24 or 32.
    stride: usize,
    srid: Option<u32>,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], WkbError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.first_chunk::<N>().ok_or(WkbError::Short { at: self.at })?;
        self.at += N;
        Ok(*found)
    }

    fn u32(&mut self, little: bool) -> Result<u32, WkbError> {
        let bytes = self.take::<4>()?;
        Ok(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn head(&mut self) -> Result<Head, WkbError> {
        let at = self.at;
        let little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [found] => return Err(WkbError::Order { at, found }),
        };
        let word = self.u32(little)?;
        let iso = word & 0x0FFF_FFFF;
        let (kind, dimensions) = (iso % 1000, iso / 1000);
        if !(1..=17).contains(&kind) || dimensions > 3 {
            return Err(WkbError::Type { at: at + 1, found: word });
        }
        let z = word & 0x8000_0000 != 0 || dimensions & 1 == 1;
        let m = word & 0x4000_0000 != 0 || dimensions & 2 == 2;
        let srid = if word & 0x2000_0000 == 0 { None } else { Some(self.u32(little)?) };
        Ok(Head { little, kind, stride: 16 + 8 * (usize::from(z) + usize::from(m)), srid })
    }

    /// A number of things of at least `least` bytes each.
    fn count(&mut self, little: bool, what: &'static str, least: usize) -> Result<usize, WkbError> {
        let at = self.at;
        let claimed = self.u32(little)?;
        let room = (self.bytes.len() - self.at) / least;
        match usize::try_from(claimed) {
            Ok(n) if n <= room => Ok(n),
            _ => Err(WkbError::Count { at, what, claimed, room }),
        }
    }

    fn polygon(&mut self, head: &Head) -> Result<Vec<LineString<f64>>, WkbError> {
        let n = self.count(head.little, "rings", 4)?;
        let mut rings = Vec::new();
        for _ in 0..n {
            rings.push(self.ring(head)?);
        }
        Ok(rings)
    }

    fn ring(&mut self, head: &Head) -> Result<LineString<f64>, WkbError> {
        let n = self.count(head.little, "points", head.stride)?;
        let end = self.at + n * head.stride;
        let points = self.bytes.get(self.at..end).ok_or(WkbError::Short { at: self.at })?;
        self.at = end;
        // A loop of its own for what nearly every file has: this is most of the work of reading.
        let coords = match (head.little, head.stride) {
            (true, 16) => {
                points.as_chunks::<16>().0.iter().map(|p| coord(p, f64::from_le_bytes)).collect()
            }
            (true, stride) => {
                points.chunks_exact(stride).map(|p| coord(p, f64::from_le_bytes)).collect()
            }
            (false, stride) => {
                points.chunks_exact(stride).map(|p| coord(p, f64::from_be_bytes)).collect()
            }
        };
        Ok(LineString::new(coords))
    }
}

/// The first two numbers of a point.
#[inline]
fn coord(point: &[u8], float: impl Fn([u8; 8]) -> f64) -> Coord<f64> {
    let (xy, _) = point.as_chunks::<8>();
    Coord { x: float(xy[0]), y: float(xy[1]) }
}
