//! The accounts and the settings of a server, put together for the commands that need them; where
//! what happens to accounts is recorded.

use std::path::Path;
use std::sync::Arc;

use super::fault::Fault;
use crate::access::{Accounts, Event, Events, Role};
use crate::web::{Gate, Settings};

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
    let needed = [Role::Verifier, Role::DataOfficer];
    let lacking = needed.iter().find(|role| !settings.policy.second_factor.contains(role));
    if let Some(role) = lacking.filter(|_| !synthetic) {
        return Err(Fault::Input(format!(
            "sign_in.second_factor: {role} works with people by name and needs a second factor; only a snapshot of invented data does without"
        )));
    }
    let events = events(store)?;
    let accounts = Accounts::open(store, settings.policy.clone(), events)?;
    Ok(Gate { accounts: Arc::new(accounts), settings: Arc::new(settings) })
}

/// Where what happens at the door is recorded.
#[expect(clippy::unnecessary_wraps, reason = "a log on disk can fail to open")]
pub(super) fn events(_store: &Path) -> Result<Arc<dyn Events>, Fault> {
    Ok(Arc::new(ToTheLog))
}

/// The program's own log.
struct ToTheLog;

impl Events for ToTheLog {
    fn record(&self, event: &Event) -> Result<(), String> {
        tracing::info!(
            event = event.kind.slug(),
            actor = event.actor,
            subject = event.subject,
            region = %event.scope.region(),
            "access"
        );
        Ok(())
    }
}

/// Who works at the machine, as the record names them.
pub(super) fn operator() -> String {
    let name = std::env::var("SUDO_USER").or_else(|_| std::env::var("USER"));
    format!("operator:{}", name.unwrap_or_default().chars().take(32).collect::<String>())
}
