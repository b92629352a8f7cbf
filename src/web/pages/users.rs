//! The accounts, for who keeps them: as far as they are bound to regions that exist for that admin.

use askama::Template;

use super::{Choice, scope_choices};
use crate::access::{AccessError, Account, AccountName, Moment, NewAccount, Password, Role, Scope};
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

/// A password that was made, shown this once.
struct Made {
    name: String,
    password: String,
}

#[derive(Template)]
#[template(path = "users.html")]
struct UsersPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    rows: Vec<Row>,
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

pub(in crate::web) fn change(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
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
    let Some(account) = account else { return Err(Fault::NoPage) };
    let (actor, now) = (ask.viewer.name.as_str(), Moment::now());
    match form.field("apa") {
        "tutup" => accounts.set_disabled(&name, true, actor, now)?,
        "buka" => accounts.set_disabled(&name, false, actor, now)?,
        "akhiri" => drop(accounts.revoke_all(&name, actor, now)?),
        "peran" => {
            let Some((role, scope)) = wanted(ask, form) else {
                return page(ask, None, Some(WRONG));
            };
            accounts.set_role(&name, role, scope, actor, now)?;
        }
        "atur-ulang" => {
            let password = Password::generate()?;
            let factor = form.field("autentikator") == "ya";
            accounts.reset(&name, &password, factor, actor, now)?;
            return page(ask, Some(made(account.name, &password)), None);
        }
        _ => return page(ask, None, Some(WRONG)),
    }
    Ok(Answer::go_to("/akun/pengguna"))
}

fn made(name: String, password: &Password) -> Made {
    Made { name, password: password.reveal().to_owned() }
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
    let shown = name.to_string();
    let new = NewAccount { name, role, scope, email: email.map(str::to_owned), temporary: true };
    let password = Password::generate()?;
    let accounts = &ask.site.gate.accounts;
    match accounts.add(&new, Some(&password), &ask.viewer.name, Moment::now()) {
        Ok(()) => page(ask, Some(made(shown, &password)), None),
        Err(AccessError::Exists(_)) => page(ask, None, Some(TAKEN)),
        Err(error) => Err(error.into()),
    }
}
