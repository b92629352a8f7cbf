//! A boundary set as the rest of the product draws and locates with it.

use std::path::Path;
use std::sync::Arc;

use super::set::{ATLAS_FILE, BoundarySet, SetError, io};
use crate::domain::Level;
use crate::regions::BOUNDARY_ATTRIBUTION;
use crate::spatial::{
    Atlas, Boundary, BoundaryError, Contiguity, Detail, Origin, SeaLinks, Shapes, Topology,
    neighbours,
};

/// Opens a set. Where it has no display geometry yet, that is made (about 10 s for the nation).
///
/// # Errors
/// Not a set, damaged, or without polygons of desa.
pub fn set_shapes(folder: &Path) -> Result<Arc<Shapes>, SetError> {
    let set = BoundarySet::open(folder)?;
    let origin = Origin {
        vintage: set.manifest().vintage.clone(),
        attribution: attribution(&set),
        set: Some(set.id().to_owned()),
    };
    let atlas = match set.file(ATLAS_FILE) {
        Some(path) => {
            let bytes = std::fs::read(&path).map_err(io(&path))?;
            Atlas::from_bytes(&path.display().to_string(), bytes.into())?
        }
        None => Atlas::build(&set.boundaries(Level::Desa)?, &Detail::default())?.0,
    };
    let full = move |level| set.boundaries(level).map_err(|e| BoundaryError::Set(e.to_string()));
    Ok(Arc::new(Shapes::of_set(atlas, origin, Box::new(full))))
}

/// The line under maps: source and licence as the set states them.
fn attribution(set: &BoundarySet) -> String {
    let manifest = set.manifest();
    let Some(source) = &manifest.source else { return BOUNDARY_ATTRIBUTION.to_owned() };
    let licence = manifest.licence.as_ref().map(|l| format!(" ({l})")).unwrap_or_default();
    format!("Batas: {source}{licence}; batas indikatif, bukan acuan resmi")
}

/// `contiguity.csv`: one row a pair, both ways: a common edge is `benteng` (rook), a common point alone `ratu`
/// (queen), a link across the sea `laut` (from a region without neighbours by land to the `sea`
/// nearest others). `boundaries` in code order.
pub fn contiguity_csv(boundaries: &[Boundary], sea: usize) -> String {
    let topology = Topology::build(boundaries.iter().map(|b| &b.shape));
    let rook = neighbours(&topology, Contiguity::Rook, None);
    let queen = neighbours(&topology, Contiguity::Queen, Some(SeaLinks::Nearest(sea)));
    let mut text = "kode,tetangga,hubungan\n".to_owned();
    for (i, boundary) in boundaries.iter().enumerate() {
        let mut rows: Vec<(u32, &str)> = queen.land[i]
            .iter()
            .map(|n| (*n, if rook.land[i].binary_search(n).is_ok() { "benteng" } else { "ratu" }))
            .chain(queen.sea[i].iter().map(|n| (*n, "laut")))
            .collect();
        rows.sort_unstable();
        for (neighbour, how) in rows {
            text += &format!("{},{},{how}\n", boundary.code, boundaries[neighbour as usize].code);
        }
    }
    text
}
