//! The words and swatches that say what a colour means.

use std::fmt::Write;

use super::classes::Classes;
use super::furniture::escape;
use crate::disclosure::Cell;
use crate::labels;

/// How many areas fall into each class, have no data, are withheld.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    pub classes: Vec<u64>,
    pub no_data: u64,
    pub suppressed: u64,
}

impl ClassCounts {
    pub fn of(classes: &Classes, cells: impl Iterator<Item = Cell>) -> Self {
        let mut counts = Self { classes: vec![0; classes.len()], ..Self::default() };
        for cell in cells {
            match cell {
                Cell::Value(value) => counts.classes[classes.index(value)] += 1,
                Cell::NoData => counts.no_data += 1,
                Cell::Suppressed => counts.suppressed += 1,
            }
        }
        counts
    }
}

/// One line of a legend.
pub(super) struct Entry {
    pub class: &'static str,
    pub words: String,
    pub areas: u64,
}

/// The lines of a legend: every class, met or not, so that two maps of a measure have the same
/// legend; the two patterns only where they are met.
pub(super) fn entries(classes: &Classes, counts: &ClassCounts) -> Vec<Entry> {
    let mut entries: Vec<Entry> = classes
        .labels
        .iter()
        .enumerate()
        .map(|(i, words)| Entry {
            class: classes.css_class(i),
            words: words.clone(),
            areas: counts.classes.get(i).copied().unwrap_or(0),
        })
        .collect();
    let (no_data, suppressed) = (counts.no_data, counts.suppressed);
    if suppressed > 0 {
        let words = format!("{} (angka kecil)", labels::SUPPRESSED);
        entries.push(Entry { class: "suppressed", words, areas: suppressed });
    }
    if no_data > 0 {
        let words = labels::NO_DATA.to_owned();
        entries.push(Entry { class: "nodata", words, areas: no_data });
    }
    entries
}

/// The legend as an HTML list. `id` is the map's, whose patterns it borrows; `unit` names what the
/// areas are (`desa/kelurahan`). Swatches are SVG, so that they are printed too.
pub fn legend(id: &str, classes: &Classes, counts: &ClassCounts, unit: &str) -> String {
    let id = escape(id);
    let mut out = format!("<ul class=\"legend {}\">", classes.ramp.css_class());
    for entry in entries(classes, counts) {
        let fill = match entry.class {
            class @ ("suppressed" | "nodata") => format!(" fill=\"url(#{id}-key-{class})\""),
            _ => String::new(),
        };
        let _ = write!(
            out,
            "<li><svg class=\"swatch\" viewBox=\"0 0 28 18\" aria-hidden=\"true\">\
             <rect class=\"{}\"{fill} x=\"1\" y=\"1\" width=\"26\" height=\"16\"/></svg> \
             <span class=\"class\">{}</span> <span class=\"areas\">{}\u{a0}{}</span></li>",
            entry.class,
            escape(&entry.words),
            labels::integer(entry.areas),
            escape(unit),
        );
    }
    out.push_str("</ul>");
    if counts.no_data + counts.suppressed > 0 {
        let patterns = super::furniture::patterns(&format!("{id}-key"), 1.0);
        let _ = write!(
            out,
            "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\">{patterns}</svg>"
        );
    }
    out
}
