//! The style sheet of maps and legends: the only place where a class of a map gets its colour.

use std::fmt::Write;

use super::classes::Ramp;

const SHAPES: &str = include_str!("map.css");

/// Classes: `map`, `sea`, `land`, `areas`, `parents`, `outline`, `casing`, `highlighted`, `names`,
/// `furniture`, `inset`, `dense`, `legend`, `swatch`, `k0` to `k5` below a `ramp-…`, `nodata`, `suppressed`.
pub fn css() -> String {
    let mut out = SHAPES.to_owned();
    for ramp in Ramp::ALL {
        for (i, color) in ramp.colors().iter().enumerate() {
            let _ = writeln!(
                out,
                ".{} .k{i}{{fill:{color};stroke:{}}}",
                ramp.css_class(),
                border(color)
            );
        }
    }
    out
}

const DARK: &str = "#262626";
const LIGHT: &str = "#ffffff";

/// The border that stands out from a fill by 3 : 1 or more (WCAG 2.2, 1.4.11).
pub(super) fn border(fill: &str) -> &'static str {
    if contrast(fill, DARK) >= 3.0 { DARK } else { LIGHT }
}

/// Contrast of two colours `#rrggbb`, 1..=21 (WCAG 2.2, relative luminance).
pub(super) fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: &str) -> f64 {
    let channel = |at: usize| {
        let byte = color.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let c = f64::from(byte.unwrap_or(0)) / 255.0;
        if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_has_a_border_that_stands_out() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        for color in Ramp::ALL.into_iter().flat_map(Ramp::colors) {
            assert!(contrast(color, border(color)) >= 3.0, "{color}");
        }
        // Text on names, source and legend: 4.5 : 1.
        assert!(contrast("#333333", "#f3f6f8") >= 4.5);
    }

    #[test]
    fn the_classes_of_a_ramp_darken_in_clear_steps() {
        for ramp in Ramp::ALL {
            let steps = ramp.colors().map(luminance);
            assert!(steps.windows(2).all(|w| w[0] > w[1] * 1.12), "{ramp:?}: {steps:?}");
        }
    }
}
