//! What of a snapshot is shown to readers who have seen those before it: what `tepat serve` serves
//! and `tepat verify` reports.

use crate::disclosure::{Release, Rounding};
use crate::snapshot::{Snapshot, Store, StoreError};

/// Earlier snapshots that readers are taken to have seen.
const REMEMBERED: usize = 4;

/// What may be shown of a snapshot to readers who have seen those before it, as far as the store
/// still holds them: what was hidden in them must not come out by comparing.
pub(super) fn release(
    store: &Store,
    id: &str,
    rounding: Option<&Rounding>,
) -> Result<Release, StoreError> {
    let newest = store.open(id)?;
    let seen =
        earlier(store, &newest).iter().rev().try_fold(None, |seen: Option<Release>, id| {
            let snapshot = store.open(id)?;
            Ok::<_, StoreError>(Some(after(snapshot, rounding, seen.as_ref())))
        })?;
    Ok(after(newest, rounding, seen.as_ref()))
}

/// The snapshots before this one, the latest first: one that was removed, or that an earlier
/// version wrote, ends the row.
fn earlier(store: &Store, newest: &Snapshot) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut next = newest.manifest.linkage.identities.previous.clone();
    while let Some(id) = next.filter(|id| *id != newest.manifest.id && !ids.contains(id)) {
        let Ok(snapshot) = store.open(&id) else { break };
        ids.push(id);
        next = snapshot.manifest.linkage.identities.previous.clone();
        if ids.len() == REMEMBERED {
            break;
        }
    }
    ids
}

fn after(snapshot: Snapshot, rounding: Option<&Rounding>, seen: Option<&Release>) -> Release {
    match (rounding, seen) {
        (Some(rounding), seen) => Release::rounded(snapshot, rounding, seen),
        (None, Some(seen)) => Release::after(snapshot, seen),
        (None, None) => Release::new(snapshot),
    }
}
