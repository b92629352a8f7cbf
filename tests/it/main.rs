//! All integration tests in one binary: one link instead of many. Each file says what it holds
//! the product to; `browser`, `command` and `rust_source` are what the others stand on.

#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report, and pub means seen by the sister modules"
)]

mod browser;
mod house;
mod laws;
mod provenance;
mod published;
mod rust_source;
mod territory;
