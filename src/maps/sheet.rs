//! A map as a file of its own: title, map, legend and provenance in one SVG with its own style.

use std::fmt::Write;

use super::MapSpec;
use super::furniture::{STRIP, escape, patterns, strip};
use super::legend::{ClassCounts, entries};
use super::placing::text_width;
use super::style::css;
use super::svg::{body, css_class};
use crate::disclosure::Cell;

const HEAD: f64 = 64.0;
const ROW: f64 = 24.0;
const SMALL: f64 = 13.0;

/// As [`super::choropleth`], with everything that the page says around it. Links are kept.
pub fn standalone_svg(spec: &MapSpec<'_>) -> String {
    let frame = &spec.layer.frame;
    let id = escape(spec.id);
    let (key, key_height) = key(spec, &id);
    let (notes, notes_height) = notes(spec.provenance);
    let map_bottom = HEAD + frame.height + STRIP + 8.0;
    let height = map_bottom + key_height + notes_height + 12.0;
    let mut out = format!(
        "<svg class=\"{}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {height}\" \
         width=\"{w}\" height=\"{height}\" role=\"group\" aria-labelledby=\"{id}-title\" \
         aria-describedby=\"{id}-desc\" lang=\"id\"><title id=\"{id}-title\">{}</title>\
         <desc id=\"{id}-desc\">{}</desc><style>{}{SHEET}</style>\
         <rect class=\"paper\" width=\"{w}\" height=\"{height}\"/>",
        css_class(spec),
        escape(spec.title),
        escape(spec.description),
        // A style element is XML text here, not raw text as in HTML.
        escape(&css()),
        w = frame.width,
    );
    let _ = write!(
        out,
        "<text class=\"sheet-title\" x=\"14\" y=\"40\">{}</text>\
         <g transform=\"translate(0 {HEAD})\">{}{}</g>\
         <g class=\"sheet-key\" transform=\"translate(14 {map_bottom})\">{key}</g>\
         <g class=\"sheet-notes\" transform=\"translate(14 {})\">{notes}</g></svg>",
        escape(spec.title),
        body(spec, &id),
        strip(frame, spec.attribution),
        map_bottom + key_height,
    );
    out
}

const SHEET: &str = ".map{max-height:none}.paper{fill:#fff}\
    .sheet-title{font-size:24px;font-weight:700;fill:#111}\
    .sheet-key text{font-size:15px;fill:#222}.sheet-notes text{font-size:13px;fill:#444}\
    .sheet-key rect{stroke-width:1}";

/// Legend in columns, and its height.
fn key(spec: &MapSpec<'_>, id: &str) -> (String, f64) {
    const COLUMNS: usize = 3;
    let cells = spec.layer.shapes.iter().map(|shape| {
        spec.areas.iter().find(|a| a.code == shape.code).map_or(Cell::NoData, |a| a.cell)
    });
    let entries = entries(spec.classes, &ClassCounts::of(spec.classes, cells));
    let rows = spec.classes.len().div_ceil(COLUMNS);
    let at = |n: usize| f64::from(u32::try_from(n).unwrap_or(0));
    let mut out = patterns(&format!("{id}-key"), 1.0);
    for (i, entry) in entries.iter().enumerate() {
        // The patterns have a row of their own: they are no classes.
        let (x, y) = match i.checked_sub(spec.classes.len()) {
            None => (at(i / rows) * 325.0, at(i % rows) * ROW),
            Some(pattern) => (at(pattern) * 487.0, at(rows) * ROW),
        };
        let fill = match entry.class {
            class @ ("suppressed" | "nodata") => format!(" fill=\"url(#{id}-key-{class})\""),
            _ => String::new(),
        };
        let _ = write!(
            out,
            "<rect class=\"{}\"{fill} x=\"{x}\" y=\"{y}\" width=\"28\" height=\"17\"/>\
             <text x=\"{}\" y=\"{}\">{} ({})</text>",
            entry.class,
            x + 36.0,
            y + 14.0,
            escape(&entry.words),
            entry.areas,
        );
    }
    let rows = rows + usize::from(entries.len() > spec.classes.len());
    (out, at(rows) * ROW + 16.0)
}

/// Provenance, wrapped to the width of the sheet, and its height.
fn notes(provenance: &[(String, String)]) -> (String, f64) {
    let mut out = String::new();
    let mut y = SMALL;
    for (label, value) in provenance {
        for line in wrap(&format!("{label}: {value}"), 960.0) {
            let _ = write!(out, "<text x=\"0\" y=\"{y}\">{}</text>", escape(&line));
            y += SMALL * 1.4;
        }
    }
    (out, y)
}

fn wrap(text: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.len() - 1;
        if lines[line].is_empty() {
            lines[line].push_str(word);
        } else if text_width(&lines[line], SMALL) + text_width(word, SMALL) < width {
            lines[line].push(' ');
            lines[line].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
