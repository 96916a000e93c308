//! The HTTP API of a self-built app (自建应用): messages to members, departments and tags,
//! into chats of the app, files both ways, and changes of cards.
//!
//! ```text
//! ApiClient ─► tokens (one request for many callers) ─► attempt ─► tries ─► answer
//!                                                       (HTTP)   (again?)
//! ```
//!
//! Every call has a deadline and says in its error whether it may have taken effect:
//! [`ApiError::may_have_arrived`]. A message that may have arrived is never sent again.
//! Neither the app's secret nor a token is in an error, a log line or a `Debug` text.

mod answer;
mod attempt;
mod body;
mod card;
mod client;
mod code;
mod download;
mod error;
mod media;
mod message;
mod multipart;
mod recipients;
mod settings;
mod tags;
mod token;
mod tries;

pub use answer::{InvalidRecipients, Sent};
pub use body::{APP_TEXT_BYTES, AppBody, TextCard, Unsendable};
pub use card::{CardChange, CardUpdate};
pub use client::ApiClient;
pub use code::{ApiCode, CodeClass};
pub use download::ApiDownload;
pub use error::{ApiError, ApiRefusal};
pub use media::{ApiUpload, content_type_of};
pub use message::{AppMessage, ChatMessage};
pub use recipients::{Recipients, RecipientsError};
pub use settings::ApiSettings;
pub use tags::AppTag;
