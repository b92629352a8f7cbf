//! Layers that were drawn once and are served many times.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::layer::Layer;
use crate::domain::{Level, RegionCode};
use crate::spatial::{BoundaryError, load_boundaries, provinces_with_desa};

type Key = (RegionCode, Level, Option<RegionCode>);

/// Every layer is a function of the build, so it never goes stale. Their number is bounded by the
/// number of regions; all of provinces 31 and 36 together take about 10 MB.
#[derive(Debug, Default)]
pub struct Atlas {
    layers: Mutex<BTreeMap<Key, Arc<Layer>>>,
}

impl Atlas {
    pub fn new() -> Self {
        Self::default()
    }

    /// The regions of `level` inside `code`. The first call for a province reads its file (up to
    /// 0.1 s for the desa of Banten).
    ///
    /// # Errors
    /// As [`Layer::load`].
    pub fn layer(&self, code: RegionCode, level: Level) -> Result<Arc<Layer>, BoundaryError> {
        self.get((code, level, None), || Layer::load(code, level))
    }

    /// The land around `code`, in the frame of `layer`, for [`super::MapSpec::context`].
    ///
    /// # Errors
    /// As [`Layer::load`].
    pub fn around(&self, layer: &Layer) -> Result<Arc<Layer>, BoundaryError> {
        let code = layer.code;
        self.get((code, layer.level, Some(code)), || {
            let province = code.ancestor(Level::Provinsi);
            let mut around = Vec::new();
            // Inside its province, the siblings of the region.
            if matches!(code.level(), Level::Kabupaten | Level::Kecamatan | Level::Desa) {
                around = load_boundaries(province, code.level())?;
            }
            // Beyond it, provinces as finely as the product has them.
            if code != RegionCode::NATION {
                let detailed = provinces_with_desa();
                for coarse in load_boundaries(RegionCode::NATION, Level::Provinsi)? {
                    if detailed.contains(&coarse.code) {
                        around.extend(load_boundaries(coarse.code, Level::Provinsi)?);
                    } else {
                        around.push(coarse);
                    }
                }
                around.retain(|b| b.code != province);
            }
            around.retain(|b| b.code != code);
            around.sort_by_key(|b| b.code);
            Ok(Layer::draw(code, layer.level, &around, Some(&layer.frame)))
        })
    }

    fn get(
        &self,
        key: Key,
        make: impl FnOnce() -> Result<Layer, BoundaryError>,
    ) -> Result<Arc<Layer>, BoundaryError> {
        let held = || self.layers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layer) = held().get(&key) {
            return Ok(Arc::clone(layer));
        }
        let layer = Arc::new(make()?);
        Ok(Arc::clone(held().entry(key).or_insert(layer)))
    }
}
