//! Dates as registries write them.

use crate::domain::BirthDate;
use crate::sources::layout::DateForm;

/// Reads `2001-12-31`, `31/12/2001`, `31-12-2001` or `31.12.2001`, a time of day behind it ignored.
/// Which part is the year is seen from its four digits; `form` is what the layout promises and
/// decides nothing where the text is plain, but a two-digit year is refused.
pub fn parse_date(text: &str, form: DateForm) -> Option<BirthDate> {
    let date = text.split([' ', 'T']).next()?;
    let mut parts = date.split(['-', '/', '.']);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let year_first = match (a.len(), c.len()) {
        (4, 4) => form == DateForm::Iso,
        (4, _) => true,
        (_, 4) => false,
        _ => return None,
    };
    let (year, day) = if year_first { (a, c) } else { (c, a) };
    BirthDate::new(year.parse().ok()?, b.parse().ok()?, day.parse().ok()?)
}
