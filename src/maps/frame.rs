//! From degrees to the units of the picture: a local equirectangular projection that keeps shapes
//! true at its middle latitude.

use geo::MultiPolygon;

use crate::spatial::rings;

/// Width of every map, in units; the height follows from the extent.
pub(super) const WIDTH: f64 = 1000.0;

/// A tall region is narrowed so that its map still fits a screen.
const MAX_HEIGHT: f64 = 1000.0;

const PADDING: f64 = 14.0;

/// Mean length of one degree of a meridian (WGS 84).
const KM_PER_DEGREE: f64 = 111.195;

/// A map's extent and scale. Two layers may be laid over each other only when their frames are
/// equal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    west: f64,
    north: f64,
    /// Units per degree of longitude and latitude.
    per_lon: f64,
    per_lat: f64,
    left: f64,
    top: f64,
    pub width: f64,
    pub height: f64,
}

impl Frame {
    /// The frame that holds all of `shapes`; an empty set gets an empty square.
    pub fn around<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>>) -> Self {
        Self::fit(shapes, 0.0, WIDTH, MAX_HEIGHT)
    }

    /// As [`Frame::around`], with `left` units kept free.
    pub(super) fn beside<'a>(
        shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
        left: f64,
        max_height: f64,
    ) -> Self {
        Self::fit(shapes, left, WIDTH - left, max_height)
    }

    /// A frame over the left `width` units of a picture of `height`, its shapes in the middle.
    pub(super) fn boxed<'a>(
        shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
        width: f64,
        height: f64,
    ) -> Self {
        // Room for the name of the box below the shapes.
        let caption = 2.0 * PADDING;
        let mut frame = Self::fit(shapes, 0.0, width, height - caption);
        frame.top += (height - caption - frame.height) / 2.0;
        frame.height = height;
        frame
    }

    fn fit<'a>(
        shapes: impl Iterator<Item = &'a MultiPolygon<f64>>,
        left: f64,
        width: f64,
        max_height: f64,
    ) -> Self {
        let (west, south, east, north) = bounds(shapes);
        let shrink = f64::midpoint(south, north).to_radians().cos();
        let (lon, lat) = ((east - west).max(1e-6) * shrink, (north - south).max(1e-6));
        let room = width - 2.0 * PADDING;
        let per_lat = (room / lon).min((max_height - 2.0 * PADDING) / lat);
        Self {
            west,
            north,
            per_lon: per_lat * shrink,
            per_lat,
            left: left + f64::midpoint(width, -lon * per_lat),
            top: PADDING,
            width: WIDTH,
            height: (lat * per_lat + 2.0 * PADDING).ceil(),
        }
    }

    /// Units from the upper left corner.
    pub fn project(&self, lon: f64, lat: f64) -> (f64, f64) {
        (self.left + (lon - self.west) * self.per_lon, self.top + (self.north - lat) * self.per_lat)
    }

    /// Reverse of [`Frame::project`]: longitude and latitude.
    pub fn unproject(&self, x: f64, y: f64) -> (f64, f64) {
        (self.west + (x - self.left) / self.per_lon, self.north - (y - self.top) / self.per_lat)
    }

    /// True where the box around a shape comes into the picture.
    pub(super) fn meets(&self, shape: &MultiPolygon<f64>) -> bool {
        let (west, south, east, north) = bounds(std::iter::once(shape));
        let (left, top) = self.project(west, north);
        let (right, bottom) = self.project(east, south);
        right >= 0.0 && left <= self.width && bottom >= 0.0 && top <= self.height
    }

    /// Length of one unit on the ground, at the middle latitude.
    pub fn km_per_unit(&self) -> f64 {
        KM_PER_DEGREE / self.per_lat
    }
}

/// West, south, east and north of all shapes.
fn bounds<'a>(shapes: impl Iterator<Item = &'a MultiPolygon<f64>>) -> (f64, f64, f64, f64) {
    let (mut west, mut south) = (f64::INFINITY, f64::INFINITY);
    let (mut east, mut north) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    for coord in shapes.flat_map(rings).flat_map(|ring| &ring.0) {
        (west, east) = (west.min(coord.x), east.max(coord.x));
        (south, north) = (south.min(coord.y), north.max(coord.y));
    }
    if west > east { (0.0, 0.0, 1.0, 1.0) } else { (west, south, east, north) }
}
