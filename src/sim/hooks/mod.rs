//! The service calls: callbacks of bots that have a webhook, and of self-built apps.
//!
//! ```text
//! world ──► HookQueue ──► run ──► call: seal, post, repeat ──► answer ──► world
//!                                                     └─► poll, until the stream ends
//! ```
//!
//! The envelope is the simulator's own: nothing is shared with the code that is called.

mod call;
mod document;
mod envelope;
mod fault;
mod handle;
mod hook;
mod journal;
mod owner;
mod queue;
mod routes;
mod run;
mod sealed;
mod seed;
mod state;
mod wire;

pub use fault::{HookFault, HookFaultKind};
pub use handle::HooksHandle;
pub use journal::{HookAttempt, HookCall};
pub use owner::{BadOwnerName, HookOwner};
pub use seed::Webhook;

pub(super) use document::Document;
pub(super) use fault::POLL;
pub(super) use hook::Hook;
pub(super) use queue::{HookJob, HookQueue, jobs};
pub(super) use routes::router;
pub(super) use run::run;
pub(super) use seed::NewWebhook;
pub(super) use state::Hooks;
pub(super) use wire::Wire;
