//! The pages: an actix-web server, in Indonesian, complete without JavaScript. What was typed
//! becomes an [`ask::Ask`], a page turns it into an [`answer::Answer`], the dispatcher in
//! [`routes`] sends it. No figure is read past `disclosure::Release`.

mod answer;
mod ask;
mod assets;
mod atlas;
mod compare;
mod fault;
mod frame;
mod guard;
mod pages;
mod past;
mod routes;
mod server;
mod shelf;
mod site;
mod table;
mod timeline;

pub use server::serve;
pub use site::{Site, SiteError, SnapshotSource, SourceError};
