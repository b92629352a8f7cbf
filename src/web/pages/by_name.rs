//! Lists by name: choosing one, opening it for a stated purpose, looking at it page by page, taking
//! it along, closing it. No name, no number and no id of a household stands in any address.

use askama::Template;
use zeroize::{Zeroize, Zeroizing};

use super::Choice;
use crate::access::Moment;
use crate::audit::Action;
use crate::by_name::{
    Conflict, DesaCounts, Grant, Grants, ListKind, ListedHousehold, Mark, Opened, Purpose, Row,
    Wish, to_csv, to_xlsx,
};
use crate::domain::{Level, RegionCode};
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::fault::Fault;
use crate::web::form::{Form, TOKEN};
use crate::web::frame::{Frame, Link, Section};

/// Rows on a page.
const PAGE: usize = 20;

/// A region inside the chosen one, and how long its lists are.
struct Inside {
    link: Link,
    code: RegionCode,
    /// Households, unreached, missed, conflicts, pairs; `None` above the kabupaten, where nothing is opened
    /// to count.
    counts: Option<[String; 5]>,
}

/// A list that can be chosen.
struct Kind {
    choice: Choice,
    means: &'static str,
    /// How long it is here, or why it is empty; `None` where that is not known without opening it.
    length: Option<String>,
}

#[derive(Template)]
#[template(path = "by_name.html")]
struct ChoicePage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    scope: Link,
    scope_code: RegionCode,
    /// False where the snapshot has no households, or they cannot be opened here.
    there: bool,
    /// True where a list of this region can be opened.
    can_open: bool,
    inside: Vec<Inside>,
    kinds: Vec<Kind>,
    purposes: Vec<Choice>,
    words: String,
    fault: Option<String>,
    minutes: i64,
    rows: usize,
    left_today: String,
    open: Option<String>,
    earlier: Option<String>,
}

/// `GET /nama`: which list, of which region.
pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let asked = ask.query("wilayah").map(|typed| ask.region(typed)).transpose()?;
    let scope = asked.map_or_else(|| ask.home(), |region| region.code);
    choice(ask, scope, None, &Form::default())
}

fn choice(
    ask: &Ask,
    scope: RegionCode,
    fault: Option<String>,
    form: &Form,
) -> Result<Answer, Fault> {
    let opened = ask.vault().households(&ask.release.manifest().id)?;
    let earlier = opened.as_ref().map(|o| ask.vault().earlier(o)).transpose()?.flatten();
    let limits = &ask.vault().limits;
    let spent = ask.vault().spent(&ask.viewer.name, Moment::now())?;
    let can_open = opened.is_some() && scope.level() >= Level::Kecamatan;
    let counts = match &opened {
        Some(opened) if can_open => opened.counts(scope).map_err(Fault::inside)?,
        _ => Vec::new(),
    };
    let offered = ListKind::ALL.into_iter().filter(|k| *k != ListKind::Fallen || earlier.is_some());
    let offered: Vec<ListKind> = offered.collect();
    let chosen = ListKind::from_slug(form.field("daftar"));
    // The first that holds anybody.
    let first = || offered.iter().copied().find(|kind| length(*kind, &counts) != Some(0));
    let chosen = chosen.or_else(first).unwrap_or(ListKind::Unreached);
    let page = ChoicePage {
        frame: Frame::new(ask, Section::ByName, Vec::new()),
        token_field: TOKEN,
        token: token(ask),
        scope: link(ask, scope),
        scope_code: scope,
        there: opened.is_some(),
        can_open,
        inside: match &opened {
            Some(opened) => inside(ask, opened, scope)?,
            None => Vec::new(),
        },
        kinds: offered.iter().map(|kind| offer(*kind, &counts, chosen)).collect(),
        purposes: Purpose::ALL
            .into_iter()
            .map(|purpose| Choice {
                value: purpose.slug().to_owned(),
                text: labels::purpose(purpose).to_owned(),
                chosen: form.field("tujuan") == purpose.slug(),
            })
            .collect(),
        words: form.field("uraian").to_owned(),
        fault,
        minutes: limits.seconds / 60,
        rows: limits.rows,
        left_today: labels::integer(limits.rows_a_day.saturating_sub(spent)),
        open: grant(ask).map(|grant| labels::list(grant.wish.kind).to_owned()),
        earlier: earlier.map(|earlier| labels::period(earlier.period())),
    };
    Ok(Answer::page(&page)?)
}

/// How many rows a list has; `None` where that is not counted.
fn length(kind: ListKind, counts: &[DesaCounts]) -> Option<u64> {
    counts
        .iter()
        .map(|desa| match kind {
            ListKind::Unreached => Some(desa.unreached),
            ListKind::Missed => desa.missed,
            ListKind::Conflicts => Some(desa.conflicts),
            ListKind::Pairs => Some(desa.pairs),
            ListKind::Fallen => None,
        })
        .try_fold(0, |sum, rows| Some(sum + rows?))
        .filter(|_| kind != ListKind::Fallen)
}

fn offer(kind: ListKind, counts: &[DesaCounts], chosen: ListKind) -> Kind {
    let (value, text) = (kind.slug().to_owned(), labels::list(kind).to_owned());
    Kind {
        choice: Choice { value, text, chosen: kind == chosen },
        means: labels::list_means(kind),
        length: length(kind, counts).map(|rows| match rows {
            0 => labels::list_empty(kind).to_owned(),
            rows => labels::list_length(kind, rows),
        }),
    }
}

/// The regions one level below that hold anybody.
fn inside(ask: &Ask, opened: &Opened, scope: RegionCode) -> Result<Vec<Inside>, Fault> {
    let Some(level) = scope.level().child() else { return Ok(Vec::new()) };
    if scope.level() < Level::Kabupaten {
        let regions = ask.catalog().inside(scope, level);
        let there = regions.filter(|r| ask.release.regions(r.code, level).next().is_some());
        return Ok(there
            .map(|r| Inside { link: link(ask, r.code), code: r.code, counts: None })
            .collect());
    }
    let counts = opened.counts(scope).map_err(Fault::inside)?;
    let mut all: Vec<Inside> = Vec::new();
    for part in counts.chunk_by(|a, b| a.desa.ancestor(level) == b.desa.ancestor(level)) {
        let sum = |of: fn(&DesaCounts) -> u64| labels::integer(part.iter().map(of).sum());
        let code = part[0].desa.ancestor(level);
        let missed = length(ListKind::Missed, part);
        let counts = [
            sum(|c| c.households),
            sum(|c| c.unreached),
            missed.map_or_else(|| "–".to_owned(), labels::integer),
            sum(|c| c.conflicts),
            sum(|c| c.pairs),
        ];
        all.push(Inside { link: link(ask, code), code, counts: Some(counts) });
    }
    Ok(all)
}

fn link(ask: &Ask, code: RegionCode) -> Link {
    Link::new(format!("/nama?wilayah={}", slug(code)), ask.catalog().name(code))
}

fn slug(code: RegionCode) -> String {
    if code == RegionCode::NATION { "ID".to_owned() } else { code.to_string() }
}

fn token(ask: &Ask) -> String {
    ask.viewer.form.as_ref().map_or_else(String::new, |form| form.reveal().to_owned())
}

/// What a list is kept open under.
fn session(ask: &Ask) -> String {
    ask.viewer.session.map_or_else(String::new, |session| session.number().to_string())
}

/// The list that is open in this session, of a region that still exists for who asks.
fn grant(ask: &Ask) -> Option<Grant> {
    let grant = ask.vault().grants.get(&session(ask), Moment::now().0)?;
    let mine = grant.account == ask.viewer.name && ask.sees(grant.wish.region);
    // Another snapshot has other households: the list is opened anew.
    Some(grant).filter(|grant| mine && grant.snapshot == ask.release.manifest().id)
}

/// `POST /nama`: opens a list, once it stands in the log.
pub(in crate::web) fn open(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let scope = ask.region(form.field("wilayah"))?.code;
    let (kind, purpose) =
        (ListKind::from_slug(form.field("daftar")), Purpose::from_slug(form.field("tujuan")));
    let (Some(kind), Some(purpose)) = (kind, purpose) else {
        return choice(ask, scope, Some(labels::LIST_CHOOSE.to_owned()), form);
    };
    let wish = Wish { kind, region: scope, purpose, words: form.field("uraian").trim().to_owned() };
    if let Err(unclear) = wish.check() {
        return choice(ask, scope, Some(labels::unclear(unclear).to_owned()), form);
    }
    let Some(opened) = ask.vault().households(&ask.release.manifest().id)? else {
        return choice(ask, scope, None, form);
    };
    if scope.level() < Level::Kecamatan {
        return choice(ask, scope, Some(labels::LIST_REGION.to_owned()), form);
    }
    let (now, vault) = (Moment::now().0, ask.vault());
    let spent = vault.spent(&ask.viewer.name, Moment(now))?;
    let (account, snapshot) = (&ask.viewer.name, opened.snapshot());
    let drawn = Grants::draw(account, wish.clone(), snapshot, (now, spent), &vault.limits);
    let Some(grant) = drawn.map_err(Fault::inside)? else {
        ask.note(&of_wish(ask, Action::ListRefused, &wish, ""))?;
        return choice(ask, scope, Some(labels::LIST_ENOUGH.to_owned()), form);
    };
    let (rows, _) = read(ask, &opened, &grant)?;
    let mut entry = of_wish(ask, Action::ListOpened, &grant.wish, &grant.id);
    entry.rows = Some(rows.len() as u64);
    ask.note(&entry)?;
    vault.grants.put(&session(ask), grant);
    Ok(Answer::go_to("/nama/daftar"))
}

fn of_wish(ask: &Ask, action: Action, wish: &Wish, id: &str) -> crate::audit::Entry {
    crate::audit::Entry {
        region: Some(wish.region),
        purpose: format!("{}: {}", labels::purpose(wish.purpose), wish.words),
        object: format!("{} {}", id, wish.kind.slug()).trim().to_owned(),
        ..ask.deed(action)
    }
}

fn read(ask: &Ask, opened: &Opened, grant: &Grant) -> Result<(Vec<Row>, u64), Fault> {
    let earlier = match grant.wish.kind {
        ListKind::Fallen => ask.vault().earlier(opened)?,
        _ => None,
    };
    let (kind, region) = (grant.wish.kind, grant.wish.region);
    opened.list(kind, region, earlier.as_ref(), grant.rows).map_err(Fault::inside)
}

/// A household on the page.
struct Family {
    number: usize,
    desa: String,
    stated: Option<String>,
    card: String,
    address: String,
    decile: String,
    expenditure: String,
    receives: String,
    missed: String,
    conflicts: Vec<&'static str>,
    members: Vec<Member>,
    row: String,
}

struct Member {
    name: String,
    nik: String,
    sound: bool,
    about: String,
    held: String,
}

/// A pair on the page.
struct Pair {
    number: usize,
    registry: &'static str,
    row: String,
    probability: String,
    sides: [(&'static str, String, String, String, String); 2],
}

impl Drop for Family {
    fn drop(&mut self) {
        [&mut self.card, &mut self.address].into_iter().for_each(Zeroize::zeroize);
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        [&mut self.name, &mut self.nik, &mut self.about].into_iter().for_each(Zeroize::zeroize);
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        for (_, name, nik, birth, _) in &mut self.sides {
            [name, nik, birth].into_iter().for_each(Zeroize::zeroize);
        }
    }
}

#[derive(Template)]
#[template(path = "by_name_list.html")]
struct ListPage {
    frame: Frame,
    token_field: &'static str,
    token: String,
    title: &'static str,
    means: &'static str,
    scope: String,
    scope_code: RegionCode,
    id: String,
    recipient: String,
    purpose: String,
    opened: String,
    until: String,
    minutes_left: i64,
    total: String,
    shown: String,
    cut: bool,
    families: Vec<Family>,
    pairs: Vec<Pair>,
    pages: Vec<Link>,
    watermark: String,
    now: String,
}

#[derive(Template)]
#[template(path = "by_name_shut.html")]
struct ShutPage {
    frame: Frame,
}

fn shut(ask: &Ask) -> Result<Answer, Fault> {
    Ok(Answer::page(&ShutPage { frame: Frame::new(ask, Section::ByName, Vec::new()) })?)
}

/// `GET /nama/daftar`: a page of the list that is open, once that stands in the log.
pub(in crate::web) fn list(ask: &Ask) -> Result<Answer, Fault> {
    let (Some(grant), Some(opened)) =
        (grant(ask), ask.vault().households(&ask.release.manifest().id)?)
    else {
        return shut(ask);
    };
    let (rows, total) = read(ask, &opened, &grant)?;
    let pages = rows.len().div_ceil(PAGE);
    let page = ask.page_number(pages)?;
    let from = (page - 1) * PAGE;
    let mine = &rows[from.min(rows.len())..(from + PAGE).min(rows.len())];
    let mut entry = of_wish(ask, Action::ListLooked, &grant.wish, &grant.id);
    entry.rows = Some(mine.len() as u64);
    ask.note(&entry)?;
    let now = Moment::now().0;
    let numbered = || (from + 1..).zip(mine);
    let page = ListPage {
        frame: Frame::new(ask, Section::ByName, Vec::new()),
        token_field: TOKEN,
        token: token(ask),
        title: labels::list(grant.wish.kind),
        means: labels::list_means(grant.wish.kind),
        scope: ask.catalog().name(grant.wish.region),
        scope_code: grant.wish.region,
        id: grant.id.clone(),
        recipient: grant.account.clone(),
        purpose: format!("{}: {}", labels::purpose(grant.wish.purpose), grant.wish.words),
        opened: labels::moment(grant.opened),
        until: labels::moment(grant.until),
        minutes_left: (grant.until - now + 59) / 60,
        total: labels::integer(total),
        shown: labels::integer(rows.len() as u64),
        cut: total > rows.len() as u64,
        families: numbered()
            .filter_map(|(n, row)| match row {
                Row::Household(of) => Some(family(ask, n, of)),
                Row::Pair { .. } => None,
            })
            .collect(),
        pairs: numbered().filter_map(|(n, row)| pair(n, row)).collect(),
        pages: (1..=pages)
            .map(|n| Link::new(format!("/nama/daftar?halaman={n}"), n.to_string()).here(n == page))
            .collect(),
        watermark: format!("{} · {} · {}", grant.id, grant.account, labels::moment(now)),
        now: labels::moment(now),
    };
    Ok(Answer::page_of_names(&page)?)
}

fn family(ask: &Ask, number: usize, of: &ListedHousehold) -> Family {
    let set = &ask.release.manifest().programmes;
    let named = |code: RegionCode| format!("{} ({code})", ask.catalog().name(code));
    let member = |m: &crate::by_name::Person| {
        let born = labels::birth(&m.birth);
        let about = [labels::family_role(m.role), labels::sex(m.sex), &born];
        let held: Vec<&str> = m.held_by.iter().map(|r| labels::registry(*r)).collect();
        Member {
            name: m.name.clone(),
            nik: m.nik.clone(),
            sound: m.sound,
            about: about.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", "),
            held: held.join(", "),
        }
    };
    Family {
        number,
        desa: named(of.desa),
        stated: of.stated.map(named),
        card: of.card.clone(),
        address: of.address.clone(),
        decile: of.decile.map_or_else(|| "–".to_owned(), |d| d.to_string()),
        expenditure: labels::expenditure(of.expenditure_rp_month),
        receives: labels::programmes(&of.receives, set),
        missed: labels::programmes(&of.missed, set),
        conflicts: of.conflicts.iter().map(|c: &Conflict| labels::contradiction(*c)).collect(),
        members: of.members.iter().map(member).collect(),
        row: labels::integer(of.row),
    }
}

fn pair(number: usize, row: &Row) -> Option<Pair> {
    let Row::Pair { registry, row, probability, base, other } = row else { return None };
    let side = |of: &'static str, s: &crate::by_name::Side| {
        (
            of,
            s.name.clone(),
            s.nik.clone(),
            format!("{} {}", labels::birth(&s.birth), s.sex),
            s.region.clone(),
        )
    };
    let registry = labels::registry(*registry);
    Some(Pair {
        number,
        registry,
        row: labels::integer(*row),
        probability: labels::percent(*probability, 1),
        sides: [side("Regsosek", base), side(registry, other)],
    })
}

/// `POST /nama/daftar`: takes the list along as a file, or closes it.
pub(in crate::web) fn act(ask: &Ask, form: &Form) -> Result<Answer, Fault> {
    let what = form.field("apa");
    if what == "tutup" {
        if let Some(grant) = ask.vault().grants.close(&session(ask)) {
            ask.note(&of_wish(ask, Action::ListClosed, &grant.wish, &grant.id))?;
        }
        return Ok(Answer::go_to("/nama"));
    }
    let (Some(grant), Some(opened)) =
        (grant(ask), ask.vault().households(&ask.release.manifest().id)?)
    else {
        return shut(ask);
    };
    let kind = match what {
        "csv" => "text/csv; charset=utf-8",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ => return Err(Fault::NoPage),
    };
    let (rows, total) = read(ask, &opened, &grant)?;
    let set = &ask.release.manifest().programmes;
    let name = |code: RegionCode| ask.catalog().name(code);
    let lines: Zeroizing<Vec<Vec<String>>> = Zeroizing::new(
        (1..)
            .zip(&rows)
            .flat_map(|(number, row)| labels::list_lines(number, row, set, &name))
            .collect(),
    );
    let mut entry = of_wish(ask, Action::ListExported, &grant.wish, &grant.id);
    entry.rows = Some(rows.len() as u64);
    let mark = mark(ask, &grant, (rows.len() as u64, total));
    let heads = labels::list_heads(grant.wish.kind);
    let bytes = if what == "csv" { to_csv } else { to_xlsx }(&mark, &heads, &lines);
    let bytes = bytes.map_err(Fault::inside)?;
    ask.note(&entry)?;
    let file = format!("{}_{}_{}.{what}", labels::RESTRICTED, grant.id, grant.wish.kind.slug());
    Ok(Answer::of_names(kind, bytes).save_as(file))
}

fn mark(ask: &Ask, grant: &Grant, (rows, total): (u64, u64)) -> Mark {
    let manifest = ask.release.manifest();
    let region = grant.wish.region;
    let mut values = vec![
        grant.id.clone(),
        format!("{} ({})", grant.account, labels::role(ask.viewer.role)),
        labels::moment(Moment::now().0),
        format!("{} ({region})", ask.catalog().name(region)),
        format!("{}: {}", labels::purpose(grant.wish.purpose), grant.wish.words),
        labels::rows_of(rows, total),
        format!("{}, {}", manifest.id, labels::period(manifest.period)),
        labels::LIST_WARNING.to_owned(),
    ];
    if manifest.synthetic {
        values.push(labels::SYNTHETIC.to_owned());
    }
    let names = labels::LIST_LINES.into_iter().map(str::to_owned);
    Mark {
        title: format!("{} · {}", labels::RESTRICTED, labels::list(grant.wish.kind)),
        id: grant.id.clone(),
        recipient: grant.account.clone(),
        time: labels::moment(Moment::now().0),
        lines: names.zip(values).collect(),
        heads: labels::LIST_MARKS.map(str::to_owned),
        sheet: labels::LIST_SHEET.to_owned(),
    }
}
