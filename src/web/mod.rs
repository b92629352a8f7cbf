//! The pages: an actix-web server, in Indonesian, complete without JavaScript. What was typed
//! becomes an [`ask::Ask`], a page turns it into an [`answer::Answer`], the dispatcher in
//! [`routes`] sends it. No figure is read past `disclosure::Release`.

mod answer;
mod ask;
mod assets;
mod atlas;
mod compare;
mod door;
mod fault;
mod form;
mod frame;
mod guard;
mod pages;
mod past;
mod routes;
mod rules;
mod server;
mod settings;
mod shelf;
mod site;
mod table;
mod timeline;

pub use routes::rules;
pub use rules::RouteRule;
pub use server::serve;
pub use settings::{Settings, SettingsError};
pub use site::{Gate, Site, SiteError, SnapshotSource, SourceError};
