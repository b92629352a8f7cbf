//! Layers that were drawn once and are served many times.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::layer::Layer;
use crate::domain::{Level, RegionCode};
use crate::spatial::{BoundaryError, load_boundaries};

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
    /// 0.3 s for the desa of Banten).
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
            let mut around = Vec::new();
            // Inside a province its own detailed layer; beyond it the national one.
            for level in [Level::Kabupaten, Level::Kecamatan, Level::Desa] {
                if code.level() == level {
                    around = load_boundaries(code.ancestor(Level::Provinsi), level)?;
                }
            }
            let province = code.ancestor(Level::Provinsi);
            if code != RegionCode::NATION {
                let mut beyond = load_boundaries(RegionCode::NATION, Level::Provinsi)?;
                beyond.retain(|b| b.code != province);
                around.extend(beyond);
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
