//! Where a name fits inside a shape.

use super::layer::{Shape, extent};

/// Height of the letters of a name, in units.
pub(super) const LETTER: f64 = 15.0;

/// Height where the name would not fit otherwise.
const SMALL: f64 = 12.5;

/// Mean width of a letter of a bold sans-serif face, as a part of its height.
const LETTER_WIDTH: f64 = 0.62;

/// How much wider than its shape a small name may be.
const OVERFLOW: f64 = 1.7;

/// A shape with no room either way for a name has it at its side.
const SPECK: f64 = 34.0;

/// A name where it stands; `x` is its middle, or its left end when `beside`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub x: f64,
    /// Middle of all lines.
    pub y: f64,
    pub lines: Vec<String>,
    pub small: bool,
    pub beside: bool,
}

impl Name {
    pub(super) fn letter(&self) -> f64 {
        if self.small { SMALL } else { LETTER }
    }

    /// Base line of each line.
    pub(super) fn baselines(&self) -> impl Iterator<Item = (f64, &str)> {
        let step = self.letter() * 1.1;
        let first = self.y + self.letter() * 0.36 - step * (count(self.lines.len()) - 1.0) / 2.0;
        self.lines.iter().enumerate().map(move |(i, line)| (first + step * count(i), line.as_str()))
    }

    /// Left, top, right and bottom.
    fn extent(&self) -> (f64, f64, f64, f64) {
        let width = widest(&self.lines, self.letter());
        let left = if self.beside { self.x } else { self.x - width / 2.0 };
        let half = self.letter() * 1.1 * count(self.lines.len()) / 2.0;
        (left, self.y - half, left + width, self.y + half)
    }

    fn meets(&self, other: &Self) -> bool {
        let (a, b) = (self.extent(), other.extent());
        a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

pub(super) fn text_width(text: &str, letter: f64) -> f64 {
    count(text.chars().count()) * letter * LETTER_WIDTH
}

fn widest(lines: &[String], letter: f64) -> f64 {
    lines.iter().map(|line| text_width(line, letter)).fold(0.0, f64::max)
}

/// Names for as many shapes as have room: first those that fit inside their borders, then, in
/// order, small ones that stand over a border or at the side, where they meet no other name.
pub(super) fn arrange<'a>(
    shapes: impl Iterator<Item = (&'a Shape, String)>,
    width: f64,
) -> Vec<Name> {
    let (mut placed, mut left) = (Vec::new(), Vec::new());
    for (shape, name) in shapes {
        match inside(shape, &name) {
            Some(name) => placed.push(name),
            None => left.push((shape, name)),
        }
    }
    for (shape, name) in left {
        let free = |n: &Name| {
            n.extent().2 < width - 4.0 && n.extent().0 > 4.0 && !placed.iter().any(|p| p.meets(n))
        };
        if let Some(name) = outside(shape, &name).into_iter().find(free) {
            placed.push(name);
        }
    }
    placed
}

/// On one line, else on two, where there is most room.
fn inside(shape: &Shape, name: &str) -> Option<Name> {
    let lines = [Some(vec![name.to_owned()]), split(name)];
    lines.into_iter().flatten().find_map(|lines| {
        let (x, y, room) = roomiest(&shape.body, LETTER * 1.1 * count(lines.len()))?;
        (widest(&lines, LETTER) <= room).then_some(Name {
            x,
            y,
            lines,
            small: false,
            beside: false,
        })
    })
}

/// Places for a name that does not fit, best first.
fn outside(shape: &Shape, name: &str) -> Vec<Name> {
    let Some((left, top, right, bottom)) = extent(&shape.body) else { return Vec::new() };
    let (mid, y) = (f64::midpoint(left, right), f64::midpoint(top, bottom));
    let one = vec![name.to_owned()];
    let at = |x: f64, y: f64, lines: &[String], beside: bool| Name {
        x,
        y,
        lines: lines.to_vec(),
        small: true,
        beside,
    };
    if right - left < 3.0 * SPECK && bottom - top < SPECK {
        let width = widest(&one, SMALL);
        return vec![
            at(right + 6.0, y, &one, true),
            at(left - 6.0 - width, y, &one, true),
            at(mid, bottom + SMALL, &one, false),
            at(mid, top - SMALL, &one, false),
        ];
    }
    let mut places = Vec::new();
    for lines in [Some(one), split(name)].into_iter().flatten() {
        let height = SMALL * 1.1 * count(lines.len());
        if let Some((x, y, room)) = roomiest(&shape.body, height.min((bottom - top) / 2.0))
            && widest(&lines, SMALL) <= room * OVERFLOW
        {
            places.push(at(x, y, &lines, false));
        }
    }
    places
}

/// At the space nearest to the middle.
fn split(name: &str) -> Option<Vec<String>> {
    let (at, _) = name.match_indices(' ').min_by_key(|(i, _)| name.len().abs_diff(2 * i + 1))?;
    Some(vec![name[..at].to_owned(), name[at + 1..].to_owned()])
}

/// Middle and width of the widest box of `height` inside a ring, looked for on 24 levels; of equal
/// ones the middle-most.
fn roomiest(body: &[(f64, f64)], height: f64) -> Option<(f64, f64, f64)> {
    const LEVELS: u32 = 24;
    let (_, top, _, bottom) = extent(body)?;
    let mut best: Option<(f64, f64, f64, f64)> = None;
    for i in 1..LEVELS {
        let part = f64::from(i) / f64::from(LEVELS);
        let y = top + (bottom - top) * part;
        let levels = [y - height / 2.0, y - height / 4.0, y, y + height / 4.0, y + height / 2.0];
        let mut free = chords(body, levels[0]);
        for level in &levels[1..] {
            free = overlap(&free, &chords(body, *level));
        }
        // Away from the middle a box must be clearly wider to be better.
        let worth = |width: f64| width * (1.0 - 0.4 * (part - 0.5).abs());
        for (from, to) in free {
            let width = to - from - 4.0;
            if width > 0.0 && best.is_none_or(|b| worth(width) > b.3) {
                best = Some((f64::midpoint(from, to), y, width, worth(width)));
            }
        }
    }
    best.map(|(x, y, width, _)| (x, y, width))
}

/// Where a level runs inside a ring: from, to.
fn chords(body: &[(f64, f64)], y: f64) -> Vec<(f64, f64)> {
    let next = body.iter().cycle().skip(1);
    let mut crossings: Vec<f64> = body
        .iter()
        .zip(next)
        .filter(|(a, b)| (a.1 > y) != (b.1 > y))
        .map(|(a, b)| a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0))
        .collect();
    crossings.sort_by(f64::total_cmp);
    crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

fn overlap(a: &[(f64, f64)], b: &[(f64, f64)]) -> Vec<(f64, f64)> {
    a.iter()
        .flat_map(|x| b.iter().map(|y| (x.0.max(y.0), x.1.min(y.1))))
        .filter(|(from, to)| from < to)
        .collect()
}
