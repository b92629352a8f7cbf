//! Layers that were drawn once and are served many times.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::layer::Layer;
use crate::domain::{Level, RegionCode};
use crate::spatial::{BoundaryError, Shapes};

type Key = (RegionCode, Level, Option<RegionCode>);

/// Path data that are kept, in bytes: all of two provinces take about 10 MB. The rest is drawn
/// again when it is asked for.
const KEPT: usize = 96 << 20;

/// Every layer is a function of the shapes, so it never goes stale.
#[derive(Debug)]
pub struct Layers {
    shapes: Arc<Shapes>,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    layers: BTreeMap<Key, Arc<Layer>>,
    weight: usize,
}

impl Layers {
    pub fn new(shapes: Arc<Shapes>) -> Self {
        Self { shapes, held: Mutex::default() }
    }

    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The regions of `level` inside `code`. The first call for a province unpacks it (up to 0.1 s
    /// for the desa of the largest).
    ///
    /// # Errors
    /// As [`Layer::load`].
    pub fn layer(&self, code: RegionCode, level: Level) -> Result<Arc<Layer>, BoundaryError> {
        self.get((code, level, None), || Layer::load(&self.shapes, code, level))
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
                around = self.shapes.drawn(province, code.level())?;
            }
            // Beyond it, provinces: those that come near in more detail than the nation's map.
            if code != RegionCode::NATION {
                for coarse in self.shapes.drawn(RegionCode::NATION, Level::Provinsi)? {
                    if coarse.code != province && layer.frame.meets(&coarse.shape) {
                        around.extend(self.shapes.drawn(coarse.code, Level::Provinsi)?);
                    }
                }
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
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layer) = held().layers.get(&key) {
            return Ok(Arc::clone(layer));
        }
        let layer = Arc::new(make()?);
        let mut held = held();
        let weight = layer.weight();
        if held.weight + weight > KEPT {
            // Whole maps of many provinces: rare enough to begin anew.
            *held = Held::default();
        }
        if held.layers.insert(key, Arc::clone(&layer)).is_none() {
            held.weight += weight;
        }
        Ok(layer)
    }
}
