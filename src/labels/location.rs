//! Words on points against codes.

use super::indicator::{Direction, IndicatorLabel};
use crate::domain::Trust;

/// The measure of the map of conflicts.
pub fn conflict() -> IndicatorLabel {
    IndicatorLabel {
        name: "Titik dan kode menyebut desa yang berbeda".to_owned(),
        short: "Berbeda desa".to_owned(),
        unit: "%",
        definition: "Persentase keluarga yang titik koordinatnya berada di desa lain daripada desa yang tertulis pada barisnya, dari keluarga yang mempunyai keduanya. Dihitung di wilayah yang tertulis.".to_owned(),
        formula: "keluarga dengan titik di desa lain ÷ keluarga dengan titik dan kode × 100".to_owned(),
        direction: Direction::HigherIsWorse,
    }
}

/// The rule of a build, as a sentence.
pub fn trust(rule: Trust) -> &'static str {
    match rule {
        Trust::Point => "Bila titik dan kode berbeda, titik yang menentukan",
        Trust::Code => "Bila titik dan kode berbeda, kode yang tertulis yang menentukan",
    }
}

/// What the other rule would do.
pub fn other_rule(rule: Trust) -> &'static str {
    match rule {
        Trust::Point => "bila kode yang tertulis yang menentukan",
        Trust::Code => "bila titik yang menentukan",
    }
}
