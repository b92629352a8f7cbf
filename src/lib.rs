//! Tepat ("on target"): from linked household records to extreme-poverty rates, priority
//! locations and programme coverage on the map of Indonesia. Rooms and their order: `README.md`.

pub mod data;
pub mod disclosure;
pub mod domain;
pub mod exports;
pub mod figures;
pub mod indicators;
pub mod labels;
pub mod maps;
pub mod progress;
pub mod regions;
pub mod snapshot;
pub mod sources;
pub mod spatial;
pub mod web;
