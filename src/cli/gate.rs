//! The accounts and the settings of a server, put together for the commands that need them; where
//! what happens to accounts is recorded.

use std::path::Path;
use std::sync::Arc;

use super::fault::Fault;
use super::key;
use super::operator::operator;
use crate::access::{Accounts, Event, EventKind, Events, Role};
use crate::audit::{Action, Entry, Log};
use crate::web::{Gate, Settings, Vault, logged};

/// The name of a configuration that lies in the store.
const SETTINGS: &str = "server.toml";

/// The settings of a file that was named, or of the store's own, or none at all.
pub(super) fn settings(store: &Path, named: Option<&Path>) -> Result<Settings, Fault> {
    let own = store.join(SETTINGS);
    match named {
        Some(path) => Ok(Settings::read(path)?),
        None if own.is_file() => Ok(Settings::read(&own)?),
        None => Ok(Settings::default()),
    }
}

/// Who may come in. Roles that see people by name need a second factor wherever the data are not
/// invented.
pub(super) fn gate(store: &Path, settings: Settings, synthetic: bool) -> Result<Gate, Fault> {
    let mut needed = Role::of_accounts().filter(|role| role.sees_names());
    let lacking = needed.find(|role| !settings.policy.second_factor.contains(role));
    if let Some(role) = lacking.filter(|_| !synthetic) {
        return Err(Fault::Input(format!(
            "sign_in.second_factor: {role} works with people by name and needs a second factor; only a snapshot of invented data does without"
        )));
    }
    if !settings.policy.four_eyes && !synthetic {
        tracing::warn!("by_name.four_eyes is off: one admin alone can let anybody see names");
    }
    let master = key::of_store(store)?.map(|key| key.master);
    let accounts = Accounts::open(store, settings.policy.clone(), events(store)?)?;
    let accounts = accounts.sealed_with(master.as_ref())?;
    for name in accounts.shut_out()? {
        tracing::warn!(
            account = name,
            "its second factor is sealed with another key: name that key, or tepat user reset --second-factor"
        );
    }
    let vault = Vault::of_store(store, master);
    Ok(Gate { accounts: Arc::new(accounts), settings: Arc::new(settings), vault: Arc::new(vault) })
}

/// Where what happens at the door is recorded: in the log of the store, before it happens.
pub(super) fn events(store: &Path) -> Result<Arc<dyn Events>, Fault> {
    Ok(Arc::new(InTheLog(key::log_of(store)?, operator())))
}

/// With the name of whoever works at the machine.
struct InTheLog(Log, String);

impl Events for InTheLog {
    fn record(&self, event: &Event) -> Result<(), String> {
        let here = event.from.is_empty() && event.actor == self.1;
        let from = if here { "terminal" } else { &event.from };
        let entry = Entry {
            region: Some(event.scope.region()),
            from: from.to_owned(),
            object: event.subject.clone(),
            ..Entry::new(&logged(event.time), &event.actor, action(event.kind))
        };
        self.0.append(&entry).map(drop).map_err(|error| error.to_string())
    }
}

fn action(kind: EventKind) -> Action {
    match kind {
        EventKind::SignedIn => Action::SignedIn,
        EventKind::SignInFailed => Action::SignInRefused,
        EventKind::LockedOut => Action::LockedOut,
        EventKind::SignedOut => Action::SignedOut,
        EventKind::SessionRevoked => Action::SessionRevoked,
        EventKind::PasswordChanged => Action::PasswordChanged,
        EventKind::SecondFactorOn | EventKind::SecondFactorOff => Action::SecondFactorChanged,
        EventKind::RecoveryCodeUsed => Action::RecoveryCodeUsed,
        EventKind::AccountAdded => Action::AccountAdded,
        EventKind::AccountDisabled => Action::AccountDisabled,
        EventKind::AccountEnabled => Action::AccountEnabled,
        EventKind::RoleChanged => Action::AccountChanged,
        EventKind::AccountReset => Action::AccountReset,
        EventKind::IdentityBound => Action::IdentityBound,
        EventKind::ChangeAsked => Action::ChangeAsked,
        EventKind::ChangeConfirmed => Action::ChangeConfirmed,
        EventKind::ChangeRefused => Action::ChangeRefused,
    }
}
