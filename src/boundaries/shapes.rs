//! A boundary set as the rest of the product draws and locates with it.

use std::path::Path;
use std::sync::Arc;

use super::set::{ATLAS_FILE, BoundarySet, SetError, io};
use crate::domain::Level;
use crate::regions::BOUNDARY_ATTRIBUTION;
use crate::spatial::{Atlas, AtlasError, BoundaryError, Detail, Origin, Shapes};

/// Why a set cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum SetShapesError {
    #[error(transparent)]
    Set(#[from] SetError),
    #[error(transparent)]
    Atlas(#[from] AtlasError),
}

/// Opens a set. Where it has no display geometry yet, that is made (about 10 s for the nation).
///
/// # Errors
/// Not a set, damaged, or without polygons of desa.
pub fn set_shapes(folder: &Path) -> Result<Arc<Shapes>, SetShapesError> {
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
