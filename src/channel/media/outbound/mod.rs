//! What agents send: found in their answers, loaded, measured, uploaded.
//!
//! ```text
//! text ─► directive ─► Reference ─► Loader ─► kind::plan ─► Uploader ─► aibot_send_msg
//!                                   (roots,    (limits,      (wecom::bot)
//!                                    guard)     downgrade)
//! ```
//!
//! [`MediaSender`] goes the whole way and always answers with a [`MediaOutcome`];
//! [`closing_notes`] is what the person in the chat reads of it.

mod amr;
pub mod directive;
mod error;
pub mod kind;
mod load;
mod notes;
mod outcome;
mod reference;
mod remote;
mod send;

pub use error::MediaError;
pub use kind::{Note, Plan, Rejection};
pub use load::{Loaded, Loader};
pub use notes::closing_notes;
pub use outcome::{MediaDelivery, MediaFailure, MediaOutcome, SentMedia};
pub(in crate::channel) use reference::base_name_of;
pub use reference::{Reference, Source};
pub use remote::FetchError;
pub use send::MediaSender;
