//! Four eyes: what would let somebody see people by name, or make another who may allow it, is asked
//! for by one admin and done when another one, or the operator of the machine, confirms it. Neither
//! of the two ever knows the whole password that comes of it: each is shown one half.

use std::fmt;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use zeroize::Zeroizing;

use super::account::{AccountName, NewAccount, packed};
use super::accounts::{Accounts, find};
use super::error::AccessError;
use super::event::{Actor, EventKind};
use super::password::{Password, groups};
use super::policy::Moment;
use super::role::{Role, Scope};
use super::viewer::{AccountId, Viewer};
use crate::domain::RegionCode;

/// A change of an account.
#[derive(Clone, Debug)]
pub enum Change {
    Add(NewAccount),
    Role {
        name: AccountName,
        role: Role,
        scope: Scope,
    },
    /// A new password; with `second_factor` that goes too.
    Reset {
        name: AccountName,
        second_factor: bool,
    },
    Enable {
        name: AccountName,
    },
}

/// What kind of change waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    Add,
    Role,
    Reset,
    Enable,
}

impl ChangeKind {
    const ALL: [Self; 4] = [Self::Add, Self::Role, Self::Reset, Self::Enable];

    /// The word in the table and in the log.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Role => "role",
            Self::Reset => "reset",
            Self::Enable => "enable",
        }
    }
}

/// One half of a password, for one of two people; wiped from memory after use.
pub struct Half(Zeroizing<String>);

impl Half {
    /// The text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Half(…)")
    }
}

/// What became of a change that an admin asked for.
#[derive(Debug)]
pub enum Asked {
    /// It was done; with a password where one was made.
    Done(Option<Password>),
    /// It waits for another; with the first half of a password where one is to be made.
    Waits(Option<Half>),
}

/// The row of a change that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProposalId(i64);

impl ProposalId {
    pub fn number(self) -> i64 {
        self.0
    }

    /// As a form brings it back.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

/// A change that waits for another pair of eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub id: ProposalId,
    pub kind: ChangeKind,
    /// The account that it is about.
    pub name: String,
    /// That it has, or is to have.
    pub role: Role,
    pub scope: Scope,
    pub email: Option<String>,
    pub second_factor: bool,
    /// Who asked.
    pub by: AccountId,
    pub by_name: String,
    pub asked: Moment,
}

/// Who confirms.
#[derive(Clone, Copy, Debug)]
pub enum Confirmer<'a> {
    /// Another admin than the one who asked, and not the one whom it is about.
    Admin(&'a Viewer, &'a str),
    /// Whoever works at the machine, has the key file, and could do it without asking.
    Operator(&'a str),
}

impl Confirmer<'_> {
    fn name(&self) -> &str {
        match self {
            Self::Admin(viewer, _) => &viewer.name,
            Self::Operator(name) => name,
        }
    }

    fn from(&self) -> &str {
        match self {
            Self::Admin(_, from) => from,
            Self::Operator(_) => "",
        }
    }

    /// Whether it lies before this one at all.
    fn sees(&self, proposal: &Proposal) -> bool {
        match self {
            Self::Admin(viewer, _) => {
                viewer.role == Role::Admin && viewer.scope.contains(proposal.scope.region())
            }
            Self::Operator(_) => true,
        }
    }

    fn is_another(&self, proposal: &Proposal) -> bool {
        match self {
            Self::Admin(viewer, _) => {
                viewer.account != Some(proposal.by) && viewer.name != proposal.name
            }
            Self::Operator(_) => true,
        }
    }
}

/// The column of the first half, for what seals it.
const HALF: &str = "half";

const COLUMNS: &str = "proposal.id, proposal.what, proposal.name, proposal.role, proposal.region, proposal.email, proposal.second_factor, proposal.asked_by, account.name, proposal.asked";

impl Proposal {
    fn read(row: &Row<'_>) -> Result<Self, AccessError> {
        let name: String = row.get(2)?;
        let damaged = || AccessError::Damaged(format!("the change that waits for '{name}'"));
        let (what, role): (String, String) = (row.get(1)?, row.get(3)?);
        let kind = ChangeKind::ALL.into_iter().find(|kind| kind.slug() == what);
        let region = u64::try_from(row.get::<_, i64>(4)?).ok().and_then(RegionCode::from_packed);
        Ok(Self {
            id: ProposalId(row.get(0)?),
            kind: kind.ok_or_else(damaged)?,
            role: Role::from_slug(&role).ok_or_else(damaged)?,
            scope: Scope::of(region.ok_or_else(damaged)?),
            email: row.get(5)?,
            second_factor: row.get(6)?,
            by: AccountId(row.get(7)?),
            by_name: row.get(8)?,
            asked: Moment(row.get(9)?),
            name,
        })
    }

    fn change(&self) -> Result<Change, AccessError> {
        let (name, scope) = (AccountName::new(&self.name)?, self.scope);
        Ok(match self.kind {
            ChangeKind::Add => Change::Add(NewAccount {
                name,
                role: self.role,
                scope,
                email: self.email.clone(),
                temporary: true,
            }),
            ChangeKind::Role => Change::Role { name, role: self.role, scope },
            ChangeKind::Reset => Change::Reset { name, second_factor: self.second_factor },
            ChangeKind::Enable => Change::Enable { name },
        })
    }

    /// As the log names it: whose account, what, and as what.
    fn in_the_log(&self) -> String {
        format!("{} {} {}", self.name, self.kind.slug(), self.role)
    }
}

impl Change {
    fn kind(&self) -> ChangeKind {
        match self {
            Self::Add(_) => ChangeKind::Add,
            Self::Role { .. } => ChangeKind::Role,
            Self::Reset { .. } => ChangeKind::Reset,
            Self::Enable { .. } => ChangeKind::Enable,
        }
    }

    fn makes_password(&self) -> bool {
        matches!(self, Self::Add(_) | Self::Reset { .. })
    }

    /// Where two decide: an account that gets at names, or at accounts, begins anew. Else whoever
    /// made it, or reset it the day before, would know its password alone.
    fn makes_halves(&self) -> bool {
        self.makes_password() || matches!(self, Self::Role { role, .. } if role.needs_four_eyes())
    }
}

impl Accounts {
    /// Does a change that an admin asks for, or lets it wait for another where it is one of four
    /// eyes: of an account that sees people by name or keeps accounts, or is to.
    ///
    /// # Errors
    /// The account is there already, is not, or a change of it waits.
    pub fn ask(
        &self,
        viewer: &Viewer,
        change: &Change,
        from: &str,
        now: Moment,
    ) -> Result<Asked, AccessError> {
        let by = viewer.account.ok_or(AccessError::NoSession)?;
        let proposal = self.proposal(by, viewer, change, now)?;
        // Of an account that sees names the way out of that is for two as well: outside, one alone
        // could give it a password, and ask for the way back.
        let waits = proposal.role.needs_four_eyes() || self.role_of(change)?.needs_four_eyes();
        if !self.policy.four_eyes || !waits {
            let password = change.makes_password().then(Password::generate).transpose()?;
            let actor = Actor { name: &viewer.name, from };
            self.carry_out(change, password.as_ref(), actor, now)?;
            return Ok(Asked::Done(password));
        }
        let half = change.makes_halves().then(half).transpose()?;
        self.change(|tx| {
            self.lay_by(tx, &proposal, half.as_ref(), now)?;
            let names = (viewer.name.as_str(), proposal.in_the_log());
            let kind = EventKind::ChangeAsked;
            self.tell(kind, (names.0, &names.1), proposal.scope, from, now)
        })?;
        Ok(Asked::Waits(half))
    }

    /// The role that the account has before the change; of one that is not there yet, the new one.
    fn role_of(&self, change: &Change) -> Result<Role, AccessError> {
        match change {
            Change::Add(new) => Ok(new.role),
            Change::Role { name, .. } | Change::Reset { name, .. } | Change::Enable { name } => {
                Ok(self.get(name)?.role)
            }
        }
    }

    /// What would be laid by: with the role that decides whether it has to be.
    fn proposal(
        &self,
        by: AccountId,
        viewer: &Viewer,
        change: &Change,
        now: Moment,
    ) -> Result<Proposal, AccessError> {
        let of = |name: &AccountName| self.get(name);
        let (name, role, scope, email, second_factor) = match change {
            Change::Add(new) => {
                if find(&self.lock(), new.name.as_str())?.is_some() {
                    return Err(AccessError::Exists(new.name.to_string()));
                }
                (new.name.to_string(), new.role, new.scope, new.email.clone(), false)
            }
            Change::Role { name, role, scope } => (of(name)?.name, *role, *scope, None, false),
            Change::Reset { name, second_factor } => {
                let account = of(name)?;
                (account.name, account.role, account.scope, None, *second_factor)
            }
            Change::Enable { name } => {
                let account = of(name)?;
                (account.name, account.role, account.scope, None, false)
            }
        };
        Ok(Proposal {
            id: ProposalId(0),
            kind: change.kind(),
            name,
            role,
            scope,
            email,
            second_factor,
            by,
            by_name: viewer.name.clone(),
            asked: now,
        })
    }

    fn lay_by(
        &self,
        tx: &Transaction<'_>,
        proposal: &Proposal,
        half: Option<&Half>,
        now: Moment,
    ) -> Result<(), AccessError> {
        tx.execute(
            "DELETE FROM proposal WHERE asked <= ?1",
            [now.0.saturating_sub(self.policy.temporary)],
        )?;
        let made = tx.execute(
            "INSERT INTO proposal (what, name, role, region, email, second_factor, asked_by, asked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            params![
                proposal.kind.slug(),
                proposal.name,
                proposal.role.slug(),
                packed(proposal.scope),
                proposal.email,
                proposal.second_factor,
                proposal.by.0,
                now.0
            ],
        )?;
        if made == 0 {
            return Err(AccessError::Waits(proposal.name.clone()));
        }
        if let Some(half) = half {
            let id = tx.last_insert_rowid();
            let kept = self.secrets.seal(HALF, id, half.reveal().as_bytes());
            tx.execute("UPDATE proposal SET half = ?2 WHERE id = ?1", params![id, kept])?;
        }
        Ok(())
    }

    /// Changes that wait and are not too old, the oldest first.
    ///
    /// # Errors
    /// The accounts cannot be read.
    pub fn proposals(&self, now: Moment) -> Result<Vec<Proposal>, AccessError> {
        let db = self.lock();
        let sql = format!(
            "SELECT {COLUMNS} FROM proposal JOIN account ON account.id = proposal.asked_by WHERE proposal.asked > ?1 ORDER BY proposal.id"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let mut rows = statement.query([now.0.saturating_sub(self.policy.temporary)])?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(Proposal::read(row)?);
        }
        Ok(all)
    }

    /// Does what was asked for; returns the second half of the password where one was made.
    ///
    /// # Errors
    /// Nothing of that id waits for this one; who asked may not ask any more; or the same person
    /// asked, or is the one whom it is about.
    pub fn confirm_change(
        &self,
        id: ProposalId,
        confirmer: Confirmer<'_>,
        now: Moment,
    ) -> Result<Option<Half>, AccessError> {
        let found = self.proposals(now)?.into_iter().find(|p| p.id == id);
        let proposal = found.filter(|p| confirmer.sees(p)).ok_or(AccessError::NoProposal)?;
        if !confirmer.is_another(&proposal) {
            return Err(AccessError::SameEyes);
        }
        let change = proposal.change()?;
        let second = change.makes_halves().then(half).transpose()?;
        // Once alone: who comes second finds nothing.
        let first = self.change(|tx| {
            let asker = asker(tx, &proposal)?;
            if !asker || !still_fits(tx, &proposal, confirmer)? {
                return Err(AccessError::NoProposal);
            }
            let kept: Option<Vec<u8>> = tx
                .query_row("SELECT half FROM proposal WHERE id = ?1", [id.0], |row| row.get(0))
                .optional()?
                .flatten();
            if tx.execute("DELETE FROM proposal WHERE id = ?1", [id.0])? == 0 {
                return Err(AccessError::NoProposal);
            }
            let kind = EventKind::ChangeConfirmed;
            let names = (confirmer.name(), proposal.in_the_log());
            self.tell(kind, (names.0, &names.1), proposal.scope, confirmer.from(), now)?;
            let shut = || AccessError::Sealed(proposal.name.clone());
            kept.map(|kept| self.secrets.open(HALF, id.0, &kept).ok_or_else(shut)).transpose()
        })?;
        let first = first.map(|bytes| Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()));
        let password = first.zip(second.as_ref()).map(|(a, b)| Password::joined(&a, b.reveal()));
        let actor = Actor { name: &proposal.by_name, from: confirmer.from() };
        self.carry_out(&change, password.as_ref(), actor, now)?;
        Ok(second)
    }

    /// Lets go of a change that waits: whoever sees it may, who asked for it too.
    ///
    /// # Errors
    /// Nothing of that id waits for this one.
    pub fn refuse_change(
        &self,
        id: ProposalId,
        confirmer: Confirmer<'_>,
        now: Moment,
    ) -> Result<(), AccessError> {
        let found = self.proposals(now)?.into_iter().find(|p| p.id == id);
        let proposal = found.filter(|p| confirmer.sees(p)).ok_or(AccessError::NoProposal)?;
        self.change(|tx| {
            tx.execute("DELETE FROM proposal WHERE id = ?1", [id.0])?;
            let names = (confirmer.name(), proposal.in_the_log());
            let kind = EventKind::ChangeRefused;
            self.tell(kind, (names.0, &names.1), proposal.scope, confirmer.from(), now)
        })
    }

    fn carry_out(
        &self,
        change: &Change,
        password: Option<&Password>,
        actor: Actor<'_>,
        now: Moment,
    ) -> Result<(), AccessError> {
        match change {
            Change::Add(new) => self.add(new, password, actor, now),
            Change::Role { name, role, scope } => {
                if let Some(password) = password {
                    self.reset(name, password, true, actor, now)?;
                }
                self.set_role(name, *role, *scope, actor, now)
            }
            Change::Reset { name, second_factor } => {
                let password = password.ok_or(AccessError::NoRandomness)?;
                self.reset(name, password, *second_factor, actor, now)
            }
            Change::Enable { name } => self.set_disabled(name, false, actor, now),
        }
    }
}

fn half() -> Result<Half, AccessError> {
    Ok(Half(Zeroizing::new(groups(2, 5)?)))
}

/// Whether the account is still what it was when it was asked for: its role or region may have been
/// changed meanwhile, to one that neither of the two may decide about.
fn still_fits(
    db: &Connection,
    proposal: &Proposal,
    confirmer: Confirmer<'_>,
) -> Result<bool, AccessError> {
    let Some(account) = find(db, &proposal.name)? else {
        return Ok(proposal.kind == ChangeKind::Add);
    };
    let asker = find(db, &proposal.by_name)?;
    let within = |scope: Scope| scope.contains(account.scope.region());
    let confirms = match confirmer {
        Confirmer::Admin(viewer, _) => within(viewer.scope),
        Confirmer::Operator(_) => true,
    };
    Ok(match proposal.kind {
        ChangeKind::Add => false,
        ChangeKind::Role => confirms && asker.is_some_and(|asker| within(asker.scope)),
        ChangeKind::Reset | ChangeKind::Enable => {
            account.role == proposal.role && account.scope == proposal.scope
        }
    })
}

/// Whether who asked still may.
fn asker(db: &Connection, proposal: &Proposal) -> Result<bool, AccessError> {
    let account = find(db, &proposal.by_name)?.filter(|account| account.id == proposal.by);
    Ok(account.is_some_and(|account| {
        let covers = account.scope.contains(proposal.scope.region());
        !account.disabled && account.role == Role::Admin && covers
    }))
}
