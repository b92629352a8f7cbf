//! Answers to the owners, put back into the order of their files.

use std::path::Path;

use super::ingest::{Ingested, Job};
use super::{PipelineError, workers};
use crate::domain::Registry;
use crate::restricted::{AnswerLine, AnswerWriter};
use crate::spill::{SpillWriter, take_partition};

const LINES: &str = "lines";

/// Rows of a file whose answers are held at once.
const ROWS_AT_ONCE: u64 = 250_000;

/// Answers laid by in stretches of each file.
pub(super) struct Lines {
    writer: SpillWriter<AnswerLine>,
    /// First stretch of each file, and behind the last the number of all.
    first: Vec<usize>,
}

impl Lines {
    pub(super) fn create(folder: &Path, ingested: &[Ingested]) -> Result<Self, PipelineError> {
        let mut first = vec![0];
        for file in ingested {
            let stretches = file.summary.rows / ROWS_AT_ONCE + 1;
            let before = first.last().copied().unwrap_or(0);
            first.push(before + usize::try_from(stretches).unwrap_or(usize::MAX));
        }
        let all = first.last().copied().unwrap_or(0);
        Ok(Self { writer: SpillWriter::create(folder, LINES, all)?, first })
    }

    pub(super) fn push(&self, line: &AnswerLine) -> Result<(), PipelineError> {
        let stretch = usize::try_from(line.row / ROWS_AT_ONCE).unwrap_or(usize::MAX);
        Ok(self.writer.push(self.first[usize::from(line.source)] + stretch, line)?)
    }

    /// Writes one answer file a registry, in delivered order.
    pub(super) fn write(
        self,
        work: &Path,
        to: &Path,
        jobs: &[Job<'_>],
        files: &[String],
    ) -> Result<(), PipelineError> {
        let Self { writer, first } = self;
        writer.finish()?;
        workers::for_each(Registry::ALL.len(), |i| -> Result<(), PipelineError> {
            let registry = Registry::ALL[i];
            let mine: Vec<&Job<'_>> = jobs.iter().filter(|j| j.registry == registry).collect();
            if mine.is_empty() {
                return Ok(());
            }
            let name = |source: u16| files.get(usize::from(source)).map_or("", String::as_str);
            let mut out = AnswerWriter::create(to, registry)?;
            for job in mine {
                let at = usize::from(job.source);
                for stretch in first[at]..first[at + 1] {
                    let mut lines: Vec<AnswerLine> = take_partition(work, LINES, stretch)?;
                    lines.sort_by_cached_key(|line| line.row);
                    for line in &lines {
                        out.push(line, &name)?;
                    }
                }
            }
            Ok(out.finish()?)
        })
    }
}
