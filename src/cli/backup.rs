//! `tepat backup` and `tepat restore`: a store into one file, and out of it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::fault::Fault;
use super::{key, say};
use crate::audit::{Action, Entry};
use crate::backup::{back_up, restore};
use crate::labels::integer;
use crate::sealing::{MasterKey, remember};
use crate::web::log_of;

#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Folder of the store; it may be served meanwhile
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
    /// File to make (a tar archive, readable by you alone)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Restore {
    /// Backup that tepat backup made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the store to be; it must not exist yet
    #[arg(long, value_name = "DIR")]
    store: PathBuf,
}

impl Backup {
    pub(super) fn run(self) -> Result<(), Fault> {
        crate::fresh::check(&self.out)?;
        tell_of_remains(&self.out);
        let key = key::of_store(&self.store)?;
        let log = key::log_with(&self.store, key.as_ref());
        let name = self.out.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let entry = Entry { object: name, ..key::entry(Action::BackedUp) };
        log.append(&entry)?;
        let master = key.as_ref().map(|key| &key.master);
        let made =
            back_up(&self.store, &self.out, &log, master, &entry.time).inspect_err(|_| {
                // Best effort: the record before it stays, and says what was begun.
                let object = format!("{} {}", entry.action.slug(), entry.object);
                let _ = log.append(&Entry { object, ..key::entry(Action::Failed) });
            })?;
        say(&format!(
            "Cadangan potret {}: {} berkas, {} MB, di {}",
            made.snapshot,
            integer(made.files),
            integer(made.bytes / 1_000_000),
            self.out.display()
        ));
        match &key {
            Some(key) => say(&format!(
                "Kunci {} tidak ikut dicadangkan: simpan salinannya di tempat lain. Tanpa kunci itu data keluarga tidak dapat dibuka.",
                key.master.name()
            )),
            None => say(
                "Tanpa kunci: nama dan NIK di bagian terbatas tersimpan apa adanya di cadangan ini.",
            ),
        }
        Ok(())
    }
}

impl Restore {
    pub(super) fn run(self) -> Result<(), Fault> {
        if let Some(path) = key::named() {
            // One that cannot be read is a fault of its own, before anything is unpacked.
            MasterKey::read(&path, &self.store)?;
        }
        tell_of_remains(&self.store);
        // The store that comes out may remember where its key lies.
        let key = |store: &Path| key::of_store(store).ok().flatten().map(|key| key.master);
        let entry = key::entry(Action::Restored);
        let restored = restore(&self.file, &self.store, &key, &log_of, &entry)?;
        if let Some(path) = key::named() {
            remember(&self.store, &path)?;
        }
        say(&format!(
            "Cadangan tertanggal {} dipulihkan ke {}: potret {}, {} berkas, {} catatan audit utuh{}",
            restored.made_at,
            self.store.display(),
            restored.snapshot,
            integer(restored.files),
            integer(restored.records),
            if restored.marked { "; tanda kuncinya cocok" } else { "" }
        ));
        Ok(())
    }
}

/// What a killed backup or restore left beside this place holds what a store holds: it goes, by name.
fn tell_of_remains(path: &Path) {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder that cannot be read is a fault of what comes next.
    for removed in crate::fresh::sweep(folder).unwrap_or_default() {
        say(&format!("Sisa pekerjaan yang terputus dibuang: {}", removed.display()));
    }
}
