//! The picture itself.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::furniture::{STRIP, escape, map_patterns, strip};
use super::layer::{Layer, STEPS, Shape};
use super::placing::{LETTER, LINE, place};
use super::{Area, MapSpec};
use crate::disclosure::Cell;
use crate::domain::RegionCode;
use crate::labels;

/// Up to this many shapes carry their names.
const MAX_NAMES: usize = 45;

/// Radius of the disc of a region that is too small to see, in units.
const MARKER: f64 = 5.0;

/// The whole map as one `<svg>` element without style attributes: colours come from the classes of
/// [`super::css`]. Every area with an address is a link with its name and figure, in code order.
pub fn choropleth(spec: &MapSpec<'_>) -> String {
    let frame = &spec.layer.frame;
    let id = escape(spec.id);
    let mut out = format!(
        "<svg class=\"map {}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" \
         role=\"group\" aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
        spec.classes.ramp.css_class(),
        frame.width,
        frame.height + STRIP,
        escape(spec.title),
        escape(spec.description),
    );
    out.push_str(&body(spec, &id));
    out.push_str(&strip(frame));
    out.push_str("</svg>");
    out
}

/// Everything inside the frame, for the page and for the sheet.
pub(super) fn body(spec: &MapSpec<'_>, id: &str) -> String {
    let frame = &spec.layer.frame;
    let mut out = map_patterns(id);
    let _ = write!(
        out,
        "<clipPath id=\"{id}-frame\"><rect width=\"{w}\" height=\"{h}\"/></clipPath>\
         <rect class=\"sea\" width=\"{w}\" height=\"{h}\"/>",
        w = frame.width,
        h = frame.height,
    );
    let scale = 1.0 / STEPS;
    let _ = write!(out, "<g clip-path=\"url(#{id}-frame)\"><g transform=\"scale({scale})\">");
    if let Some(context) = spec.context.filter(|c| c.frame == *frame) {
        land(&mut out, context);
    }
    let areas: BTreeMap<RegionCode, &Area> = spec.areas.iter().map(|a| (a.code, a)).collect();
    out.push_str("<g class=\"areas\">");
    for shape in &spec.layer.shapes {
        area(&mut out, spec, id, shape, areas.get(&shape.code).copied());
    }
    out.push_str("</g>");
    let _ = write!(
        out,
        "<path class=\"parents\" d=\"{}\"/><path class=\"outline\" d=\"{}\"/>",
        spec.layer.parents, spec.layer.outline
    );
    if let Some(shape) = spec.highlighted.and_then(|code| spec.layer.shape(code)) {
        let _ = write!(
            out,
            "<path class=\"casing\" d=\"{0}\"/><path class=\"highlighted\" d=\"{0}\"/>",
            shape.path
        );
    }
    out.push_str("</g>");
    names(&mut out, spec.layer, &areas);
    out.push_str("</g>");
    out
}

fn land(out: &mut String, context: &Layer) {
    out.push_str("<g class=\"land\">");
    for shape in &context.shapes {
        let _ = write!(out, "<path d=\"{}\"/>", shape.path);
    }
    out.push_str("</g>");
}

/// One region: a link where it leads somewhere, its name and figure for ear and pointer alike.
fn area(out: &mut String, spec: &MapSpec<'_>, id: &str, shape: &Shape, area: Option<&Area>) {
    let words = area.map_or_else(
        || format!("{}: {}", shape.name, labels::NO_DATA),
        |area| format!("{}: {}", area.name, area.text),
    );
    let words = escape(&words);
    let href = area.and_then(|area| area.href.as_deref());
    match href {
        Some(href) => {
            let _ = write!(out, "<a href=\"{}\" aria-label=\"{words}\">", escape(href));
        }
        None => out.push_str("<g>"),
    }
    let _ = write!(out, "<title>{words}</title>");
    let paint = paint(spec, id, area.map_or(Cell::NoData, |a| a.cell));
    let _ = write!(out, "<path {paint} data-code=\"{}\" d=\"{}\"/>", shape.code, shape.path);
    if let Some((x, y)) = shape.marker {
        let [x, y, r] = [x, y, MARKER].map(|v| v * STEPS);
        let _ = write!(out, "<circle {paint} cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>");
    }
    out.push_str(if href.is_some() { "</a>" } else { "</g>" });
}

/// Colours come from the style sheet; patterns cannot, because their names are the map's own.
fn paint(spec: &MapSpec<'_>, id: &str, cell: Cell) -> String {
    match cell {
        Cell::Value(value) => {
            format!("class=\"{}\"", spec.classes.css_class(spec.classes.index(value)))
        }
        Cell::NoData => format!("class=\"nodata\" fill=\"url(#{id}-nodata)\""),
        Cell::Suppressed => format!("class=\"suppressed\" fill=\"url(#{id}-suppressed)\""),
    }
}

/// The names that fit, for eyes only: the areas say them already.
fn names(out: &mut String, layer: &Layer, areas: &BTreeMap<RegionCode, &Area>) {
    if layer.shapes.len() > MAX_NAMES {
        return;
    }
    out.push_str("<g class=\"names\" aria-hidden=\"true\">");
    for shape in &layer.shapes {
        let name = areas.get(&shape.code).map_or(shape.name.as_str(), |a| a.name.as_str());
        let name = labels::short_name(name);
        if let Some((x, y)) = shape.marker {
            let (x, y) = (x + MARKER + 4.0, y + LETTER / 3.0);
            let _ = write!(
                out,
                "<text class=\"beside\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
                escape(&name)
            );
        } else if let Some(placed) = place(shape, &name) {
            let lines = f64::from(u32::try_from(placed.lines.len()).unwrap_or(1));
            let mut y = placed.y + LETTER * 0.36 - LINE * (lines - 1.0) / 2.0;
            for line in &placed.lines {
                let _ =
                    write!(out, "<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>", placed.x, escape(line));
                y += LINE;
            }
        }
    }
    out.push_str("</g>");
}
