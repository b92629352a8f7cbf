//! What linkage found: how the rows of each registry ended, which persons two registries share, on
//! a map and in a table; the model behind it, and persons over time.

use askama::Template;

use super::{Choice, default_level, level_choices, scope_choices};
use crate::disclosure::{Cell, Count, MatchColumn, MatchMeasure, RegionStatus, ShownMatches};
use crate::domain::{Level, RegionCode, Registry};
use crate::labels::{self, MatchLabel};
use crate::web::answer::Answer;
use crate::web::ask::{Ask, bad};
use crate::web::atlas::{
    self, BY_SCORE, Figure, LINKED, Measure, OVERLAP, PENDING, View, matching_query,
};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, Stamp, region_href};
use crate::web::table::{Column, Row, Table, TableCell};

/// What was asked for.
struct Question {
    scope: RegionCode,
    level: Level,
    registry: Registry,
    other: Registry,
    measure: MatchMeasure,
    slug: &'static str,
}

/// A number of a registry and its share of the rows.
struct Number {
    text: String,
    share: Option<String>,
    missing: bool,
}

/// A piece of a registry's bar.
struct Piece {
    class: &'static str,
    x: f64,
    width: f64,
}

/// One registry in the chosen region.
struct Outcomes {
    name: &'static str,
    base: bool,
    /// It has no row here.
    idle: bool,
    linked: String,
    numbers: Vec<Number>,
    remarks: Vec<Number>,
    bar: Vec<Piece>,
}

/// One registry against all others.
struct Crossing {
    name: &'static str,
    cells: Vec<CrossCell>,
}

struct CrossCell {
    text: String,
    share: Option<String>,
    href: String,
    /// A registry with itself: its distinct persons.
    own: bool,
    chosen: bool,
    missing: bool,
}

/// The example sentence on two registries.
struct Example {
    first: &'static str,
    second: &'static str,
    persons: String,
    common: String,
    share: Option<String>,
    back: Option<(String, String)>,
}

/// The model behind the links, in words.
struct Model {
    title: String,
    sha256: String,
    one_in: String,
    link_at: Threshold,
    review_at: Threshold,
    trained: String,
}

struct Threshold {
    probability: String,
    bits: String,
}

/// Persons now and before; in the order of the template's lines.
struct Times {
    persons: String,
    previous: Option<String>,
    counts: Vec<String>,
}

#[derive(Template)]
#[template(path = "matching.html")]
struct MatchingPage {
    frame: Frame,
    stamp: Stamp,
    scope: Link,
    scope_code: RegionCode,
    is_nation: bool,
    withheld: bool,
    present: bool,
    level: &'static str,
    level_slug: &'static str,
    minimum: String,
    heads: Vec<&'static str>,
    remark_heads: Vec<&'static str>,
    key: Vec<(&'static str, &'static str)>,
    outcomes: Vec<Outcomes>,
    meanings: Vec<MatchLabel>,
    crossings: Vec<Crossing>,
    example: Option<Example>,
    measure: String,
    register: &'static str,
    figure: Option<Figure>,
    table: Table,
    model: Option<Model>,
    /// Of all regions together: only for who sees them all.
    times: Option<Times>,
    registers: Vec<Choice>,
    others: Vec<Choice>,
    measures: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
}

/// How a registry's rows ended, in the order of the bar: the class of its colour.
const PIECES: [(MatchColumn, &str); 8] = [
    (MatchColumn::ByNik, "m0"),
    (MatchColumn::ByScore, "m1"),
    (MatchColumn::ByReview, "m2"),
    (MatchColumn::Pending, "m3"),
    (MatchColumn::NoNik, "m4"),
    (MatchColumn::NotFound, "m5"),
    (MatchColumn::Contradicted, "m6"),
    (MatchColumn::Ambiguous, "m7"),
];

const MEASURES: [&str; 4] = [LINKED, BY_SCORE, PENDING, OVERLAP];

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let question = Question::of(ask)?;
    let (scope, level) = (question.scope, question.level);
    let (release, name) = (&ask.release, ask.catalog().name(scope));
    let sources = release.sources(RegionCode::NATION);
    let view = question.view();
    let page = MatchingPage {
        frame: Frame::new(ask, Section::Matching, ask.crumbs(scope)),
        stamp: Stamp::of(release, scope),
        scope: Link::new(region_href(scope), name),
        scope_code: scope,
        is_nation: scope == RegionCode::NATION,
        withheld: release.status(scope) == RegionStatus::Suppressed,
        present: release.has_matches(scope),
        level: labels::level(level),
        level_slug: level.slug(),
        minimum: labels::integer(release.manifest().min_families),
        heads: MatchColumn::OUTCOMES.map(|c| labels::match_column(c).name).to_vec(),
        remark_heads: MatchColumn::REMARKS.map(|c| labels::match_column(c).name).to_vec(),
        key: PIECES.map(|(c, class)| (class, labels::match_column(c).name)).to_vec(),
        outcomes: sources.iter().map(|registry| outcomes(ask, scope, *registry)).collect(),
        meanings: meanings(),
        crossings: crossings(ask, &question, &sources),
        example: example(ask, &question),
        measure: view.label(ask).name,
        register: labels::registry(question.registry),
        figure: atlas::figure(ask, &view)?,
        table: table(ask, &question).sort(ask, &question.address())?,
        model: model(ask),
        times: ask.sees(RegionCode::NATION).then(|| times(ask)),
        registers: registry_choices(&sources, question.registry),
        others: registry_choices(&sources, question.other),
        measures: measure_choices(&question),
        levels: level_choices(ask, scope, level),
        scopes: scope_choices(ask, scope),
    };
    Ok(Answer::page(&page)?)
}

/// The map of the page as a file that stands alone.
pub(in crate::web) fn svg(ask: &Ask) -> Result<Answer, Fault> {
    let question = Question::of(ask)?;
    let manifest = ask.release.manifest();
    let name = format!(
        "tepat_peta_pemadanan_{}_{}_{}_{}.svg",
        question.scope,
        question.level.slug(),
        manifest.period,
        manifest.id
    );
    let map = atlas::standalone(ask, &question.view())?;
    Ok(Answer::new("image/svg+xml", map).save_as(name))
}

impl Question {
    fn of(ask: &Ask) -> Result<Self, Fault> {
        let scope = ask.scope()?.code;
        let level = ask.level(scope, default_level(ask, scope)?)?;
        let slug = ask.word("ukuran", &MEASURES)?.unwrap_or(LINKED);
        let (registry, other) = pair(ask)?;
        if slug == OVERLAP && registry == other {
            let rest: Vec<&str> =
                Registry::ALL.iter().filter(|r| **r != registry).map(|r| r.slug()).collect();
            return Err(bad("lawan", other.slug(), &rest));
        }
        let measure = match slug {
            BY_SCORE => MatchMeasure::ByScore(registry),
            PENDING => MatchMeasure::Pending(registry),
            OVERLAP => MatchMeasure::Overlap(registry, other),
            _ => MatchMeasure::Linked(registry),
        };
        Ok(Self { scope, level, registry, other, measure, slug })
    }

    fn view(&self) -> View {
        View {
            scope: self.scope,
            level: self.level,
            measure: Measure::Matching(self.measure),
            highlighted: None,
        }
    }

    /// The address of the page with everything that was asked for.
    fn address(&self) -> String {
        let query = match self.measure {
            MatchMeasure::Overlap(..) => matching_query(self.measure),
            _ => format!("{}&lawan={}", matching_query(self.measure), self.other.slug()),
        };
        format!("/pemadanan?{query}&tingkat={}&wilayah={}", self.level.slug(), self.scope)
    }
}

/// The registry that is looked at and the one it is held against. Where nothing is asked for:
/// Prakerja against P3KE, the overlap that is asked about most, as far as they were delivered.
fn pair(ask: &Ask) -> Result<(Registry, Registry), Fault> {
    let delivered = ask.release.sources(RegionCode::NATION);
    let first = |wanted: &[Registry], not: Option<Registry>| {
        let all = wanted.iter().chain(&delivered);
        all.copied().find(|r| delivered.contains(r) && Some(*r) != not)
    };
    let registry = match ask.registry("register")? {
        Some(registry) => registry,
        None => first(&[Registry::Prakerja, Registry::P3ke, Registry::Dtks], None)
            .unwrap_or(Registry::Regsosek),
    };
    let other = match ask.registry("lawan")? {
        Some(other) => other,
        None => first(&[Registry::P3ke, Registry::Dtks], Some(registry)).unwrap_or(registry),
    };
    Ok((registry, other))
}

fn outcomes(ask: &Ask, code: RegionCode, registry: Registry) -> Outcomes {
    let shown = ask.release.matches(code, registry);
    let number = |column: MatchColumn, whole: MatchColumn| {
        let count = shown.get(column);
        let share = ask.release.share(count, shown.get(whole));
        let share = share.value().filter(|_| column != whole);
        Number { share: share.map(percent), ..plain(count) }
    };
    let of_rows = |column| number(column, MatchColumn::Rows);
    let mut numbers = vec![of_rows(MatchColumn::Rows), of_rows(MatchColumn::Linked)];
    numbers.extend(MatchColumn::OUTCOMES.map(of_rows));
    let remarks = MatchColumn::REMARKS.map(|column| {
        let whole = match column {
            MatchColumn::Duplicates => MatchColumn::Rows,
            _ => MatchColumn::Linked,
        };
        number(column, whole)
    });
    Outcomes {
        name: labels::registry(registry),
        base: registry == Registry::Regsosek,
        idle: shown.get(MatchColumn::Rows) == Count::Value(0),
        linked: labels::match_share(shown.of_rows(MatchColumn::Linked)),
        numbers,
        remarks: remarks.into(),
        bar: bar(&shown),
    }
}

fn percent(rate: f64) -> String {
    labels::match_share(Cell::Value(rate))
}

fn plain(count: Count) -> Number {
    Number { text: labels::count(count), share: None, missing: count.value().is_none() }
}

/// The rows from left to right; what is hidden is one piece at the end, as wide as the rest of the
/// rows, so that the drawing says no more than the table.
fn bar(shown: &ShownMatches) -> Vec<Piece> {
    let Some(rows) = shown.get(MatchColumn::Rows).value().filter(|rows| *rows > 0) else {
        return Vec::new();
    };
    let known = PIECES.map(|(column, class)| (class, shown.get(column).value().unwrap_or(0)));
    let sum = known.iter().map(|(_, n)| n).sum::<u64>();
    // Rounded pieces need not add up: what they lack is no piece, and what they have more, room.
    let hidden = PIECES.iter().any(|(column, _)| shown.get(*column) == Count::Withheld);
    let (rest, rows) = if hidden { (rows - sum.min(rows), rows.max(sum)) } else { (0, sum.max(1)) };
    let mut so_far = 0;
    #[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
    let at = |n: u64| (n as f64 * 10_000.0 / rows as f64).round() / 100.0;
    let mut piece = |class: &'static str, n: u64| {
        let x = at(so_far);
        so_far += n;
        Piece { class, x, width: at(so_far) - x }
    };
    let all = known.into_iter().chain([("m8", rest)]);
    all.filter(|(_, n)| *n > 0).map(|(class, n)| piece(class, n)).collect()
}

fn meanings() -> Vec<MatchLabel> {
    let columns = MatchColumn::OUTCOMES.into_iter().chain(MatchColumn::REMARKS);
    columns.map(labels::match_column).collect()
}

fn crossings(ask: &Ask, question: &Question, sources: &[Registry]) -> Vec<Crossing> {
    let there = |registry: &&Registry| {
        ask.release.overlap(question.scope, **registry, **registry) != Count::Value(0)
    };
    let sources: Vec<Registry> = sources.iter().filter(there).copied().collect();
    let crossing = |a: &Registry| Crossing {
        name: labels::registry(*a),
        cells: sources.iter().map(|b| cross(ask, question, (*a, *b))).collect(),
    };
    sources.iter().map(crossing).collect()
}

fn cross(ask: &Ask, question: &Question, (a, b): (Registry, Registry)) -> CrossCell {
    let count = ask.release.overlap(question.scope, a, b);
    let whole = ask.release.overlap(question.scope, a, a);
    let Number { text, missing, .. } = plain(count);
    let measure = MatchMeasure::Overlap(a, b);
    let linked = Question { registry: a, other: b, measure, slug: OVERLAP, ..*question };
    CrossCell {
        text,
        share: ask.release.share(count, whole).value().map(percent),
        href: linked.address() + "#peta",
        own: a == b,
        chosen: (a, b) == (question.registry, question.other),
        missing,
    }
}

fn example(ask: &Ask, question: &Question) -> Option<Example> {
    let (a, b) = (question.registry, question.other);
    let overlap = |a, b| ask.release.overlap(question.scope, a, b);
    let (own, others, common) = (overlap(a, a), overlap(b, b), overlap(a, b));
    if a == b || own == Count::Value(0) {
        return None;
    }
    let part = |whole| ask.release.share(common, whole).value().map(percent);
    Some(Example {
        first: labels::registry(a),
        second: labels::registry(b),
        persons: plain(own).text,
        common: plain(common).text,
        share: part(own),
        back: part(others).map(|share| (share, plain(others).text)),
    })
}

/// Keys of the table's columns.
const COLUMNS: [&str; 8] = [
    "baris",
    "jiwa-terpadankan",
    LINKED,
    BY_SCORE,
    PENDING,
    "tidak-ditemukan",
    "jiwa-irisan",
    OVERLAP,
];

fn table(ask: &Ask, question: &Question) -> Table {
    let short = |measure| labels::match_measure(measure).short;
    let (a, b) = (question.registry, question.other);
    let heads = [
        (labels::match_column(MatchColumn::Rows).name.to_owned(), "baris"),
        (labels::match_column(MatchColumn::Linked).name.to_owned(), "baris"),
        (short(MatchMeasure::Linked(a)), "%"),
        (short(MatchMeasure::ByScore(a)), "%"),
        (short(MatchMeasure::Pending(a)), "%"),
        (labels::match_column(MatchColumn::NotFound).name.to_owned(), "%"),
        (short(MatchMeasure::Overlap(a, b)), "jiwa"),
        (short(MatchMeasure::Overlap(a, b)), "%"),
    ];
    let columns = COLUMNS
        .iter()
        .zip(heads)
        .map(|(key, (head, unit))| Column::headed(key, &head).about(unit, ""))
        .collect();
    let there = |code| {
        ask.release.has_matches(code) || ask.release.status(code) == RegionStatus::Suppressed
    };
    let rows = ask
        .catalog()
        .inside(question.scope, question.level)
        .filter(|region| there(region.code))
        .map(|region| {
            let mut row =
                Row::new(region.code, region.name.clone(), cells(ask, question, region.code));
            if region.code.level() < Level::Desa {
                row.href = inside(question, region.code);
            }
            row
        })
        .collect();
    let mut table =
        Table::new(ask, labels::level_title(question.level), question.scope, columns, rows);
    let mut behind = vec![Registry::Regsosek, a, b];
    behind.sort_unstable();
    behind.dedup();
    table.stamp = table.stamp.from(&behind);
    table
}

/// The same question about a region inside, one level further down.
fn inside(question: &Question, code: RegionCode) -> String {
    let level = code.level().child().unwrap_or(question.level);
    Question { scope: code, level, ..*question }.address()
}

fn cells(ask: &Ask, question: &Question, code: RegionCode) -> Vec<TableCell> {
    let (a, b) = (question.registry, question.other);
    let shown = ask.release.matches(code, a);
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53; only sorted by")]
    let count =
        |count: Count| TableCell::number(plain(count).text, count.value().map(|n| n as f64));
    let rate = |cell: Cell| TableCell::number(labels::match_share(cell), cell.value());
    vec![
        count(shown.get(MatchColumn::Rows)),
        count(shown.get(MatchColumn::Linked)),
        rate(shown.of_rows(MatchColumn::Linked)),
        rate(shown.of_rows(MatchColumn::ByScore)),
        rate(shown.of_rows(MatchColumn::Pending)),
        rate(shown.of_rows(MatchColumn::NotFound)),
        count(ask.release.overlap(code, a, b)),
        rate(ask.release.match_cell(code, MatchMeasure::Overlap(a, b))),
    ]
}

fn model(ask: &Ask) -> Option<Model> {
    let model = ask.release.manifest().linkage.model.as_ref()?;
    Some(Model {
        title: model.title.clone(),
        sha256: model.sha256.clone(),
        one_in: labels::decimal(1.0 / model.lambda.max(f64::MIN_POSITIVE), 0),
        link_at: threshold(model.link_at),
        review_at: threshold(model.review_at),
        trained: labels::trained(&model.trained),
    })
}

/// A probability, and the match weight that it is: `log2(p / (1 − p))`.
fn threshold(p: f64) -> Threshold {
    Threshold {
        probability: labels::decimal(p, 3),
        bits: labels::decimal((p / (1.0 - p)).log2(), 1),
    }
}

fn times(ask: &Ask) -> Times {
    let counts = &ask.release.manifest().linkage.identities;
    let shown = ask.release.persons_over_time();
    let all = [shown.kept, shown.new, shown.gone, shown.moved, shown.split, shown.merged];
    Times {
        persons: labels::count(shown.persons),
        previous: counts.previous.clone(),
        counts: all.map(labels::count).to_vec(),
    }
}

fn registry_choices(sources: &[Registry], chosen: Registry) -> Vec<Choice> {
    let choice = |registry: &Registry| Choice {
        value: registry.slug().to_owned(),
        text: labels::registry(*registry).to_owned(),
        chosen: *registry == chosen,
    };
    sources.iter().map(choice).collect()
}

fn measure_choices(question: &Question) -> Vec<Choice> {
    let (a, b) = (question.registry, question.other);
    let all = [
        MatchMeasure::Linked(a),
        MatchMeasure::ByScore(a),
        MatchMeasure::Pending(a),
        MatchMeasure::Overlap(a, b),
    ];
    MEASURES
        .iter()
        .zip(all)
        .map(|(slug, measure)| Choice {
            value: (*slug).to_owned(),
            text: labels::match_measure(measure).short,
            chosen: *slug == question.slug,
        })
        .collect()
}
