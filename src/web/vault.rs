//! What the pages of names and of the log stand on: the log, the households where their key is at
//! hand, and the lists that are open. A deed is in the log before it is done.

use std::path::Path;

use super::ask::Ask;
use super::fault::Fault;
use crate::access::Moment;
use crate::audit::{Action, Entry, Filter, Log};
use crate::by_name::{ByName, ByNameError, Grants, Limits, Opened};
use crate::labels;
use crate::sealing::{MasterKey, Secret};

/// Names and the log.
#[derive(Debug)]
pub struct Vault {
    pub(super) log: Log,
    by_name: Option<ByName>,
    pub(super) grants: Grants,
    pub(super) limits: Limits,
}

impl Vault {
    /// Of a store. Without the key there are no households, and the log is kept without one.
    pub fn of_store(store: &Path, master: Option<MasterKey>) -> Self {
        Self {
            log: log_of(store, master.as_ref()).announced(),
            by_name: master.map(|master| ByName::of_store(store, master)),
            grants: Grants::default(),
            limits: Limits::default(),
        }
    }

    /// The households of the snapshot that is served; `None` where there are none to be opened.
    pub(super) fn households(&self, snapshot: &str) -> Result<Option<Opened>, Fault> {
        let Some(by_name) = &self.by_name else { return Ok(None) };
        match by_name.open(snapshot) {
            Err(ByNameError::Absent { .. }) => Ok(None),
            opened => opened.map(Some).map_err(Fault::inside),
        }
    }

    /// Those of the period before.
    pub(super) fn earlier(&self, opened: &Opened) -> Result<Option<Opened>, Fault> {
        let Some(by_name) = &self.by_name else { return Ok(None) };
        by_name.before(opened).map_err(Fault::inside)
    }
}

impl Vault {
    /// Rows that an account has opened within the last day, as the log has them: a restart gives
    /// nobody a new day.
    pub(super) fn spent(&self, account: &str, now: Moment) -> Result<u64, Fault> {
        let yesterday = logged(Moment(now.0 - DAY));
        let filter = Filter {
            actor: Some(account.to_owned()),
            action: Some(Action::ListOpened),
            since: yesterday.get(..10).map(str::to_owned),
            ..Filter::default()
        };
        let page = self.log.newest(&filter, None, MOST).map_err(Fault::Unrecorded)?;
        let within = page.records.iter().filter(|record| record.time >= yesterday);
        Ok(within.filter_map(|record| record.rows).sum())
    }
}

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

/// Lists that one account may have opened within a day, more than that being all the same.
const MOST: usize = 10_000;

/// The log of a store, with the key that its marks are made with.
pub fn log_of(store: &Path, master: Option<&MasterKey>) -> Log {
    Log::of_store(store, master.map(log_key))
}

/// What the log of a store is kept with.
pub fn log_key(master: &MasterKey) -> Secret {
    master.subkey("catatan audit")
}

/// A time as the log writes it.
pub fn logged(moment: Moment) -> String {
    jiff::Timestamp::from_second(moment.0)
        .map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

impl Ask {
    pub(super) fn vault(&self) -> &Vault {
        &self.site.gate.vault
    }

    /// A deed of who asks, with nothing but who, when and from where.
    pub(super) fn deed(&self, action: Action) -> Entry {
        Entry {
            role: labels::role(self.viewer.role).to_owned(),
            from: self.caller.from(),
            ..Entry::new(&logged(Moment::now()), &self.viewer.name, action)
        }
    }

    /// Writes a deed down.
    ///
    /// # Errors
    /// It could not be kept: then it must not be done.
    pub(super) fn note(&self, entry: &Entry) -> Result<(), Fault> {
        self.vault().log.append(entry).map(drop).map_err(Fault::Unrecorded)
    }
}
