//! One measure at a chosen level, as a map, a table and a file.

use askama::Template;

use super::{
    Choice, default_level, indicator_choices, level_choices, region_table, scope_choices, usual,
};
use crate::domain::{IndicatorId, Level};
use crate::labels;
use crate::regions::Region;
use crate::web::answer::Answer;
use crate::web::ask::{Ask, bad};
use crate::web::atlas::{self, Figure, Measure, SURVEY, View};
use crate::web::compare;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, region_href};
use crate::web::table::Table;

#[derive(Template)]
#[template(path = "map.html")]
struct MapPage {
    frame: Frame,
    title: String,
    level: &'static str,
    scope: Link,
    survey: bool,
    /// Name of the published measure among the choices.
    survey_value: &'static str,
    indicators: Vec<Choice>,
    levels: Vec<Choice>,
    scopes: Vec<Choice>,
    figure: Option<Figure>,
    table: Table,
    /// Of the desa of the nation there is no picture.
    whole_nation: bool,
    /// Some provinces are shown in borders that were not those of the publication.
    from_parts: bool,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let (scope, view) = view(ask)?;
    let chosen = view.indicator();
    let survey = chosen.is_none();
    let ids = if survey { vec![IndicatorId::Headcount] } else { usual(ask, view.scope, chosen) };
    let table = region_table(ask, (view.scope, view.level), &ids, survey);
    let page = MapPage {
        frame: Frame::new(ask, Section::Map, ask.crumbs(scope.code)),
        title: view.label(ask).name,
        level: labels::level(view.level),
        scope: Link::new(region_href(scope.code), scope.name.clone()),
        survey,
        from_parts: survey && compare::any_from_parts(ask, view.level),
        whole_nation: scope.code == crate::domain::RegionCode::NATION && view.level == Level::Desa,
        survey_value: SURVEY,
        indicators: indicator_choices(ask, chosen),
        levels: level_choices(ask, scope.code, view.level),
        scopes: scope_choices(ask, scope.code),
        figure: atlas::figure(ask, &view)?,
        table: table.sort(ask, &atlas::address("/peta", ask, &view))?,
    };
    Ok(Answer::page(&page)?)
}

/// The same map as a file that stands alone.
pub(in crate::web) fn svg(ask: &Ask) -> Result<Answer, Fault> {
    let (_, view) = view(ask)?;
    let manifest = ask.release.manifest();
    let name = format!(
        "tepat_peta_{}_{}_{}_{}.svg",
        view.scope,
        view.level.slug(),
        manifest.period,
        manifest.id
    );
    Ok(Answer::new("image/svg+xml", atlas::standalone(ask, &view)?).save_as(name))
}

fn view(ask: &Ask) -> Result<(&'static Region, View), Fault> {
    let scope = ask.scope()?;
    let level = ask.level(scope.code, default_level(ask, scope.code)?)?;
    let survey = ask.query("indikator") == Some(SURVEY);
    if survey && !matches!(level, Level::Provinsi | Level::Kabupaten) {
        return Err(bad("tingkat", level.slug(), &["provinsi", "kabupaten"]));
    }
    let measure = if survey {
        Measure::Survey
    } else {
        Measure::Indicator(ask.indicator(IndicatorId::ExtremeRate)?)
    };
    Ok((scope, View { scope: scope.code, level, measure, highlighted: None }))
}
