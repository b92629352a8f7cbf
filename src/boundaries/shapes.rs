//! A boundary set as the rest of the product draws and locates with it.

use std::path::Path;
use std::sync::Arc;

use super::set::{ATLAS_FILE, BoundarySet, SetError, io};
use crate::domain::Level;
use crate::regions::{BOUNDARY_ATTRIBUTION, RegionCatalog};
use crate::spatial::{Atlas, BoundaryError, Detail, Origin, Shapes};

/// Opens a set. Where it has no display geometry yet, that is made (about 10 s for the nation).
///
/// # Errors
/// Not a set, damaged, without polygons of desa, or with regions that no page would show.
pub fn set_shapes(folder: &Path) -> Result<Arc<Shapes>, SetError> {
    let set = BoundarySet::open(folder)?;
    all_known(&set)?;
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

/// Families that are found in a region outside the region table would be counted in its parents and
/// be in no table and on no map.
fn all_known(set: &BoundarySet) -> Result<(), SetError> {
    let path = set.folder().to_owned();
    let catalog = RegionCatalog::shared()
        .map_err(|e| SetError::Table { path: path.clone(), problem: e.to_string() })?;
    let mut unknown = set.regions()?;
    unknown.retain(|region| region.with_polygon && catalog.get(region.code).is_none());
    let first = unknown.iter().take(5).map(|r| format!("{} {}", r.code, r.name));
    let first = first.collect::<Vec<_>>().join(", ");
    match unknown.len() {
        0 => Ok(()),
        n => Err(SetError::Unknown { path, n, first }),
    }
}

/// The line under maps: source and licence as the set states them.
fn attribution(set: &BoundarySet) -> String {
    let manifest = set.manifest();
    let Some(source) = &manifest.source else { return BOUNDARY_ATTRIBUTION.to_owned() };
    let licence = manifest.licence.as_ref().map(|l| format!(" ({l})")).unwrap_or_default();
    format!("Batas: {source}{licence}; batas indikatif, bukan acuan resmi")
}
