//! Islands far off the coast, in a box of their own: at one scale with the rest they would leave
//! either of them too small to read.

use super::frame::Frame;
use crate::domain::{Level, RegionCode};
use crate::spatial::Boundary;

/// Packed codes of a region and of the part of it that is drawn apart. Kepulauan Seribu has 1.7 %
/// of the area of Jakarta and three quarters of its north-south extent.
const APART: [(u64, u64); 1] = [(3_100_000_000, 3_101_000_000)];

/// Width of the box, in units.
const BOX: f64 = 250.0;

/// The rest is kept a little lower than a whole map, because it is narrower.
const HEIGHT: f64 = 800.0;

/// A box over the left of a map, as high as the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Inset {
    pub code: RegionCode,
    pub frame: Frame,
    pub width: f64,
}

/// The frame of the map, and the box where it has one.
pub(super) fn frames(
    code: RegionCode,
    level: Level,
    boundaries: &[Boundary],
) -> (Frame, Option<Inset>) {
    let whole = || Frame::around(boundaries.iter().map(|b| &b.shape));
    let apart = APART.iter().find(|(of, _)| *of == code.packed()).filter(|_| level > code.level());
    let Some(part) = apart.and_then(|(_, part)| RegionCode::from_packed(*part)) else {
        return (whole(), None);
    };
    let shapes = |inside: bool| {
        boundaries.iter().filter(move |b| part.contains(b.code) == inside).map(|b| &b.shape)
    };
    if shapes(true).next().is_none() || shapes(false).next().is_none() {
        return (whole(), None);
    }
    let main = Frame::beside(shapes(false), BOX, HEIGHT);
    let frame = Frame::boxed(shapes(true), BOX, main.height);
    (main, Some(Inset { code: part, frame, width: BOX }))
}
