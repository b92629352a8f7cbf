//! The pages: an actix-web server, in Indonesian, complete without JavaScript. What was typed
//! becomes an [`ask::Ask`], a page turns it into an [`answer::Answer`], the dispatcher in
//! [`routes`] sends it. No figure is read past `disclosure::Release`.

mod answer;
mod ask;
mod assets;
mod atlas;
mod compare;
mod connections;
mod door;
mod fault;
mod form;
mod frame;
mod guard;
mod limits;
mod metrics;
mod operation;
mod pages;
mod past;
mod proxy;
mod routes;
mod rules;
mod sent;
mod server;
mod settings;
mod shelf;
mod site;
mod table;
mod timeline;
mod tls;
mod vault;

pub use limits::Limits;
pub use operation::{LogFormat, Operation};
pub use proxy::{Proxies, ProxyHeader};
pub use routes::rules;
pub use rules::RouteRule;
pub use server::{ServeError, Serving, serve};
pub use settings::{Settings, SettingsError};
pub use site::{Gate, Site, SiteError, SnapshotSource, SourceError};
pub use tls::{TlsError, TlsFiles};
pub use vault::{Vault, log_key, log_of, logged};
