//! `tepat user`: the accounts of a store. A password is made and printed once, or read from
//! standard input; it is never an argument, which other people on the machine can read.

use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};

use super::fault::Fault;
use super::operator::operator;
use super::{gate, key, say};
use crate::access::{
    AccessError, Account, AccountName, Accounts, Confirmer, Moment, NewAccount, Password, Policy,
    Proposal, Role, Scope,
};
use crate::domain::RegionCode;
use crate::labels;
use crate::regions::RegionCatalog;

#[derive(Debug, Args)]
pub(super) struct User {
    /// Folder of the store that tepat build wrote
    #[arg(long, value_name = "DIR", global = true, default_value = "tepat-data/store")]
    store: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an account; its password is printed once and must be changed at the first sign-in
    Add {
        name: String,
        /// viewer, planner, verifier, data-officer, auditor or admin
        #[arg(long, value_parser = role)]
        role: Role,
        /// Region that the account is bound to, such as 36.02; ID is the whole nation
        #[arg(long, value_parser = region)]
        region: RegionCode,
        /// Address by which another institution vouches for this person
        #[arg(long)]
        email: Option<String>,
        /// Read the password from standard input, one line, instead of making one
        #[arg(long, conflicts_with = "no_password")]
        password_stdin: bool,
        /// The account opens only through another institution
        #[arg(long)]
        no_password: bool,
    },
    /// Close an account and end its sessions
    Disable { name: String },
    /// Open a closed account again
    Enable { name: String },
    /// Give an account another role or region, and end its sessions
    Role {
        name: String,
        #[arg(value_parser = role)]
        role: Role,
        /// Region that the account is bound to from now on; unchanged where it is not given
        #[arg(long, value_parser = region)]
        region: Option<RegionCode>,
    },
    /// Give an account a new password, printed once, and end its sessions and its waiting
    Reset {
        name: String,
        /// Take the second factor away too
        #[arg(long)]
        second_factor: bool,
        /// Read the password from standard input, one line, instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Changes that an admin asked for and another has to confirm
    Pending,
    /// Confirm such a change as the operator of the machine; prints the second half of a password
    Confirm { name: String },
    /// Let go of such a change
    Refuse { name: String },
    /// All accounts
    List,
    /// Where an account is signed in
    Sessions { name: String },
    /// End all sessions of an account
    Revoke { name: String },
}

fn role(text: &str) -> Result<Role, String> {
    Role::of_accounts().find(|role| role.slug() == text).ok_or_else(|| {
        let all: Vec<&str> = Role::of_accounts().map(Role::slug).collect();
        format!("not a role; there are {}", all.join(", "))
    })
}

fn region(text: &str) -> Result<RegionCode, String> {
    RegionCode::from_slug(text).map_err(|e| e.to_string())
}

impl User {
    pub(super) fn run(self) -> Result<(), Fault> {
        if !self.store.is_dir() {
            return Err(Fault::Storage(format!(
                "{}: there is no such store; tepat build makes one",
                self.store.display()
            )));
        }
        let events = gate::events(&self.store)?;
        let accounts = Accounts::open(&self.store, Policy::default(), events)?;
        let key = key::of_store(&self.store)?;
        let accounts = accounts.sealed_with(key.as_ref().map(|key| &key.master))?;
        let work = Work { accounts: Arc::new(accounts), actor: operator(), now: Moment::now() };
        work.run(self.what)
    }
}

struct Work {
    accounts: Arc<Accounts>,
    actor: String,
    now: Moment,
}

impl Work {
    fn run(&self, what: What) -> Result<(), Fault> {
        match what {
            What::Add { name, role, region, email, password_stdin, no_password } => {
                let new = NewAccount {
                    name: AccountName::new(&name)?,
                    role,
                    scope: Scope::of(known(region)?),
                    email,
                    temporary: true,
                };
                let password =
                    if no_password { None } else { Some(self.password(password_stdin, &name)?) };
                self.accounts.add(&new, password.as_ref(), &self.actor, self.now)?;
                say(&format!("Akun {} dibuat: {}.", new.name, about(role, region)?));
                if let Some(password) = password.filter(|_| !password_stdin) {
                    self.tell(&password);
                }
            }
            What::Disable { name } => {
                let name = AccountName::new(&name)?;
                self.accounts.set_disabled(&name, true, &self.actor, self.now)?;
                say(&format!("Akun {name} ditutup; sesinya diakhiri."));
            }
            What::Enable { name } => {
                let name = AccountName::new(&name)?;
                self.accounts.set_disabled(&name, false, &self.actor, self.now)?;
                say(&format!("Akun {name} dibuka."));
            }
            What::Role { name, role, region } => self.role(&name, role, region)?,
            What::Reset { name, second_factor, password_stdin } => {
                let password = self.password(password_stdin, &name)?;
                let name = AccountName::new(&name)?;
                let accounts = &self.accounts;
                accounts.reset(&name, &password, second_factor, &self.actor, self.now)?;
                say(&format!("Akun {name} diatur ulang; sesinya diakhiri."));
                if !password_stdin {
                    self.tell(&password);
                }
            }
            What::Pending => self.pending()?,
            What::Confirm { name } => self.confirm(&name)?,
            What::Refuse { name } => {
                let proposal = self.proposal(&name)?;
                let operator = Confirmer::Operator(&self.actor);
                self.accounts.refuse_change(proposal.id, operator, self.now)?;
                say(&format!("Usulan untuk {} ditolak.", proposal.name));
            }
            What::List => self.list()?,
            What::Sessions { name } => self.sessions(&name)?,
            What::Revoke { name } => {
                let name = AccountName::new(&name)?;
                let ended = self.accounts.revoke_all(&name, &self.actor, self.now)?;
                say(&format!("{ended} sesi {name} diakhiri."));
            }
        }
        Ok(())
    }

    fn role(&self, name: &str, role: Role, region: Option<RegionCode>) -> Result<(), Fault> {
        let name = AccountName::new(name)?;
        let scope = match region {
            Some(region) => Scope::of(known(region)?),
            None => self.accounts.get(&name)?.scope,
        };
        self.accounts.set_role(&name, role, scope, &self.actor, self.now)?;
        say(&format!("Akun {name} kini {}; sesinya diakhiri.", about(role, scope.region())?));
        Ok(())
    }

    fn password(&self, from_input: bool, name: &str) -> Result<Password, Fault> {
        if !from_input {
            return Ok(Password::generate()?);
        }
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|e| Fault::Input(format!("the password could not be read: {e}")))?;
        let typed = line.trim_end_matches(['\r', '\n']);
        Ok(Password::new(typed, name).map_err(crate::access::AccessError::from)?)
    }

    fn tell(&self, password: &Password) {
        let days = self.accounts.policy().temporary / (24 * 3600);
        say(&format!("Kata sandi sementara: {}", password.reveal()));
        say(&format!(
            "Hanya ditampilkan kali ini; harus diganti saat pertama masuk, paling lambat {days} hari lagi."
        ));
    }

    fn proposal(&self, name: &str) -> Result<Proposal, Fault> {
        let name = AccountName::new(name)?;
        let mut all = self.accounts.proposals(self.now)?.into_iter();
        Ok(all.find(|p| p.name == name.as_str()).ok_or(AccessError::NoProposal)?)
    }

    fn confirm(&self, name: &str) -> Result<(), Fault> {
        let proposal = self.proposal(name)?;
        let operator = Confirmer::Operator(&self.actor);
        let half = self.accounts.confirm_change(proposal.id, operator, self.now)?;
        say(&format!(
            "Usulan {} untuk {} disetujui: {}, {}.",
            proposal.by_name,
            proposal.name,
            labels::change(proposal.kind),
            about(proposal.role, proposal.scope.region())?
        ));
        if let Some(half) = half {
            say(&format!("Bagian kedua kata sandi sementara: {}", half.reveal()));
            say(&format!(
                "Hanya ditampilkan kali ini. Bagian pertama ada pada {}; sambung keduanya dengan tanda -.",
                proposal.by_name
            ));
        }
        Ok(())
    }

    fn pending(&self) -> Result<(), Fault> {
        let all = self.accounts.proposals(self.now)?;
        if all.is_empty() {
            say("Tidak ada usulan yang menunggu.");
        }
        for p in &all {
            let (what, asked) = (labels::change(p.kind), labels::moment(p.asked.0));
            let who = about(p.role, p.scope.region())?;
            say(&format!("{}\t{what}\t{who}\tdiusulkan {}\t{asked}", p.name, p.by_name));
        }
        Ok(())
    }

    fn list(&self) -> Result<(), Fault> {
        let line = |a: &Account| -> Result<String, Fault> {
            let state = if a.disabled { "ditutup" } else { "terbuka" };
            let factor = if a.has_second_factor { "autentikator" } else { "-" };
            let who = about(a.role, a.scope.region())?;
            Ok(format!("{}\t{who}\t{state}\t{factor}", a.name))
        };
        let accounts = self.accounts.list()?;
        if accounts.is_empty() {
            say("Belum ada akun: buat dengan tepat user add.");
        }
        for account in &accounts {
            say(&line(account)?);
        }
        Ok(())
    }

    fn sessions(&self, name: &str) -> Result<(), Fault> {
        let account = self.accounts.get(&AccountName::new(name)?)?;
        for s in self.accounts.sessions(account.id, self.now)? {
            let (began, seen) = (labels::moment(s.began.0), labels::moment(s.seen.0));
            let browser = labels::browser(&s.agent);
            say(&format!(
                "{}\t{browser}\t{}\tsejak {began}\tterakhir {seen}",
                s.id.number(),
                s.address
            ));
        }
        Ok(())
    }
}

/// A region that exists.
fn known(region: RegionCode) -> Result<RegionCode, Fault> {
    let catalog = RegionCatalog::shared().map_err(|e| Fault::Internal(e.to_string()))?;
    catalog.get(region).map(|found| found.code).ok_or_else(|| {
        Fault::Input(format!("{region} is no region of today; tepat regions find shows codes"))
    })
}

/// Role and region in words.
fn about(role: Role, region: RegionCode) -> Result<String, Fault> {
    let catalog = RegionCatalog::shared().map_err(|e| Fault::Internal(e.to_string()))?;
    Ok(format!("{}, {} ({region})", labels::role(role), catalog.name(region)))
}
