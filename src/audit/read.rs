//! Reading the log from its end, a page at a time, and as a file for whoever takes it away.

use std::fs;

use super::entry::Action;
use super::error::AuditError;
use super::folder::io;
use super::keys::Keys;
use super::line::Record;
use super::log::Log;
use crate::domain::RegionCode;

/// Which records are wanted; an empty filter wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The whole name, as it stands in the log.
    pub actor: Option<String>,
    pub action: Option<Action>,
    /// The region and everything inside it.
    pub region: Option<RegionCode>,
    /// First and last day, `yyyy-mm-dd`.
    pub since: Option<String>,
    pub until: Option<String>,
}

impl Filter {
    pub fn wants(&self, record: &Record) -> bool {
        let day = record.time.get(..10).unwrap_or_default();
        let region = || RegionCode::from_slug(&record.region).ok();
        self.actor.as_ref().is_none_or(|actor| *actor == record.actor)
            && self.action.is_none_or(|action| action == record.action)
            && self.region.is_none_or(|wanted| region().is_some_and(|code| wanted.contains(code)))
            && self.since.as_ref().is_none_or(|since| day >= since.as_str())
            && self.until.as_ref().is_none_or(|until| day <= until.as_str())
    }
}

/// Some records, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub records: Vec<Record>,
    /// There are older ones that are wanted.
    pub more: bool,
}

impl Log {
    /// At most `limit` wanted records with a number below `before`, the newest first.
    ///
    /// # Errors
    /// A file cannot be read, or a line of it is no record.
    pub fn newest(
        &self,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page, AuditError> {
        let before = before.unwrap_or(u64::MAX);
        let mut page = Page::default();
        for (first, path) in self.folder.segments()?.into_iter().rev() {
            if first >= before {
                continue;
            }
            let text = fs::read(&path).map_err(io(&path))?;
            let text = String::from_utf8_lossy(&text);
            let lines: Vec<&str> = whole_lines(&text).collect();
            for (number, line) in lines.iter().enumerate().rev() {
                let record = Record::of_line(line, &Keys::default()).map_err(|_| {
                    AuditError::Line { path: path.clone(), line: number as u64 + 1 }
                })?;
                let day = record.time.get(..10).unwrap_or_default();
                if filter.since.as_ref().is_some_and(|since| day < since.as_str()) {
                    // Older ones are older still.
                    return Ok(page);
                }
                if record.seq >= before || !filter.wants(&record) {
                    continue;
                }
                if page.records.len() == limit {
                    page.more = true;
                    return Ok(page);
                }
                page.records.push(record);
            }
        }
        Ok(page)
    }
}

/// Lines that have their end; what a crash left behind the last one is no line.
pub(super) fn whole_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'))
}
