//! What stands around the shapes of a map: patterns, scale bar, north arrow, source.

use std::fmt::Write;

use super::frame::Frame;
use super::inset::Inset;
use super::layer::STEPS;
use crate::labels;

/// Height of the strip under the map that holds scale and source, in units.
pub(super) const STRIP: f64 = 58.0;

/// Text that is safe in XML content and in double-quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML 1.0 has no way to write these.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => {}
            c => out.push(c),
        }
    }
    out
}

/// The two patterns: hatching for no data, dots for withheld. `scale` is the number of units of
/// the surroundings in one unit of the screen.
pub(super) fn patterns(id: &str, scale: f64) -> String {
    format!(
        "<defs>\
         <pattern id=\"{id}-nodata\" class=\"p-nodata\" width=\"8\" height=\"8\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"scale({scale}) rotate(45)\">\
         <rect width=\"8\" height=\"8\"/><path d=\"M0 0V8\"/></pattern>\
         <pattern id=\"{id}-suppressed\" class=\"p-suppressed\" width=\"7\" height=\"7\" \
         patternUnits=\"userSpaceOnUse\" patternTransform=\"scale({scale})\">\
         <rect width=\"7\" height=\"7\"/><circle cx=\"2\" cy=\"2\" r=\"1.3\"/>\
         <circle cx=\"5.5\" cy=\"5.5\" r=\"1.3\"/></pattern></defs>"
    )
}

/// Patterns for shapes, whose path data count grid steps.
pub(super) fn map_patterns(id: &str) -> String {
    patterns(id, STEPS)
}

/// Scale bar, north arrow and source in the strip under the map.
pub(super) fn strip(frame: &Frame, attribution: &str) -> String {
    let top = frame.height;
    let (km, units) = scale(frame.km_per_unit(), frame.width);
    let digits = usize::from(km < 1.0);
    let mut out = format!("<g class=\"furniture\" transform=\"translate(0 {top})\">");
    let (left, right) = (14.0, 14.0 + units);
    let (middle, north) = (left + units / 2.0, right + 150.0);
    let _ = write!(
        out,
        "<path class=\"scale\" d=\"M{left} 10V18H{right:.1}V10M{middle:.1} 13V18\"/>\
         <text x=\"{:.1}\" y=\"20\">{}\u{a0}km</text>\
         <path class=\"north\" d=\"M{north:.1} 2l6 18-6-4-6 4z\"/>\
         <text x=\"{:.1}\" y=\"20\">U</text>\
         <text class=\"source\" x=\"14\" y=\"46\">{}</text></g>",
        right + 8.0,
        labels::decimal(km, digits),
        north + 12.0,
        escape(attribution),
    );
    out
}

/// The box of far islands, in grid steps as the shapes are.
pub(super) fn boxed(inset: &Inset) -> String {
    let (width, height) = (inset.width * STEPS, inset.frame.height * STEPS);
    let (km, units) = scale(inset.frame.km_per_unit(), inset.width);
    let (left, base) = (14.0 * STEPS, height - 12.0 * STEPS);
    let right = left + units * STEPS;
    let tick = base - 7.0 * STEPS;
    format!(
        "<g class=\"inset\"><rect width=\"{width}\" height=\"{height}\"/>\
         <path class=\"scale\" d=\"M{left} {tick:.0}V{base:.0}H{right:.0}V{tick:.0}\"/>\
         <text transform=\"translate({:.0} {base:.0}) scale({STEPS})\">{}\u{a0}km (skala \
         sendiri)</text></g>",
        right + 8.0 * STEPS,
        labels::decimal(km, usize::from(km < 1.0)),
    )
}

/// The longest bar of the series 1-2-5 that takes at most a quarter of the width: kilometres and
/// units.
fn scale(km_per_unit: f64, width: f64) -> (f64, f64) {
    let room = km_per_unit * width / 4.0;
    let ten = 10_f64.powf(room.log10().floor());
    let km = [5.0, 2.0, 1.0].into_iter().map(|m| m * ten).find(|km| *km <= room).unwrap_or(ten);
    (km, km / km_per_unit)
}
