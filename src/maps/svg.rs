//! The picture itself.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::furniture::{STRIP, boxed, escape, map_patterns, strip};
use super::layer::{Layer, STEPS, Shape};
use super::placing::arrange;
use super::{Area, MapSpec};
use crate::disclosure::Cell;
use crate::domain::RegionCode;
use crate::labels;

/// Up to this many shapes carry their names.
const MAX_NAMES: usize = 45;

/// From this many shapes on borders are drawn thinner.
const DENSE: usize = 300;

/// Radius of the disc of a region that is too small to see, in units; the same where many crowd.
const MARKER: f64 = 5.0;
const MARKER_DENSE: f64 = 3.5;

/// The whole map as one `<svg>` element without style attributes: colours come from the classes of
/// [`super::css`]. Every area with an address is a link with its name and figure, in code order.
pub fn choropleth(spec: &MapSpec<'_>) -> String {
    let frame = &spec.layer.frame;
    let id = escape(spec.id);
    let mut out = format!(
        "<svg class=\"{}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" \
         role=\"group\" aria-labelledby=\"{id}-title\" aria-describedby=\"{id}-desc\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>",
        css_class(spec),
        frame.width,
        frame.height + STRIP,
        escape(spec.title),
        escape(spec.description),
    );
    out.push_str(&body(spec, &id));
    out.push_str(&strip(frame, spec.attribution));
    out.push_str("</svg>");
    out
}

/// The classes of the whole picture.
pub(super) fn css_class(spec: &MapSpec<'_>) -> String {
    let dense = if spec.layer.shapes.len() >= DENSE { " dense" } else { "" };
    format!("map {}{dense}", spec.classes.ramp.css_class())
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
    if let Some(inset) = &spec.layer.inset {
        out.push_str(&boxed(inset));
    }
    let areas: BTreeMap<RegionCode, &Area> = spec.areas.iter().map(|a| (a.code, a)).collect();
    // Beneath the areas, so that only its outer half is seen and discs stand above it.
    let _ = write!(out, "<path class=\"outline\" d=\"{}\"/>", spec.layer.outline);
    out.push_str("<g class=\"areas\">");
    for shape in &spec.layer.shapes {
        area(&mut out, spec, id, shape, areas.get(&shape.code).copied());
    }
    out.push_str("</g>");
    let _ = write!(out, "<path class=\"parents\" d=\"{}\"/>", spec.layer.parents);
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
    let cell = area.map_or(Cell::NoData, |a| a.cell);
    let paint = paint(spec, id, cell);
    let _ = write!(out, "<path {paint} data-code=\"{}\" d=\"{}\"/>", shape.code, shape.path);
    // Where there is nothing to show, nothing need be made visible.
    if let Some((x, y)) = shape.marker.filter(|_| cell != Cell::NoData) {
        let radius = if spec.layer.shapes.len() < DENSE { MARKER } else { MARKER_DENSE };
        let [x, y, r] = [x, y, radius].map(|v| v * STEPS);
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
    let shapes = layer.shapes.iter().map(|shape| {
        let name = areas.get(&shape.code).map_or(shape.name.as_str(), |a| a.name.as_str());
        (shape, labels::short_name(name))
    });
    for name in arrange(shapes, layer.frame.width) {
        let class = match (name.small, name.beside) {
            (true, true) => " class=\"small beside\"",
            (true, false) => " class=\"small\"",
            (false, _) => "",
        };
        for (y, line) in name.baselines() {
            let _ = write!(
                out,
                "<text{class} x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
                name.x,
                escape(line)
            );
        }
    }
    out.push_str("</g>");
}
