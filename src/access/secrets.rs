//! What has to be kept so that it can be computed with: the secrets of second factors. In the table
//! they are sealed with the key that lies outside the store, where there is one; without one, the
//! rights of the file (0600 in a folder of 0700) are all that guards them.

use rusqlite::{Connection, Transaction, params};
use zeroize::Zeroizing;

use super::accounts::Accounts;
use super::error::AccessError;
use crate::sealing::{MasterKey, Sealer};

/// What the master key makes a key for.
const PART: &str = "akun";

/// Bytes of the secret of a second factor.
pub(super) const SECRET: usize = 20;

/// Tables and columns that hold one.
const COLUMNS: [(&str, &str); 3] =
    [("account", "totp"), ("account", "totp_pending"), ("proposal", "half")];

/// Seals and opens what is kept of accounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets(Option<Sealer>);

fn context(column: &str, id: i64) -> Vec<u8> {
    // A code that is being set up and one that is in force are the same secret.
    format!("{}/{id}", column.trim_end_matches("_pending")).into_bytes()
}

impl Secrets {
    fn of(master: Option<&MasterKey>) -> Self {
        Self(master.map(|master| Sealer::new(&master.subkey(PART))))
    }

    /// As it is to be kept.
    pub(super) fn seal(&self, column: &str, id: i64, secret: &[u8]) -> Vec<u8> {
        match &self.0 {
            Some(sealer) => sealer.seal(&context(column, id), secret.to_vec()),
            None => secret.to_vec(),
        }
    }

    /// As it can be computed with; `None` where it is sealed, and not with this key.
    pub(super) fn open(&self, column: &str, id: i64, kept: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if !is_sealed(kept) {
            return Some(Zeroizing::new(kept.to_vec()));
        }
        self.0.as_ref()?.open(&context(column, id), kept)
    }
}

/// Nothing that is kept in the clear is as long as what sealing adds alone.
fn is_sealed(kept: &[u8]) -> bool {
    kept.len() > Sealer::MORE
}

/// A secret as it is kept, and whose.
struct Kept {
    id: i64,
    table: &'static str,
    column: &'static str,
    name: String,
    kept: Vec<u8>,
}

fn all(db: &Connection) -> Result<Vec<Kept>, AccessError> {
    let mut all = Vec::new();
    for (table, column) in COLUMNS {
        let sql = format!("SELECT id, name, {column} FROM {table} WHERE {column} IS NOT NULL");
        let mut statement = db.prepare(&sql)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, name, kept) = (row.get(0)?, row.get(1)?, row.get(2)?);
            all.push(Kept { id, table, column, name, kept });
        }
    }
    Ok(all)
}

/// Seals every secret anew that `from` opens and `to` does not. Returns how many.
fn reseal(tx: &Transaction<'_>, from: &Secrets, to: &Secrets) -> Result<u64, AccessError> {
    let mut changed = 0;
    for Kept { id, table, column, kept, .. } in all(tx)? {
        if is_sealed(&kept) && to.open(column, id, &kept).is_some() {
            continue;
        }
        let Some(secret) = from.open(column, id, &kept) else { continue };
        let sql = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
        tx.execute(&sql, params![id, to.seal(column, id, &secret)])?;
        changed += 1;
    }
    Ok(changed)
}

impl Accounts {
    /// With the key outside the store: what has to be kept secret is sealed with it, also what an
    /// earlier version, or one without a key, left in the clear.
    ///
    /// # Errors
    /// The accounts cannot be read or written.
    pub fn sealed_with(mut self, master: Option<&MasterKey>) -> Result<Self, AccessError> {
        self.secrets = Secrets::of(master);
        if master.is_some() {
            let own = self.secrets.clone();
            let changed = self.change(|tx| reseal(tx, &Secrets::default(), &own))?;
            if changed > 0 {
                self.forget_former_pages();
            }
        }
        Ok(self)
    }

    /// Seals with another key what `from` opens, or what lies in the clear. All of it or nothing.
    /// Returns how many secrets open with `to`.
    ///
    /// # Errors
    /// The accounts cannot be read or written.
    pub fn exchange(&self, from: &MasterKey, to: &MasterKey) -> Result<usize, AccessError> {
        let (from, to) = (Secrets::of(Some(from)), Secrets::of(Some(to)));
        self.change(|tx| reseal(tx, &from, &to))?;
        self.forget_former_pages();
        let all = all(&self.lock())?;
        Ok(all.iter().filter(|k| to.open(k.column, k.id, &k.kept).is_some()).count())
    }

    /// Accounts whose second factor is sealed with another key than the one at hand: they come in
    /// with a recovery code, or with a new start (`tepat user reset --second-factor`).
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub fn shut_out(&self) -> Result<Vec<String>, AccessError> {
        let all = all(&self.lock())?;
        let shut =
            |k: &Kept| k.column == "totp" && self.secrets.open(k.column, k.id, &k.kept).is_none();
        let mut names: Vec<String> = all.into_iter().filter(|k| shut(k)).map(|k| k.name).collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// The write-ahead log may hold pages of before; freed ones are overwritten (`secure_delete`).
    fn forget_former_pages(&self) {
        // Best effort: a reader of another process keeps it until the next time.
        let _ = self.lock().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
}
