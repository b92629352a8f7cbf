//! The folder of a report: written beside its place, moved there when it is whole, readable by its
//! owner alone.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::mend::MendList;
use super::report::QualityReport;
use super::tables::{column_table, region_table};
use super::{CheckError, CheckSettings, Words};

/// The restricted list: the name must say it, wherever the file is copied to.
pub(super) const MEND_LIST: &str = "TERBATAS_perbaikan.csv";

pub(super) fn fault(path: &Path) -> impl FnOnce(std::io::Error) -> CheckError + '_ {
    |source| CheckError::Write { path: path.to_owned(), source }
}

/// A folder that goes when the work ends, however it ends.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn create(path: &Path) -> Result<Self, CheckError> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path).map_err(fault(path))?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Gone already where it was moved to its place.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new file that nobody but its owner can read.
pub(super) fn private_file(path: &Path) -> Result<File, CheckError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(fault(path))
}

/// Where a check writes.
pub(super) struct Workplace {
    /// Where the report goes, and the folder beside it where it grows.
    out: Option<(PathBuf, Scratch)>,
}

impl Workplace {
    /// Refuses a folder that holds something.
    pub(super) fn prepare(out: Option<&Path>) -> Result<Self, CheckError> {
        let Some(out) = out else { return Ok(Self { out: None }) };
        if let Ok(meta) = std::fs::symlink_metadata(out) {
            let empty =
                meta.is_dir() && std::fs::read_dir(out).map_err(fault(out))?.next().is_none();
            if !empty {
                return Err(CheckError::Occupied(out.to_owned()));
            }
        }
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(parent).map_err(fault(parent))?;
        let parent = parent.canonicalize().map_err(fault(parent))?;
        let Some(name) = out.file_name() else { return Err(CheckError::Occupied(out.to_owned())) };
        let growing =
            parent.join(format!(".{}.sebagian-{}", name.to_string_lossy(), std::process::id()));
        Ok(Self { out: Some((parent.join(name), Scratch::create(&growing)?)) })
    }

    /// The restricted list, where there is a folder for it.
    pub(super) fn mend_list(
        &self,
        settings: &CheckSettings<'_>,
        synthetic: bool,
    ) -> Result<Option<MendList>, CheckError> {
        let name = settings.path.file_name().unwrap_or_default().to_string_lossy();
        let list = |(_, growing): &(PathBuf, Scratch)| {
            MendList::create(&growing.0.join(MEND_LIST), &name, settings.words, synthetic)
        };
        self.out.as_ref().map(list).transpose()
    }

    /// A folder that may be made for work files.
    pub(super) fn scratch(&self) -> PathBuf {
        let name = format!("tepat-check-{}", std::process::id());
        self.out
            .as_ref()
            .map_or_else(std::env::temp_dir, |(_, growing)| growing.0.clone())
            .join(name)
    }

    /// Writes the reports and moves the folder to its place.
    pub(super) fn publish(
        &mut self,
        report: &QualityReport,
        words: Words,
    ) -> Result<(), CheckError> {
        let Some((place, growing)) = &self.out else { return Ok(()) };
        let json = serde_json::to_vec_pretty(report).map_err(std::io::Error::from);
        for (name, content) in [
            ("laporan.json", json),
            ("mutu_per_kolom.csv", column_table(report, words)),
            ("mutu_per_wilayah.csv", region_table(report, words)),
        ] {
            let path = growing.0.join(name);
            let content = content.map_err(fault(&path))?;
            let mut file = private_file(&path)?;
            file.write_all(&content).and_then(|()| file.sync_all()).map_err(fault(&path))?;
        }
        std::fs::rename(&growing.0, place).map_err(fault(place))?;
        self.out = None;
        Ok(())
    }
}
