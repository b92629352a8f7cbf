//! `tepat build`: deliveries to a sealed snapshot, with a report of every row.

use std::path::PathBuf;

use clap::Args;

use super::fault::Fault;
use super::progress::Terminal;
use super::{key, report, say};
use crate::audit::{Action, Entry};
use crate::pipeline::{self, BuildConfig};
use crate::sealing::{KeyFrom, MasterKey, SealError, key_of_store};
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

/// Builds with a progress bar; the clock is read here and nowhere below. That the snapshot is to be
/// shown stands in the log of the store before it is.
pub(super) fn build(config: &BuildConfig) -> Result<Manifest, Fault> {
    let progress = Terminal::new();
    let key = key_of(config)?;
    if config.store.join("audit").is_dir() {
        // Before the work, not after it.
        key::log_with(&config.store, key.as_ref()).can_append()?;
    }
    let record = |id: &str| {
        let purpose = format!("periode {}", config.period);
        let entry = Entry { object: id.to_owned(), purpose, ..key::entry(Action::Built) };
        let log = key::log_with(&config.store, key.as_ref());
        log.append(&entry).map(drop).map_err(|error| error.to_string())
    };
    let now = key::now();
    Ok(pipeline::build_witnessed(config, &now, &record, &progress)?)
}

/// The key that the store will have: the one that the configuration names, or else the one that the
/// store remembers. Of another one neither the names of before nor the log could be read.
fn key_of(config: &BuildConfig) -> Result<Option<KeyFrom>, Fault> {
    let Some(path) = &config.by_name_key else { return key::of_store(&config.store) };
    let given = KeyFrom {
        master: MasterKey::read(path, &config.store)?,
        path: path.clone(),
        remembered: false,
    };
    // One that lies elsewhere now cannot be compared, and need not be.
    match key_of_store(&config.store, None) {
        Ok(Some(there)) if there.master.name() != given.master.name() => {
            Err(Fault::Input(format!(
                "{}: is key {}, and the store is sealed with key {} ({}); name that one, or exchange it with tepat key rotate",
                path.display(),
                given.master.name(),
                there.master.name(),
                there.path.display()
            )))
        }
        Err(error @ SealError::Rotating { .. }) => Err(error.into()),
        _ => Ok(Some(given)),
    }
}
