//! `tepat verify`: a snapshot checked against itself and, where there is one, the synthetic truth.

use std::path::PathBuf;

use clap::Args;

use super::fault::Fault;
use super::{audit, gate, say, served};
use crate::disclosure::{Lost, Method, Release};
use crate::snapshot::Store;
use crate::verify::{Check, against_truth, check_snapshot, links_against_truth};

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Folder of the synthetic truth (the truth/ that tepat synth wrote)
    #[arg(long, value_name = "DIR")]
    truth: Option<PathBuf>,
    /// Check the audit log instead: every record from the first
    #[arg(long)]
    audit: bool,
    /// With --audit: a record noted earlier, as NUMBER:MARK, that must still be there
    #[arg(long, value_name = "ANCHOR", requires = "audit")]
    head: Option<String>,
    /// Print the checks as JSON
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) fn run(self) -> Result<(), Fault> {
        if self.audit {
            return audit::verify(&self.store, self.head.as_deref(), self.json);
        }
        let store = Store::at(&self.store);
        let snapshot = store.open_current()?;
        let mut checks = check_snapshot(&snapshot);
        let method = gate::settings(&self.store, None)?.method;
        checks.push(match method {
            Method::Round { base } => rounded(base.unwrap_or(snapshot.manifest.min_families)),
            Method::Suppress => small_cells(&served::release(&store, &snapshot.manifest.id, None)?),
        });
        if let Some(truth) = &self.truth {
            checks.extend(against_truth(&snapshot, truth)?);
            checks.extend(links_against_truth(&snapshot, &self.store, truth)?);
        }
        if self.json {
            let json = serde_json::to_string_pretty(&checks)
                .map_err(|e| Fault::Internal(e.to_string()))?;
            say(&json);
        } else {
            checks.iter().for_each(|check| say(&line(check)));
        }
        if checks.iter().all(|check| check.passed) { Ok(()) } else { Err(Fault::Verification) }
    }
}

fn rounded(base: u64) -> Check {
    let detail = format!("every count is told rounded at random to a multiple of {base}");
    Check { name: "small cells", passed: true, detail }
}

/// What the server keeps back of the snapshot, and what that costs.
fn small_cells(release: &Release) -> Check {
    let lost = release.withheld();
    let part = |hidden: u64, all: u64| {
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let share = 100.0 * hidden as f64 / all.max(1) as f64;
        format!("{share:.2} %")
    };
    let mut all = Lost::default();
    lost.values().for_each(|level| all.add(level));
    let levels: Vec<String> = lost
        .iter()
        .map(|(level, n)| {
            format!("{} {} + {} of {}", level.slug(), n.primary, n.secondary, n.groups)
        })
        .collect();
    let detail = if levels.is_empty() {
        "nothing is withheld: min_families is 1".to_owned()
    } else {
        format!(
            "cell suppression below {}; groups of numbers withheld as small + for their sake: {}; {} of the groups with {} of what they count",
            release.manifest().min_families,
            levels.join(", "),
            part(all.hidden(), all.groups),
            part(all.counted_hidden, all.counted),
        )
    };
    Check { name: "small cells", passed: true, detail }
}

fn line(check: &Check) -> String {
    format!("{:6} {}: {}", if check.passed { "ok" } else { "FAILED" }, check.name, check.detail)
}
