//! One NIK on several rows of one file. Numbers and rows only, no names: in memory as long as they
//! are few, in partitions on disk beyond that.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::CheckError;
use super::files::Scratch;
use crate::clean::PersonRecord;
use crate::domain::Nik;
use crate::spill::{SpillWriter, partition_of, take_partition};

/// Rows held in memory: 48 MiB of them.
const IN_MEMORY: usize = 1 << 20;

/// So many that a partition of all Indonesians still fits in 200 MB.
const PARTITIONS: usize = 64;

const NAME: &str = "nik";

/// One row with a sound NIK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Holder {
    pub(super) nik: Nik,
    pub(super) row: u64,
    /// Packed code of the stated desa, 0 where none is known.
    pub(super) desa: u64,
    /// Equal for equal name and birth date; 0 where the row has no name.
    pub(super) who: u64,
}

impl Holder {
    pub(super) fn new(nik: Nik, person: &PersonRecord, desa: u64) -> Self {
        let birth = person.birth.map(|b| (b.year(), b.month(), b.day()));
        let (year, month, day) = birth.unwrap_or_default();
        let date = [year.to_le_bytes(), [month, day]].concat();
        // FNV-1a: only ever compared within one NIK.
        let who = person.name.bytes().chain(date).fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { nik, row: person.row, desa, who: if person.name.is_empty() { 0 } else { who } }
    }
}

/// The rows with a sound NIK.
pub(super) struct Repeats {
    in_memory: usize,
    scratch: PathBuf,
    held: Vec<Holder>,
    spilled: Option<(Scratch, SpillWriter<Holder>)>,
}

impl Repeats {
    /// `scratch`: a folder to make when memory is not enough.
    pub(super) fn new(scratch: PathBuf) -> Self {
        Self { in_memory: IN_MEMORY, scratch, held: Vec::new(), spilled: None }
    }

    pub(super) fn push(&mut self, holder: Holder) -> Result<(), CheckError> {
        self.held.push(holder);
        if self.held.len() >= self.in_memory { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> Result<(), CheckError> {
        if self.spilled.is_none() {
            let scratch = Scratch::create(&self.scratch)?;
            let writer = SpillWriter::create(&self.scratch, NAME, PARTITIONS)?;
            self.spilled = Some((scratch, writer));
        }
        if let Some((_, writer)) = &self.spilled {
            for holder in self.held.drain(..) {
                writer.push(partition_of(holder.nik.expose(), PARTITIONS), &holder)?;
            }
        }
        Ok(())
    }

    /// Hands on the holders of each NIK that stands on several rows, by row.
    pub(super) fn finish(
        mut self,
        mut each: impl FnMut(&[Holder]) -> Result<(), CheckError>,
    ) -> Result<(), CheckError> {
        if self.spilled.is_some() {
            self.spill()?;
        }
        let Some((scratch, writer)) = self.spilled else { return groups(self.held, &mut each) };
        writer.finish()?;
        for partition in 0..PARTITIONS {
            groups(take_partition(&self.scratch, NAME, partition)?, &mut each)?;
        }
        drop(scratch);
        Ok(())
    }
}

fn groups(
    mut holders: Vec<Holder>,
    each: &mut impl FnMut(&[Holder]) -> Result<(), CheckError>,
) -> Result<(), CheckError> {
    holders.sort_unstable();
    holders.chunk_by(|a, b| a.nik == b.nik).filter(|group| group.len() > 1).try_for_each(each)
}

#[cfg(test)]
mod tests {
    use super::{Holder, Repeats};
    use crate::domain::Nik;

    /// The rows of each group, in order, and whether the disk was used.
    fn groups(in_memory: usize) -> (Vec<Vec<u64>>, bool) {
        let folder =
            std::env::temp_dir().join(format!("tepat-repeats-{in_memory}-{}", std::process::id()));
        let mut repeats = Repeats { in_memory, ..Repeats::new(folder.clone()) };
        for row in 1..=500_u64 {
            // Each NIK stands on two to five rows.
            let text = format!("360201570890{:04}", 1 + row * row % 211);
            let nik = Nik::parse(&text).unwrap_or_else(|_| unreachable!());
            assert!(repeats.push(Holder { nik, row, desa: 0, who: 0 }).is_ok());
        }
        let used = folder.exists();
        let mut found = Vec::new();
        let ended = repeats.finish(|group| {
            found.push(group.iter().map(|holder| holder.row).collect());
            Ok(())
        });
        assert!(ended.is_ok() && !folder.exists(), "the work folder stays behind");
        found.sort();
        (found, used)
    }

    #[test]
    fn repeats_are_the_same_whether_they_fit_in_memory_or_not() {
        let (held, on_disk) = groups(1_000);
        let (spilled, spilled_to_disk) = groups(64);
        assert!(!on_disk && spilled_to_disk);
        assert_eq!(held, spilled);
        let rows: usize = held.iter().map(Vec::len).sum();
        assert!(rows == 500 && held.iter().all(|group| group.len() > 1), "{rows}");
    }
}
