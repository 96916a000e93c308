//! Callbacks: what WeCom posts to an address of ours.
//!
//! Bots and agent apps use the same envelope. A request's query carries a signature, a
//! timestamp and a nonce; its body, or the `echostr` of the check that the admin console makes
//! when the address is saved, is AES-256-CBC under the key of the console. Nothing in here
//! opens a connection or decides anything: texts go in, values and errors come out.
//!
//! ```text
//! query ──► CallbackQuery ─┐
//! body ───► sealed text ───┴► CallbackCipher::verify ──► open ──► JSON: a frame of the bot
//!                                                              └► XML: AppCallback
//! ```

mod app;
mod cipher;
mod envelope;
mod query;
mod signature;
mod xml;

pub use app::{AppCallback, AppContent, AppEvent, AppMessageError};
pub use cipher::{CallbackCipher, OpenError};
pub use envelope::{EnvelopeError, reply_json, reply_xml, sealed_json, sealed_xml};
pub use query::{CallbackQuery, QueryError};
pub use signature::Signature;
pub use xml::{Element, XmlError};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
