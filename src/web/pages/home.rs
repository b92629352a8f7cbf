//! The nation, or the way to one's own region: what the registries cover, the survey's figures, the map and the provinces with data.

use askama::Template;

use super::{region_table, shown};
use crate::domain::{IndicatorId, Level, RegionCode};
use crate::labels;
use crate::web::answer::Answer;
use crate::web::ask::Ask;
use crate::web::atlas::{self, Figure, Measure, View};
use crate::web::compare::Pairs;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Link, Section, region_href};
use crate::web::table::Table;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    families: String,
    population: String,
    extreme_rate: String,
    extreme_persons: String,
    headcount: String,
    without: String,
    n_provinces: usize,
    provinces: String,
    dukcapil: String,
    pairs: Pairs,
    figure: Option<Figure>,
    table: Table,
}

pub(in crate::web) fn show(ask: &Ask) -> Result<Answer, Fault> {
    let nation = RegionCode::NATION;
    if !ask.sees(nation) {
        return Ok(Answer::go_to(region_href(ask.home())));
    }
    let (catalog, manifest) = (ask.catalog(), ask.release.manifest());
    let view = View {
        scope: nation,
        level: Level::Provinsi,
        measure: Measure::Indicator(IndicatorId::ExtremeRate),
        highlighted: None,
    };
    let table = region_table(ask, (nation, Level::Provinsi), &super::SHOWN, false);
    let names: Vec<String> = manifest.provinces.iter().map(|code| catalog.name(*code)).collect();
    let page = HomePage {
        frame: Frame::new(ask, Section::Home, vec![Link::new("/", "Indonesia").here(true)]),
        families: shown(ask, nation, IndicatorId::Families),
        population: shown(ask, nation, IndicatorId::Population),
        extreme_rate: shown(ask, nation, IndicatorId::ExtremeRate),
        extreme_persons: shown(ask, nation, IndicatorId::ExtremePersons),
        headcount: shown(ask, nation, IndicatorId::Headcount),
        without: shown(ask, nation, IndicatorId::ProgrammesPerFamily(0)),
        n_provinces: names.len(),
        provinces: names.join(", "),
        dukcapil: catalog
            .get(nation)
            .and_then(|region| region.registered_population)
            .map_or_else(|| labels::NO_DATA.to_owned(), labels::integer),
        pairs: Pairs::of(ask, nation),
        figure: atlas::figure(ask, &view)?,
        table: table.sort(ask, "/")?,
    };
    Ok(Answer::page(&page)?)
}
