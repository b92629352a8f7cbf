//! `tepat build`: deliveries to a sealed snapshot, with a report of every row.

use std::path::PathBuf;

use clap::Args;

use super::fault::Fault;
use super::progress::Terminal;
use super::{key, report, say};
use crate::pipeline::{self, BuildConfig};
use crate::snapshot::Manifest;

#[derive(Debug, Args)]
pub(super) struct Build {
    /// Build configuration (TOML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Print the run report as JSON instead of words
    #[arg(long)]
    json: bool,
    /// Give everybody a new id, where the ledger of the current snapshot is gone or damaged
    #[arg(long)]
    without_history: bool,
}

impl Build {
    pub(super) fn run(self) -> Result<(), Fault> {
        let config = BuildConfig::read(&self.config)?;
        let without_history = self.without_history;
        let by_name_key = key::named().or(config.by_name_key.clone());
        let manifest = build(&BuildConfig { without_history, by_name_key, ..config })?;
        if self.json {
            let json = serde_json::to_string_pretty(&manifest)
                .map_err(|e| Fault::Internal(e.to_string()))?;
            say(&json);
        } else {
            say(&report::in_words(&manifest));
        }
        Ok(())
    }
}

/// Builds with a progress bar; the clock is read here and nowhere below.
pub(super) fn build(config: &BuildConfig) -> Result<Manifest, Fault> {
    let progress = Terminal::new();
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    Ok(pipeline::build(config, &now, &progress)?)
}
