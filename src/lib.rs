//! Tepat ("on target"): from linked household records to extreme-poverty rates, priority
//! locations and programme coverage on the map of Indonesia. Rooms and their order: `README.md`.

pub mod access;
pub mod aggregate;
pub mod audit;
pub mod backup;
pub mod boundaries;
pub mod by_name;
pub mod clean;
pub mod cli;
pub mod data;
pub mod disclosure;
pub mod domain;
pub mod exports;
pub mod figures;
pub mod fresh;
pub mod indicators;
pub mod labels;
pub mod linkage;
pub mod maps;
pub mod parquet;
pub mod pipeline;
pub mod priority;
pub mod progress;
pub mod regions;
pub mod restricted;
pub mod rotation;
pub mod sealing;
pub mod snapshot;
pub mod sources;
pub mod spatial;
pub mod spill;
pub mod synth;
pub mod verify;
pub mod web;
