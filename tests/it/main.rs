//! All integration tests in one binary: one link instead of many. Each file says what it holds
//! the product to; `browser`, `command`, `fixture` and `rust_source` are what the others stand on.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report, and pub means seen by the sister modules"
)]

mod access;
mod asvs;
mod attacker;
mod audit_log;
mod backups;
mod between;
mod borders;
mod boundary_formats;
mod boundary_hostile;
mod boundary_mending;
mod boundary_set;
mod browser;
mod by_name_pages;
mod by_name_store;
mod cells;
mod checking;
mod cleaning;
mod codes_and_time;
mod collected;
mod command;
mod conflicts;
mod delivered;
mod door;
mod door_journey;
mod encrypted;
mod exports;
mod federated;
mod fixture;
mod four_eyes;
mod geometry_bytes;
mod handover;
mod hidden_rests;
mod hostile;
mod hostile_session;
mod house;
mod identity;
mod journey;
mod labels;
mod laws;
mod leaks;
mod linkage_command;
mod linkage_engine;
mod linkage_golden;
mod linkage_hostile;
mod linking;
mod locate_command;
mod locating;
mod lost_ledger;
mod maps;
mod matching_page;
mod matrix;
mod memory;
mod mended_nik;
mod nasty;
mod nearest;
mod nothing_hidden;
mod operating;
mod oracle;
mod provenance;
mod published;
mod recorded;
mod regions_command;
mod regions_pages;
mod regressions;
mod repeated;
mod returning;
mod review_crash;
mod reviewing;
mod rotating;
mod rounded_pages;
mod rounding;
mod rounding_attack;
mod rust_source;
mod scoped_pages;
mod sealed_secrets;
mod searching;
mod second_factor_pages;
mod serving;
mod shown;
mod small_cells;
mod small_cells_scale;
mod small_reports;
mod storing;
mod synth;
mod territory;
mod user_command;
mod web;
mod web_refusals;
