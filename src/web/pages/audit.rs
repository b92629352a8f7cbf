//! The log of who did what: filtered, page by page, with the state of its chain; and as a file.

use askama::Template;

use super::{Choice, encoded};
use crate::audit::{Action, Audit, Entry, Filter, Record};
use crate::domain::RegionCode;
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::{Ask, bad};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Section};

/// Records on a page.
const PAGE: usize = 50;

/// Records of a file.
const MOST: usize = 100_000;

/// Records up to which the whole chain is checked while a page waits.
const CHECKED: u64 = 100_000;

/// A record on the page.
struct Row {
    seq: String,
    time: String,
    actor: String,
    role: String,
    action: &'static str,
    names: bool,
    region: String,
    rows: String,
    purpose: String,
    from: String,
    object: String,
}

/// What is known of the chain.
struct Chain {
    holds: bool,
    records: String,
    keyed: bool,
    head: String,
    troubles: Vec<String>,
    further: String,
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    /// `None` where the log is too long to be checked while a page waits.
    chain: Option<Chain>,
    bound: Option<String>,
    actions: Vec<Choice>,
    actor: String,
    region: String,
    since: String,
    until: String,
    rows: Vec<Row>,
    older: Option<String>,
    newest: Option<String>,
    files: Vec<(&'static str, String)>,
}

/// `GET /audit`.
pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let filter = filter(ask)?;
    let before = ask
        .query("sebelum")
        .map(|typed| typed.parse::<u64>().map_err(|_| bad("sebelum", typed, &["1000"])));
    let before = before.transpose()?;
    let log = &ask.vault().log;
    ask.note(&Entry { purpose: in_words(ask), ..ask.deed(Action::LogLooked) })?;
    let page = log.newest(&filter, before, PAGE).map_err(Fault::Unrecorded)?;
    let last = log.newest(&Filter::default(), None, 1).map_err(Fault::Unrecorded)?;
    let length = last.records.first().map_or(0, |record| record.seq);
    let chain = (length <= CHECKED).then(|| log.check(None)).transpose();
    let query = query(ask);
    let with = |more: String| format!("/audit?{query}{more}");
    let older = page.more.then(|| page.records.last().map(|r| with(format!("sebelum={}", r.seq))));
    let page = AuditPage {
        frame: Frame::new(ask, Section::Audit, Vec::new()),
        chain: chain.map_err(Fault::Unrecorded)?.as_ref().map(chain_words),
        bound: bound(ask).map(|code| ask.catalog().name(code)),
        actions: actions(filter.action),
        actor: filter.actor.clone().unwrap_or_default(),
        region: ask.query("wilayah").unwrap_or_default().to_owned(),
        since: filter.since.clone().unwrap_or_default(),
        until: filter.until.clone().unwrap_or_default(),
        rows: page.records.iter().map(|record| row(ask, record)).collect(),
        older: older.flatten(),
        newest: before.map(|_| with(String::new())),
        files: ["csv", "jsonl"]
            .map(|kind| (kind, format!("/audit/catatan.{kind}?{query}")))
            .to_vec(),
    };
    Ok(Answer::page(&page)?)
}

fn chain_words(audit: &Audit) -> Chain {
    Chain {
        holds: audit.holds(),
        records: labels::integer(audit.records),
        keyed: audit.records > 0 && audit.plain < audit.records,
        head: audit
            .head
            .as_ref()
            .map(|head| format!("{}:{}", head.seq, head.mark))
            .unwrap_or_default(),
        troubles: audit.troubles.iter().map(labels::trouble).collect(),
        further: labels::integer(audit.further),
    }
}

/// The region that an auditor is bound to: what concerns none or another does not exist.
fn bound(ask: &Ask) -> Option<RegionCode> {
    Some(ask.home()).filter(|home| *home != RegionCode::NATION)
}

fn filter(ask: &Ask) -> Result<Filter, Fault> {
    let region = ask.query("wilayah").map(|typed| ask.region(typed)).transpose()?;
    let action = ask.query("perbuatan").map(|typed| {
        let all: Vec<&str> = Action::ALL.iter().map(|action| action.slug()).collect();
        Action::from_slug(typed).ok_or_else(|| bad("perbuatan", typed, &all))
    });
    Ok(Filter {
        actor: ask.query("pelaku").map(|typed| typed.chars().take(100).collect()),
        action: action.transpose()?,
        region: region.map(|region| region.code).or_else(|| bound(ask)),
        since: day(ask, "sejak")?,
        until: day(ask, "sampai")?,
    })
}

fn day(ask: &Ask, name: &'static str) -> Result<Option<String>, Fault> {
    let Some(typed) = ask.query(name) else { return Ok(None) };
    let parsed = typed.parse::<jiff::civil::Date>();
    parsed.map(|day| Some(day.to_string())).map_err(|_| bad(name, typed, &["2026-01-31"]))
}

const FIELDS: [&str; 5] = ["perbuatan", "pelaku", "wilayah", "sejak", "sampai"];

/// What was asked for, for the links to further pages.
fn query(ask: &Ask) -> String {
    let field =
        |name: &&'static str| ask.query(name).map(|value| format!("{name}={}&", encoded(value)));
    FIELDS.iter().filter_map(field).collect()
}

/// What was asked for, for the log.
fn in_words(ask: &Ask) -> String {
    let field = |name: &&'static str| ask.query(name).map(|value| format!("{name} {value}"));
    FIELDS.iter().filter_map(field).collect::<Vec<_>>().join(", ")
}

fn actions(chosen: Option<Action>) -> Vec<Choice> {
    Action::ALL
        .into_iter()
        .map(|action| Choice {
            value: action.slug().to_owned(),
            text: labels::action(action).to_owned(),
            chosen: Some(action) == chosen,
        })
        .collect()
}

fn row(ask: &Ask, record: &Record) -> Row {
    let region = match RegionCode::from_slug(&record.region) {
        Ok(code) => format!("{} ({})", ask.catalog().name(code), record.region),
        Err(_) => record.region.clone(),
    };
    Row {
        seq: labels::integer(record.seq),
        time: record.time.replace('T', " ").trim_end_matches('Z').to_owned(),
        actor: record.actor.clone(),
        role: record.role.clone(),
        action: labels::action(record.action),
        names: matches!(
            record.action,
            Action::ListOpened | Action::ListLooked | Action::ListExported
        ),
        region,
        rows: record.rows.map(labels::integer).unwrap_or_default(),
        purpose: record.purpose.clone(),
        from: record.from.clone(),
        object: record.object.clone(),
    }
}

/// `GET /audit/catatan.{jenis}`: the wanted records, the oldest first. JSON lines are as they stand
/// in the log, but for their marks, which belong to the whole.
pub(in crate::web) fn file(ask: &Ask) -> Result<Answer, Fault> {
    let kind = ask.path("jenis");
    let filter = filter(ask)?;
    if !["csv", "jsonl"].contains(&kind) {
        return Err(bad("jenis", kind, &["csv", "jsonl"]));
    }
    let log = &ask.vault().log;
    let mut page = log.newest(&filter, None, MOST).map_err(Fault::Unrecorded)?;
    page.records.reverse();
    let rows = Some(page.records.len() as u64);
    ask.note(&Entry { rows, purpose: in_words(ask), ..ask.deed(Action::LogExported) })?;
    let name = format!("TERBATAS_catatan-audit.{kind}");
    let (of, bytes) = match kind {
        "csv" => ("text/csv; charset=utf-8", csv(&page.records)?),
        _ => ("application/jsonl", jsonl(&page.records)?),
    };
    Ok(Answer::new(of, bytes).save_as(name))
}

const HEADS: [&str; 11] = [
    "nomor",
    "waktu_utc",
    "pelaku",
    "peran",
    "perbuatan",
    "wilayah",
    "baris",
    "tujuan",
    "dari",
    "objek",
    "tanda",
];

fn csv(records: &[Record]) -> Result<Vec<u8>, Fault> {
    let mut out = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    out.write_record(HEADS).map_err(Fault::inside)?;
    for r in records {
        let rows = r.rows.map(|n| n.to_string()).unwrap_or_default();
        let seq = r.seq.to_string();
        let cells = [
            seq.as_str(),
            &r.time,
            &r.actor,
            &r.role,
            r.action.slug(),
            &r.region,
            &rows,
            &r.purpose,
            &r.from,
            &r.object,
            &r.mark,
        ];
        out.write_record(cells.map(harmless)).map_err(Fault::inside)?;
    }
    out.into_inner().map_err(|e| Fault::inside(e.error()))
}

/// Names are typed by strangers: a spreadsheet must not run one.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '|', '\t']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn jsonl(records: &[Record]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::new();
    for record in records {
        serde_json::to_writer(&mut out, record).map_err(Fault::inside)?;
        out.push(b'\n');
    }
    Ok(out)
}
