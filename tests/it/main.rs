//! All integration tests in one binary: one link instead of many. Each file says what it holds
//! the product to; `browser`, `command`, `fixture` and `rust_source` are what the others stand on.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report, and pub means seen by the sister modules"
)]

mod browser;
mod checking;
mod cleaning;
mod codes_and_time;
mod command;
mod delivered;
mod exports;
mod fixture;
mod handover;
mod hostile;
mod house;
mod identity;
mod journey;
mod labels;
mod laws;
mod linkage_command;
mod linkage_engine;
mod linkage_golden;
mod linking;
mod locating;
mod maps;
mod matching_page;
mod oracle;
mod provenance;
mod published;
mod regions_command;
mod regions_pages;
mod regressions;
mod reviewing;
mod rust_source;
mod searching;
mod storing;
mod synth;
mod territory;
mod web;
mod web_refusals;
