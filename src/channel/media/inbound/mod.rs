//! What people send: fetched, decrypted, named, kept.
//!
//! ```text
//! MediaRef ─► GuardedClient ─► Unsealer ─► MediaStore ─► Attachment
//!  url, key    bytes, capped    plain       0600, on the     path, name,
//!                               bytes       chat's shelf     type
//! ```
//!
//! [`Fetcher`] does all of it piece by piece: neither the ciphertext nor the file is ever in
//! memory as a whole. Addresses are valid for five minutes after the push, so the fetching
//! belongs before any waiting.

mod cipher;
mod content;
mod error;
mod fetcher;
mod sink;
mod slots;
mod uploads;

pub use cipher::{DecryptError, KeyError, MediaKey, Unsealer};
pub use error::{Cause, FetchError};
pub use fetcher::{FetchLimits, Fetcher, Wanted, WantedMedia};
pub use slots::DownloadSlots;
