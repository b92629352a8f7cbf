//! What a build measures against: the official lines and the polygons of its provinces.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::PipelineError;
use super::config::BuildConfig;
use crate::data;
use crate::domain::{Level, Period, RegionCode};
use crate::figures::{Measure, Survey};
use crate::regions::RegionCatalog;
use crate::spatial::{Origin, RegionIndex};

/// Lines and polygons of the regions in question.
pub(super) struct Reference {
    pub(super) extreme_line: f64,
    pub(super) extreme_standard: String,
    pub(super) extreme_source: String,
    pub(super) poverty_lines: HashMap<RegionCode, f64>,
    pub(super) index: RegionIndex,
    pub(super) boundaries_sha256: String,
    pub(super) origin: Origin,
}

impl Reference {
    pub(super) fn load(config: &BuildConfig) -> Result<Self, PipelineError> {
        let survey = Survey::shared()?;
        let catalog = RegionCatalog::shared()?;
        let shapes = config.shapes()?;
        let (mut polygons, mut lines, mut hashes) = (Vec::new(), HashMap::new(), String::new());
        for province in &config.provinces {
            polygons.extend(shapes.full(*province)?);
            hashes += &shapes.sha256(*province)?;
            for kabupaten in catalog.inside(*province, Level::Kabupaten) {
                let line = survey
                    .get(kabupaten.code, Measure::PovertyLine, config.poverty_line_period)
                    .ok_or_else(|| no_line(kabupaten.code, config.poverty_line_period))?;
                lines.insert(kabupaten.code, line.value);
            }
        }
        let official = survey.extreme_line(config.period);
        let (extreme_line, extreme_standard, extreme_source) =
            match (config.extreme_line_rp_month, official) {
                (Some(rp), _) if rp > 0.0 && rp.is_finite() => {
                    (rp, "ditetapkan pengguna".to_owned(), "konfigurasi".to_owned())
                }
                (Some(rp), _) => {
                    return Err(PipelineError::Settings(format!(
                        "extreme_line_rp_month = {rp}: a positive amount is due"
                    )));
                }
                (None, Some(line)) => (line.rp_month, line.standard.clone(), line.source.clone()),
                (None, None) => {
                    return Err(PipelineError::Settings(format!(
                        "no official extreme-poverty line for {}; set extreme_line_rp_month",
                        config.period
                    )));
                }
            };
        Ok(Self {
            extreme_line,
            extreme_standard,
            extreme_source,
            poverty_lines: lines,
            index: RegionIndex::build(&polygons),
            boundaries_sha256: sha256_hex(&hashes),
            origin: shapes.origin().clone(),
        })
    }
}

fn no_line(code: RegionCode, period: Period) -> PipelineError {
    PipelineError::Settings(format!(
        "no published poverty line of {code} for {period}; set poverty_line_period to a round that has one"
    ))
}

fn sha256_hex(text: &str) -> String {
    data::hex(&Sha256::digest(text.as_bytes()))
}
