//! The accounts, for who keeps them: as far as they are bound to regions that exist for that admin.

use askama::Template;

use super::{Choice, scope_choices};
use crate::access::{
    AccessError, Account, AccountName, Actor, Asked, Change, Confirmer, Half, Moment, NewAccount,
    ProposalId, Role, Scope,
};
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::fault::Fault;
use crate::web::form::{Form, TOKEN};
use crate::web::frame::{Frame, Section};

struct Row {
    name: String,
    role: &'static str,
    region: String,
    code: String,
    disabled: bool,
    factor: bool,
    temporary: bool,
    /// One's own account is changed by another admin.
    own: bool,
}

/// What was made, shown this once.
enum Made {
    Password {
        name: String,
        password: String,
    },
    /// For who asked: the first half of a password, where there is to be one.
    Asked {
        name: String,
        half: String,
    },
    /// For who confirmed: the second half, where there is one.
    Confirmed {
        name: String,
        by: String,
        half: String,
    },
}

/// A change that waits for another admin.
struct Waiting {
    id: i64,
    name: String,
    what: &'static str,
    role: &'static str,
    region: String,
    code: String,
    second_factor: bool,
    by: String,
    asked: String,
    /// One's own, or about oneself: another has to confirm it.
    own: bool,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    rows: Vec<Row>,
    waiting: Vec<Waiting>,
    four_eyes: bool,
    roles: Vec<Choice>,
    scopes: Vec<Choice>,
    made: Option<Made>,
    fault: Option<&'static str>,
    days: i64,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    page(ask, None, None)
}

fn page(ask: &Ask, made: Option<Made>, fault: Option<&'static str>) -> Result<Answer, Fault> {
    let accounts = &ask.site.gate.accounts;
    let role = |role: Role| Choice {
        value: role.slug().to_owned(),
        text: format!("{}: {}", labels::role(role), labels::role_means(role)),
        chosen: role == Role::Viewer,
    };
    let page = UsersPage {
        frame: Frame::new(ask, Section::Users, ask.top()),
        token_field: TOKEN,
        token: ask.viewer.form.as_ref().map_or_else(String::new, |f| f.reveal().to_owned()),
        rows: accounts.list()?.iter().filter(|a| mine(ask, a)).map(|a| row(ask, a)).collect(),
        waiting: waiting(ask)?,
        four_eyes: accounts.policy().four_eyes,
        roles: Role::of_accounts().map(role).collect(),
        scopes: scope_choices(ask, ask.home()),
        made,
        fault,
        days: accounts.policy().temporary / (24 * 3600),
    };
    let answer = Answer::page(&page)?;
    let refused = actix_web::http::StatusCode::UNPROCESSABLE_ENTITY;
    Ok(if fault.is_some() { answer.status(refused) } else { answer })
}

fn mine(ask: &Ask, account: &Account) -> bool {
    ask.sees(account.scope.region())
}

/// The changes that wait, as far as they concern regions that exist for this admin.
fn waiting(ask: &Ask) -> Result<Vec<Waiting>, Fault> {
    let all = ask.site.gate.accounts.proposals(Moment::now())?;
    let mine = all.into_iter().filter(|p| ask.sees(p.scope.region()));
    Ok(mine
        .map(|p| Waiting {
            id: p.id.number(),
            what: labels::change(p.kind),
            role: labels::role(p.role),
            region: ask.catalog().name(p.scope.region()),
            code: p.scope.region().to_string(),
            second_factor: p.second_factor,
            asked: labels::moment(p.asked.0),
            own: ask.viewer.account == Some(p.by) || ask.viewer.name == p.name,
            name: p.name,
            by: p.by_name,
        })
        .collect())
}

fn row(ask: &Ask, account: &Account) -> Row {
    let region = account.scope.region();
    Row {
        name: account.name.clone(),
        role: labels::role(account.role),
        region: ask.catalog().name(region),
        code: region.to_string(),
        disabled: account.disabled,
        factor: account.has_second_factor,
        temporary: account.temporary_until.is_some(),
        own: ask.viewer.account == Some(account.id),
    }
}

const NAME: &str =
    "Nama akun: 3 sampai 64 huruf kecil, angka, atau tanda . _ - @ +, diawali huruf atau angka.";
const TAKEN: &str = "Nama akun atau alamat surel itu sudah dipakai.";
const WRONG: &str = "Isian itu tidak dikenal.";

const WAITS: &str = "Sudah ada usulan untuk akun itu yang menunggu administrator lain.";
const NO_PROPOSAL: &str = "Usulan itu sudah tidak ada, atau pengusulnya tidak lagi berwenang.";
const SAME_EYES: &str =
    "Usulan sendiri, dan yang menyangkut diri sendiri, disetujui administrator lain.";

pub(in crate::web) fn change(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    if let Some(id) = ProposalId::parse(form.field("usulan")) {
        return decide(ask, form, id);
    }
    let Ok(name) = AccountName::new(form.field("nama")) else {
        return page(ask, None, Some(NAME));
    };
    if form.field("apa") == "tambah" {
        return add(ask, form, name);
    }
    let accounts = &ask.site.gate.accounts;
    // An account of another region does not exist here, and nobody changes their own.
    let account = match accounts.get(&name) {
        Ok(account) => Some(account).filter(|a| mine(ask, a) && ask.viewer.account != Some(a.id)),
        Err(AccessError::NoAccount(_)) => None,
        Err(error) => return Err(error.into()),
    };
    if account.is_none() {
        return Err(Fault::NoPage);
    }
    let (from, now) = (ask.caller.from(), Moment::now());
    let actor = Actor { name: &ask.viewer.name, from: &from };
    match form.field("apa") {
        "tutup" => accounts.set_disabled(&name, true, actor, now)?,
        "akhiri" => drop(accounts.revoke_all(&name, actor, now)?),
        "buka" => return request(ask, &Change::Enable { name: name.clone() }, &name),
        "peran" => {
            let Some((role, scope)) = wanted(ask, form) else {
                return page(ask, None, Some(WRONG));
            };
            return request(ask, &Change::Role { name: name.clone(), role, scope }, &name);
        }
        "atur-ulang" => {
            let second_factor = form.field("autentikator") == "ya";
            return request(ask, &Change::Reset { name: name.clone(), second_factor }, &name);
        }
        _ => return page(ask, None, Some(WRONG)),
    }
    Ok(Answer::go_to("/akun/pengguna"))
}

/// Does what is asked for, or lets it wait for another admin.
fn request(ask: &Ask, change: &Change, name: &AccountName) -> Result<Answer, Fault> {
    let accounts = &ask.site.gate.accounts;
    let name = name.to_string();
    match accounts.ask(&ask.viewer, change, &ask.caller.from(), Moment::now()) {
        Ok(Asked::Done(None)) => Ok(Answer::go_to("/akun/pengguna")),
        Ok(Asked::Done(Some(password))) => {
            let password = password.reveal().to_owned();
            page(ask, Some(Made::Password { name, password }), None)
        }
        Ok(Asked::Waits(half)) => page(ask, Some(Made::Asked { name, half: text(half) }), None),
        Err(AccessError::Exists(_)) => page(ask, None, Some(TAKEN)),
        Err(AccessError::Waits(_)) => page(ask, None, Some(WAITS)),
        Err(error) => Err(error.into()),
    }
}

fn text(half: Option<Half>) -> String {
    half.map(|half| half.reveal().to_owned()).unwrap_or_default()
}

/// Another admin's word on a change that waits.
fn decide(ask: &Ask, form: &Form, id: ProposalId) -> Result<Answer, Fault> {
    let accounts = &ask.site.gate.accounts;
    let (from, now) = (ask.caller.from(), Moment::now());
    let me = Confirmer::Admin(&ask.viewer, &from);
    let all = accounts.proposals(now)?;
    let Some(proposal) = all.into_iter().find(|p| p.id == id && ask.sees(p.scope.region())) else {
        return page(ask, None, Some(NO_PROPOSAL));
    };
    let done = match form.field("apa") {
        "setujui" => accounts.confirm_change(id, me, now).map(Some),
        "tolak" => accounts.refuse_change(id, me, now).map(|()| None),
        _ => return page(ask, None, Some(WRONG)),
    };
    match done {
        Ok(Some(half)) => {
            let made =
                Made::Confirmed { name: proposal.name, by: proposal.by_name, half: text(half) };
            page(ask, Some(made), None)
        }
        Ok(None) => Ok(Answer::go_to("/akun/pengguna")),
        Err(AccessError::NoProposal | AccessError::NoAccount(_)) => {
            page(ask, None, Some(NO_PROPOSAL))
        }
        Err(AccessError::SameEyes) => page(ask, None, Some(SAME_EYES)),
        Err(AccessError::Exists(_)) => page(ask, None, Some(TAKEN)),
        Err(error) => Err(error.into()),
    }
}

/// Role and region of a form; a region that exists for this admin.
fn wanted(ask: &Ask, form: &Form) -> Option<(Role, Scope)> {
    let role = Role::of_accounts().find(|role| role.slug() == form.field("peran"))?;
    let region = ask.region(form.field("wilayah")).ok()?;
    Some((role, Scope::of(region.code)))
}

fn add(ask: &Ask, form: &Form, name: AccountName) -> Result<Answer, Fault> {
    let Some((role, scope)) = wanted(ask, form) else { return page(ask, None, Some(WRONG)) };
    let email = Some(form.field("surel").trim()).filter(|text| !text.is_empty());
    let email = email.map(str::to_owned);
    let new = NewAccount { name: name.clone(), role, scope, email, temporary: true };
    request(ask, &Change::Add(new), &name)
}
