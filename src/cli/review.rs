//! `tepat review`: pairs that wait for a decision, out to a spreadsheet and back.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::fault::Fault;
use super::say;
use crate::domain::Registry;
use crate::labels::integer;
use crate::restricted::{
    Decision, Decisions, Restricted, append_decisions, export_csv, export_xlsx, import_file,
    read_pairs,
};
use crate::snapshot::Store;

#[derive(Debug, Args)]
pub(super) struct Review {
    #[command(subcommand)]
    command: ReviewCommand,
}

#[derive(Debug, Subcommand)]
enum ReviewCommand {
    /// Write the waiting pairs to a file to be decided; it holds names and NIK
    Export(Export),
    /// Take over the decisions of such a file; the next build applies them
    Import(Import),
}

#[derive(Debug, Args)]
struct Export {
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// File to make: .xlsx with a list to choose from, or .csv
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Only pairs of this registry
    #[arg(long, value_parser = super::registry_slug)]
    registry: Option<Registry>,
    /// At most so many pairs of each registry, the likeliest first
    #[arg(long)]
    limit: Option<usize>,
}

#[derive(Debug, Args)]
struct Import {
    /// The decided file (.csv or .xlsx)
    file: PathBuf,
    /// Folder of the store
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// Who decided
    #[arg(long, value_name = "NAME")]
    by: String,
}

impl Review {
    pub(super) fn run(self) -> Result<(), Fault> {
        match self.command {
            ReviewCommand::Export(export) => export.run(),
            ReviewCommand::Import(import) => import.run(),
        }
    }
}

impl Export {
    fn run(self) -> Result<(), Fault> {
        let folder = current(&self.store)?;
        let mut taken = [0_usize; Registry::ALL.len()];
        let pairs = read_pairs(&folder, |pair| {
            let mine = &mut taken[pair.registry.index()];
            let wanted = self.registry.is_none_or(|r| r == pair.registry)
                && self.limit.is_none_or(|limit| *mine < limit);
            *mine += usize::from(wanted);
            wanted
        })?;
        let extension = self.out.extension().and_then(|e| e.to_str()).unwrap_or_default();
        match extension.to_ascii_lowercase().as_str() {
            "csv" => export_csv(&self.out, &pairs)?,
            "xlsx" => export_xlsx(&self.out, &pairs)?,
            _ => {
                return Err(Fault::Usage(format!(
                    "{}: name a file that ends in .csv or .xlsx",
                    self.out.display()
                )));
            }
        }
        say(&format!(
            "{} pasangan menunggu telaah ditulis ke {}\nTERBATAS: berisi nama dan NIK. Isi kolom keputusan dengan ya, tidak, atau ragu, lalu: tepat review import",
            integer(pairs.len() as u64),
            self.out.display()
        ));
        Ok(())
    }
}

impl Import {
    fn run(self) -> Result<(), Fault> {
        let by = self.by.trim();
        if by.is_empty() {
            return Err(Fault::Usage("--by: say who decided".to_owned()));
        }
        let decided = import_file(&self.file)?;
        let restricted = Restricted::of_store(&self.store);
        let earlier = Decisions::read(&restricted.decisions())?;
        let folder = current(&self.store)?;
        let waiting: HashSet<String> =
            read_pairs(&folder, |_| true)?.into_iter().map(|pair| pair.key).collect();
        let known = |key: &str| waiting.contains(key) || earlier.of(key).is_some();
        let (known, strange): (Vec<_>, Vec<_>) = decided.into_iter().partition(|d| known(&d.key));
        let at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let decisions: Vec<Decision> = known
            .into_iter()
            .map(|d| Decision {
                at: at.clone(),
                by: by.to_owned(),
                key: d.key,
                decision: d.choice,
                note: d.note,
            })
            .collect();
        if !decisions.is_empty() {
            append_decisions(&restricted.decisions(), &decisions)?;
        }
        say(&format!(
            "{} keputusan disimpan; berlaku pada tepat build berikutnya",
            integer(decisions.len() as u64)
        ));
        if !strange.is_empty() {
            say(&format!(
                "{} baris tidak disimpan: kuncinya tidak ada di potret data ini dan belum pernah diputuskan",
                integer(strange.len() as u64)
            ));
        }
        if earlier.torn > 0 {
            say(&format!("{} baris dari impor yang terputus diabaikan", integer(earlier.torn)));
        }
        Ok(())
    }
}

fn current(store: &Path) -> Result<PathBuf, Fault> {
    let id = Store::at(store).current_id()?;
    Ok(Restricted::of_store(store).existing(&id)?)
}
