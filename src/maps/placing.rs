//! Where a name fits inside a shape.

use super::layer::{Shape, extent};

/// Height of the letters of a name, in units.
pub(super) const LETTER: f64 = 15.0;

/// Mean width of a letter of a sans-serif face, as a part of its height.
const LETTER_WIDTH: f64 = 0.56;

/// Distance between two lines of one name.
pub(super) const LINE: f64 = LETTER * 1.1;

/// Lines of text around a middle point.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub x: f64,
    pub y: f64,
    pub lines: Vec<String>,
}

pub(super) fn text_width(text: &str, letter: f64) -> f64 {
    let letters = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    f64::from(letters) * letter * LETTER_WIDTH
}

/// The name on one line, else on two, at the place with the most room; `None` where it would not
/// fit inside the borders.
pub(super) fn place(shape: &Shape, name: &str) -> Option<Name> {
    let one = vec![name.to_owned()];
    let (whole, halves) = (roomiest(&shape.body, LETTER), roomiest(&shape.body, 2.0 * LINE));
    let fits =
        |lines: &[String], room: f64| lines.iter().all(|line| text_width(line, LETTER) <= room);
    if let Some((x, y, room)) = whole
        && fits(&one, room)
    {
        return Some(Name { x, y, lines: one });
    }
    let two = split(name)?;
    let (x, y, room) = halves?;
    fits(&two, room).then_some(Name { x, y, lines: two })
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
