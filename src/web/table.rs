//! A table of regions that is sorted by link: columns, rows and their order. The words of the
//! columns come from room `labels` or from the page's template.

use std::cmp::Ordering;

use askama::Template;

use super::ask::{Ask, Order};
use super::fault::Fault;
use super::frame::{Stamp, region_href};
use crate::disclosure::{Cell, Release};
use crate::domain::{IndicatorId, RegionCode};
use crate::labels;

/// Rows on one page of a long table.
pub(super) const ROWS_PER_PAGE: usize = 200;

/// What a cell is sorted by; what is missing comes last in either direction.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SortKey {
    Text(String),
    Number(f64),
    Missing,
}

impl SortKey {
    fn compare(&self, other: &Self, descending: bool) -> Ordering {
        let turn = |order: Ordering| if descending { order.reverse() } else { order };
        match (self, other) {
            (Self::Missing, Self::Missing) => Ordering::Equal,
            (Self::Missing, _) => Ordering::Greater,
            (_, Self::Missing) => Ordering::Less,
            (Self::Number(a), Self::Number(b)) => turn(a.total_cmp(b)),
            (Self::Text(a), Self::Text(b)) => turn(a.cmp(b)),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct TableCell {
    pub(super) text: String,
    pub(super) key: SortKey,
    /// Said in the cell beside the figure: the region is flagged.
    pub(super) flag: Option<Flag>,
}

/// Why a rate stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    AboveParent,
    AboveOnePercent,
    Both,
}

impl Flag {
    /// For the extreme-poverty rate: above the rate of the region around, above 1 %.
    pub(super) fn of(rate: Option<f64>, around: Option<f64>) -> Option<Self> {
        let rate = rate?;
        match (around.is_some_and(|around| rate > around), rate > 0.01) {
            (true, true) => Some(Self::Both),
            (true, false) => Some(Self::AboveParent),
            (false, true) => Some(Self::AboveOnePercent),
            (false, false) => None,
        }
    }

    pub(super) fn above_parent(self) -> bool {
        self != Self::AboveOnePercent
    }

    pub(super) fn above_one_percent(self) -> bool {
        self != Self::AboveParent
    }
}

impl TableCell {
    /// A figure of the release, as it may be shown.
    pub(super) fn figure(id: IndicatorId, cell: Cell) -> Self {
        Self {
            text: labels::value(id, cell),
            key: cell.value().map_or(SortKey::Missing, SortKey::Number),
            flag: None,
        }
    }

    pub(super) fn number(text: String, value: Option<f64>) -> Self {
        Self { text, key: value.map_or(SortKey::Missing, SortKey::Number), flag: None }
    }

    pub(super) fn flagged(mut self, flag: Option<Flag>) -> Self {
        self.flag = flag;
        self
    }

    fn missing(&self) -> bool {
        self.key == SortKey::Missing
    }
}

#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Value of `urut=`.
    pub(super) key: String,
    pub(super) head: String,
    pub(super) unit: String,
    pub(super) definition: String,
    /// Set by [`Table::sort`]: the link that sorts by this column.
    href: String,
    sorted: Option<&'static str>,
}

impl Column {
    /// A column that is no measure: its head is in the template, by its key.
    pub(super) fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            head: String::new(),
            unit: String::new(),
            definition: String::new(),
            href: String::new(),
            sorted: None,
        }
    }

    pub(super) fn about(mut self, unit: &str, definition: &str) -> Self {
        unit.clone_into(&mut self.unit);
        definition.clone_into(&mut self.definition);
        self
    }

    /// A column whose words are at hand.
    pub(super) fn headed(key: &str, head: &str) -> Self {
        Self { head: head.to_owned(), ..Self::new(key) }
    }

    pub(super) fn indicator(id: IndicatorId, release: &Release) -> Self {
        let programmes = &release.manifest().programmes;
        let label = labels::indicator(id, programmes);
        let mut column = Self::new(&id.slug(programmes));
        column.head = label.short;
        column.about(label.unit, &label.definition)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) code: RegionCode,
    pub(super) name: String,
    pub(super) href: String,
    pub(super) here: bool,
    pub(super) cells: Vec<TableCell>,
}

impl Row {
    pub(super) fn new(code: RegionCode, name: String, cells: Vec<TableCell>) -> Self {
        Self { code, name, href: region_href(code), here: false, cells }
    }
}

/// One page of a sorted table.
#[derive(Clone, Debug, Template)]
#[template(path = "parts/table.html")]
pub(super) struct Table {
    /// What one row is: the head of the first column.
    pub(super) unit_name: &'static str,
    pub(super) stamp: Stamp,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Row>,
    total: usize,
    page: usize,
    pages: usize,
    /// Address of the page without its order and page number.
    base: String,
    order: Option<Order>,
    name_column: Column,
    /// The region that the rows are in, which the flags compare with.
    around: String,
    /// The region around is the nation, whose figures are those of the provinces with data.
    around_is_nation: bool,
}

/// Key of the column that holds the name.
const NAME: &str = "nama";
/// Key of the code, the natural order.
const CODE: &str = "kode";

impl Table {
    pub(super) fn new(
        ask: &Ask,
        unit_name: &'static str,
        around: RegionCode,
        columns: Vec<Column>,
        rows: Vec<Row>,
    ) -> Self {
        Self {
            unit_name,
            stamp: Stamp::of(&ask.release, around),
            columns,
            total: rows.len(),
            rows,
            page: 1,
            pages: 1,
            base: String::new(),
            order: None,
            name_column: Column::new(NAME),
            around: ask.catalog().name(around),
            around_is_nation: around == RegionCode::NATION,
        }
    }

    /// Orders the rows as the request asks, keeps its page of them and links the columns. `base`
    /// is the page's address with all that must stay in it.
    pub(super) fn sort(mut self, ask: &Ask, base: &str) -> Result<Self, Fault> {
        let mut keys: Vec<String> = self.columns.iter().map(|column| column.key.clone()).collect();
        keys.extend([NAME.to_owned(), CODE.to_owned()]);
        self.order = ask.order(&keys)?;
        if let Some(order) = self.order.clone() {
            self.sort_rows(&order);
        }
        base.clone_into(&mut self.base);
        self.pages = self.total.div_ceil(ROWS_PER_PAGE).max(1);
        self.page = ask.page_number(self.pages)?;
        let start = (self.page - 1) * ROWS_PER_PAGE;
        self.rows = self.rows.into_iter().skip(start).take(ROWS_PER_PAGE).collect();
        self.link_columns();
        Ok(self)
    }

    fn sort_rows(&mut self, order: &Order) {
        let column = self.columns.iter().position(|column| column.key == order.column);
        let key = |row: &Row| match column {
            Some(index) => row.cells.get(index).map_or(SortKey::Missing, |cell| cell.key.clone()),
            None if order.column == NAME => SortKey::Text(row.name.to_lowercase()),
            None => SortKey::Text(row.code.to_string()),
        };
        // Stable: rows that are equal keep the order of their codes.
        self.rows.sort_by(|a, b| key(a).compare(&key(b), order.descending));
    }

    fn link_columns(&mut self) {
        let order = self.order.clone();
        let base = self.base.clone();
        let name = std::iter::once(&mut self.name_column);
        for column in self.columns.iter_mut().chain(name) {
            let current = order.as_ref().filter(|order| order.column == column.key);
            column.sorted = current.map(|o| if o.descending { "descending" } else { "ascending" });
            // Numbers are first asked for from the top, names from A.
            let descending = current.map_or(column.key != NAME, |current| !current.descending);
            column.href = ordered(&base, &column.key, descending);
        }
    }

    /// Links to the pages of a long table: number, address, current.
    fn page_links(&self) -> Vec<(usize, String, bool)> {
        let base = self.order.as_ref().map_or_else(
            || self.base.clone(),
            |order| ordered(&self.base, &order.column, order.descending),
        );
        (1..=self.pages)
            .map(|page| (page, with(&base, "halaman", &page.to_string()), page == self.page))
            .collect()
    }

    fn has_flags(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.flag.is_some())
    }
}

fn ordered(base: &str, column: &str, descending: bool) -> String {
    let direction = if descending { "turun" } else { "naik" };
    with(&with(base, "urut", column), "arah", direction)
}

/// An address with one more query field; values are slugs and codes, which need no escaping.
pub(super) fn with(base: &str, name: &str, value: &str) -> String {
    let join = if base.contains('?') { '&' } else { '?' };
    format!("{base}{join}{name}={value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_comes_last_in_either_direction() {
        let (number, missing) = (SortKey::Number(1.0), SortKey::Missing);
        for descending in [false, true] {
            assert_eq!(number.compare(&missing, descending), Ordering::Less);
            assert_eq!(missing.compare(&number, descending), Ordering::Greater);
        }
    }

    #[test]
    fn a_rate_is_flagged_against_the_region_around_and_against_one_percent() {
        assert_eq!(Flag::of(Some(0.02), Some(0.01)), Some(Flag::Both));
        assert_eq!(Flag::of(Some(0.02), Some(0.03)), Some(Flag::AboveOnePercent));
        assert_eq!(Flag::of(Some(0.005), Some(0.001)), Some(Flag::AboveParent));
        assert_eq!(Flag::of(Some(0.005), None), None);
        assert_eq!(Flag::of(None, Some(0.1)), None);
    }
}
