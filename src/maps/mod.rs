//! Maps as inline SVG, drawn on the server from plain rows: projection, simplification without
//! gaps, fixed classes, legends. No HTTP, no frames.
//!
//! The order of work: [`Layers`] (or [`Layer::load`]) gives the shapes, [`Classes::for_indicator`]
//! the colours, [`choropleth`] the picture, [`legend`] the words beside it. Nothing carries a style
//! attribute, so a page under a strict content policy needs only [`css`] in its style sheet.

mod classes;
mod clip;
mod frame;
mod furniture;
mod inset;
mod layer;
mod layers;
mod legend;
mod placing;
mod sheet;
mod style;
mod svg;
mod threshold;

pub use classes::{Classes, Ramp};
pub use frame::Frame;
pub use layer::{Layer, Shape};
pub use layers::Layers;
pub use legend::{ClassCounts, legend};
pub use sheet::standalone_svg;
pub use style::css;
pub use svg::choropleth;

use crate::disclosure::Cell;
use crate::domain::RegionCode;

/// What a map shows.
#[derive(Clone, Debug)]
pub struct MapSpec<'a> {
    /// Prefix of every id inside the SVG; unique on its page, letters, digits and hyphens.
    pub id: &'a str,
    /// Read first by a screen reader, and printed over a downloaded map.
    pub title: &'a str,
    /// One or two sentences: what is seen, where the table with the same figures is.
    pub description: &'a str,
    pub layer: &'a Layer,
    pub classes: &'a Classes,
    /// One entry for each shape; a shape without an entry is drawn as having no data.
    pub areas: Vec<Area>,
    /// Drawn with a heavy border over the others.
    pub highlighted: Option<RegionCode>,
    /// Land around, drawn faintly beneath; ignored unless it is in the frame of `layer`.
    pub context: Option<&'a Layer>,
    /// Label and value pairs (`labels::provenance`); only a downloaded map prints them.
    pub provenance: &'a [(String, String)],
    /// Where the borders are from: the line under the map.
    pub attribution: &'a str,
}

/// One region of a map.
#[derive(Clone, Debug)]
pub struct Area {
    pub code: RegionCode,
    pub name: String,
    pub cell: Cell,
    /// The figure in words: `9,03 %`, `tidak ada data`.
    pub text: String,
    /// Where a click leads.
    pub href: Option<String>,
}
