//! Self-built apps: the service's HTTP API under `/cgi-bin/`.
//!
//! Tokens, messages to members, departments and tags, chats of an app, files both ways and
//! changes of cards. What arrived is kept for tests to look at; what goes wrong is set by
//! them. Rules are pure functions over [`Apps`]; [`serve`] alone knows HTTP.

mod acting;
mod call;
mod card;
mod fault;
mod form;
mod handle;
mod id;
mod journal;
mod media;
mod member;
mod message;
mod recipients;
mod refusal;
mod routes;
mod saying;
mod seed;
mod serve;
mod state;
mod token;

pub use fault::{ApiFault, ApiFaultKind};
pub use handle::AppsHandle;
pub use id::{AppId, BadAppName};
pub use journal::{ApiCall, AppEntry, AppUpload};
pub use media::MemberFile;
pub use member::{AppMember, AppSaid};
pub use seed::SeedApp;

pub(super) use routes::router;
pub(super) use serve::serve;
pub(super) use state::Apps;
