//! One chunk of an atlas: the regions of a kabupaten as rings of borders, packed.
//!
//! Numbers are varints (7 bits a byte, low ones first), signed ones zigzag. Five streams, each
//! preceded by its length: regions and rings, numbers of points, east and north differences, and
//! the rank of each point. A border is written where it is met first; later it is a number.

use geo::{Coord, LineString, MultiPolygon, Polygon};

use super::simplify::{Simplified, twice_area};
use super::topology::{Step, Topology};
use crate::domain::RegionCode;

/// What is wrong with a chunk.
#[derive(Debug, thiserror::Error)]
pub(super) enum ChunkError {
    #[error("it does not unpack")]
    Packing,
    #[error("it is cut off")]
    CutOff,
    #[error("it names a border or region that is not there")]
    Reference,
}

#[derive(Default)]
struct Streams {
    rings: Vec<u8>,
    lengths: Vec<u8>,
    east: Vec<u8>,
    north: Vec<u8>,
    ranks: Vec<u8>,
}

/// Packs the regions in `range`, whose codes are `codes[range]`.
pub(super) fn pack(
    topology: &Topology,
    simplified: &Simplified,
    range: std::ops::Range<usize>,
    codes: &[RegionCode],
) -> Vec<u8> {
    let mut out = Streams::default();
    let mut writer = Writer {
        topology,
        simplified,
        known: std::collections::HashMap::new(),
        at: [0, 0],
        out: &mut out,
    };
    put(&mut writer.out.rings, range.len() as u64);
    let mut before = 0;
    for region in range {
        let code = codes[region].packed();
        put(&mut writer.out.rings, code - before);
        before = code;
        writer.region(region);
    }
    let mut all = Vec::new();
    for stream in [&out.rings, &out.lengths, &out.east, &out.north, &out.ranks] {
        put(&mut all, stream.len() as u64);
        all.extend_from_slice(stream);
    }
    all
}

struct Writer<'a> {
    topology: &'a Topology,
    simplified: &'a Simplified,
    /// Border of the coverage to border of the chunk.
    known: std::collections::HashMap<u32, u64>,
    at: [i32; 2],
    out: &'a mut Streams,
}

impl Writer<'_> {
    fn region(&mut self, region: usize) {
        let rings = &self.topology.regions[region];
        put(&mut self.out.rings, rings.len() as u64);
        for ring in rings {
            put(&mut self.out.rings, (ring.steps.len() as u64) << 1 | u64::from(ring.hole));
            for (i, step) in ring.steps.iter().enumerate() {
                self.step(*step, i == 0);
            }
        }
    }

    /// A border by its number and direction; a new one with its points, in this direction.
    fn step(&mut self, step: Step, first: bool) {
        let next = self.known.len() as u64;
        let points = self.points(step);
        if let Some(number) = self.known.get(&step.border) {
            // The direction in which it was written is kept in the lowest bit.
            let (number, written_backwards) = (number >> 1, number & 1 == 1);
            let same = u64::from(written_backwards == step.backwards);
            put(&mut self.out.rings, (next - number) << 1 | same);
        } else {
            self.known.insert(step.border, next << 1 | u64::from(step.backwards));
            put(&mut self.out.rings, 0);
            put(&mut self.out.lengths, points.len() as u64);
            for (i, (point, rank)) in points.iter().enumerate() {
                // A ring goes on where its last border ended.
                if i > 0 || first {
                    put(&mut self.out.east, zigzag(i64::from(point[0]) - i64::from(self.at[0])));
                    put(&mut self.out.north, zigzag(i64::from(point[1]) - i64::from(self.at[1])));
                }
                self.out.ranks.push(*rank);
                self.at = *point;
            }
        }
        if let Some((last, _)) = points.last() {
            self.at = *last;
        }
    }

    /// The points that any tolerance keeps, with their ranks; a step has at least two.
    fn points(&self, step: Step) -> Vec<([i32; 2], u8)> {
        let none = u8::try_from(self.simplified.reports.len()).unwrap_or(u8::MAX);
        let places = self.topology.borders[step.border as usize].places();
        let (first, last) = (places.start, places.end - 1);
        let mut points: Vec<([i32; 2], u8)> = Vec::new();
        for place in places {
            let rank = self.simplified.rank[place];
            let point = self.simplified.grid[self.topology.chain[place] as usize];
            let end = place == first || place == last;
            match points.last_mut() {
                // The grid has made one of two.
                Some(held) if held.0 == point && !end => held.1 = held.1.min(rank),
                _ if rank < none || end => points.push((point, rank)),
                _ => {}
            }
        }
        if step.backwards {
            points.reverse();
        }
        points
    }
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 128 {
        out.push(u8::try_from(n & 127).unwrap_or(0) | 128);
        n >>= 7;
    }
    out.push(u8::try_from(n).unwrap_or(0));
}

/// A stream that is read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Result<u8, ChunkError> {
        let (first, rest) = self.0.split_first().ok_or(ChunkError::CutOff)?;
        self.0 = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, ChunkError> {
        let mut n = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(n);
            }
        }
        Err(ChunkError::CutOff)
    }

    fn signed(&mut self) -> Result<i64, ChunkError> {
        let n = self.number()?;
        Ok((n >> 1).cast_signed() ^ -((n & 1).cast_signed()))
    }

    /// A number of things of which each takes at least one byte of `in_what`.
    fn count(&mut self, in_what: usize) -> Result<usize, ChunkError> {
        let n = usize::try_from(self.number()?).map_err(|_| ChunkError::CutOff)?;
        if n <= in_what { Ok(n) } else { Err(ChunkError::CutOff) }
    }

    fn stream(&mut self) -> Result<Reader<'a>, ChunkError> {
        let n = self.count(self.0.len())?;
        let (stream, rest) = self.0.split_at(n);
        self.0 = rest;
        Ok(Reader(stream))
    }
}

/// Unpacks what [`pack`] packed, as it looks at tolerance number `zoom`: regions in code order,
/// degrees. Rings that have no area there are left out.
pub(super) fn unpack(
    raw: &[u8],
    zoom: u8,
    grid: f64,
) -> Result<Vec<(RegionCode, MultiPolygon<f64>)>, ChunkError> {
    let mut all = Reader(raw);
    let mut chunk = Unpacker {
        rings: all.stream()?,
        lengths: all.stream()?,
        east: all.stream()?,
        north: all.stream()?,
        ranks: all.stream()?,
        at: [0, 0],
        lines: Vec::new(),
        zoom,
        grid,
    };
    let n = chunk.rings.count(chunk.rings.0.len())?;
    let mut out = Vec::with_capacity(n);
    let mut code = 0_u64;
    for _ in 0..n {
        code = code.checked_add(chunk.rings.number()?).ok_or(ChunkError::Reference)?;
        let region = RegionCode::from_packed(code).ok_or(ChunkError::Reference)?;
        let shape = chunk.region()?;
        if !shape.0.is_empty() {
            out.push((region, shape));
        }
    }
    Ok(out)
}

/// A border as it looks at the tolerance asked for, and its ends.
struct Line {
    kept: Vec<[i32; 2]>,
    first: [i32; 2],
    last: [i32; 2],
}

struct Unpacker<'a> {
    rings: Reader<'a>,
    lengths: Reader<'a>,
    east: Reader<'a>,
    north: Reader<'a>,
    ranks: Reader<'a>,
    at: [i32; 2],
    lines: Vec<Line>,
    zoom: u8,
    grid: f64,
}

impl Unpacker<'_> {
    fn region(&mut self) -> Result<MultiPolygon<f64>, ChunkError> {
        let mut polygons: Vec<Polygon<f64>> = Vec::new();
        let mut shell_there = false;
        for _ in 0..self.rings.count(self.rings.0.len())? {
            let head = self.rings.number()?;
            let hole = head & 1 == 1;
            let points = self.ring(head >> 1)?;
            let there = twice_area(&points) != 0;
            if hole && shell_there && there {
                let ring = self.degrees(&points);
                if let Some(shell) = polygons.last_mut() {
                    shell.interiors_push(ring);
                }
            } else if !hole {
                shell_there = there;
                if there {
                    polygons.push(Polygon::new(self.degrees(&points), Vec::new()));
                }
            }
        }
        Ok(MultiPolygon::new(polygons))
    }

    fn ring(&mut self, steps: u64) -> Result<Vec<[i32; 2]>, ChunkError> {
        let mut points: Vec<[i32; 2]> = Vec::new();
        for i in 0..steps {
            let token = self.rings.number()?;
            if token == 0 {
                self.line(i == 0)?;
            }
            let back = if token == 0 { 1 } else { token >> 1 };
            let number = (self.lines.len() as u64).checked_sub(back);
            let line = number.and_then(|n| self.lines.get(usize::try_from(n).ok()?));
            let line = line.ok_or(ChunkError::Reference)?;
            if token == 0 || token & 1 == 1 {
                points.extend(&line.kept);
                self.at = line.last;
            } else {
                points.extend(line.kept.iter().rev());
                self.at = line.first;
            }
        }
        points.dedup();
        while points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        Ok(points)
    }

    fn line(&mut self, starts_ring: bool) -> Result<(), ChunkError> {
        let n = self.lengths.count(self.ranks.0.len())?;
        let mut kept = Vec::new();
        let mut first = self.at;
        for i in 0..n {
            if i > 0 || starts_ring {
                let to = |at: i32, by: i64| i32::try_from(i64::from(at).saturating_add(by));
                let (east, north) = (self.east.signed()?, self.north.signed()?);
                let moved = (to(self.at[0], east), to(self.at[1], north));
                let (Ok(x), Ok(y)) = moved else { return Err(ChunkError::Reference) };
                self.at = [x, y];
            }
            if i == 0 {
                first = self.at;
            }
            if self.ranks.byte()? <= self.zoom {
                kept.push(self.at);
            }
        }
        self.lines.push(Line { kept, first, last: self.at });
        Ok(())
    }

    fn degrees(&self, points: &[[i32; 2]]) -> LineString<f64> {
        let degrees =
            |p: &[i32; 2]| Coord { x: f64::from(p[0]) / self.grid, y: f64::from(p[1]) / self.grid };
        let mut ring: Vec<Coord<f64>> = points.iter().map(degrees).collect();
        ring.extend(ring.first().copied());
        LineString::new(ring)
    }
}
