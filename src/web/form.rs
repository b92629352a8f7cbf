//! A form that was posted: fields as typed, small, and of this session.

use super::ask::Ask;

/// Bytes of a posted form: the longest has a password, a code and an address in it.
pub(super) const MOST_BYTES: usize = 16 << 10;

/// The hidden field that makes a form one of this session.
pub(super) const TOKEN: &str = "formulir";

/// Fields in the order in which they stand in the form.
#[derive(Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    pub(super) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The first field of that name, as typed.
    pub(super) fn field(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether it carries the token of who asks; at the door, that of the browser.
    pub(super) fn is_of(&self, ask: &Ask) -> bool {
        let brought = self.field(TOKEN);
        let session = ask.viewer.form.as_ref().is_some_and(|form| form.is(brought));
        let door = !ask.viewer.is_signed_in()
            && ask.door.as_ref().is_some_and(|door| door.form().is(brought));
        session || door
    }
}
