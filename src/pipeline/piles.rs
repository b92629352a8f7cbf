//! Records laid by for the score passes, by birth date and by place, and the sample that the model
//! learns from.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::{PipelineError, repeats};
use crate::clean::PersonRecord;
use crate::domain::Registry;
use crate::linkage::{RegistryLinker, RegistryPass as Pass, by_content};
use crate::spill::{SpillWriter, partition_of};

/// Records that the model learns from, about.
const SAMPLE: u64 = 100_000;

/// Delivered bytes of a person row, about.
const BYTES_PER_PERSON: u64 = 100;

/// One set of records, once for each pass.
pub(super) struct Piles {
    writers: [SpillWriter<PersonRecord>; Pass::ALL.len()],
}

/// The partition files of a set of records in a pass.
pub(super) fn pile(name: &str, pass: Pass) -> String {
    match pass {
        Pass::Birth => format!("{name}-birth"),
        Pass::Place => format!("{name}-place"),
    }
}

impl Piles {
    pub(super) fn create(
        folder: &Path,
        name: &str,
        partitions: usize,
    ) -> Result<Self, PipelineError> {
        let [birth, place] =
            Pass::ALL.map(|pass| SpillWriter::create(folder, &pile(name, pass), partitions));
        Ok(Self { writers: [birth?, place?] })
    }

    /// Adds a record to every pass that it can be found in.
    pub(super) fn push(&self, record: &PersonRecord) -> Result<(), PipelineError> {
        for (pass, writer) in Pass::ALL.into_iter().zip(&self.writers) {
            if let Some(key) = pass.key(record) {
                writer.push(partition_of(key, writer.partitions()), record)?;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), PipelineError> {
        self.writers.into_iter().try_for_each(|writer| Ok(writer.finish()?))
    }
}

/// Rows with a sound NIK, drawn by NIK: so both sides of a person are in it, or neither, and it
/// does not depend on the order of rows.
pub(super) struct Sample {
    one_in: u64,
    records: Mutex<[Vec<PersonRecord>; 2]>,
}

impl Sample {
    /// Sized for deliveries of so many bytes.
    pub(super) fn for_bytes(bytes: u64) -> Self {
        let one_in = (bytes / BYTES_PER_PERSON / SAMPLE).max(1);
        Self { one_in, records: Mutex::default() }
    }

    pub(super) fn offer(&self, record: &PersonRecord) {
        let drawn = |key: u64| key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        if record.nik.is_some_and(|nik| drawn(nik.expose()) % self.one_in == 0) {
            let side = usize::from(record.registry != Registry::Regsosek);
            let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
            records[side].push(record.clone());
        }
    }

    /// A model of somebody's own, with the names of the sample.
    pub(super) fn names_for(self, linker: RegistryLinker) -> RegistryLinker {
        let [base, _] = self.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        linker.with_names_of(&repeats::once(base))
    }

    /// Learns from the sample, for a base of `population` persons.
    pub(super) fn train(self, population: u64) -> Result<RegistryLinker, PipelineError> {
        let [base, others] = self.records.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut records = [repeats::once(base), others];
        records.iter_mut().for_each(|side| side.sort_by(by_content));
        let [base, others] = &records;
        Ok(RegistryLinker::train(base, others, population)?)
    }
}
