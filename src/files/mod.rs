//! Local files that a model may name, and the store of files that a model is given.
//!
//! [`FileRoots::open_then`] is the one place that decides whether a path from outside is
//! read. [`MediaStore`] keeps what WeCom's servers send, each chat's apart from the others'.

mod error;
mod grant;
mod kind;
mod name;
mod open;
mod path;
mod roots;
mod scope;
mod store;
mod sweep;
mod writing;

pub use error::{FileError, StoreError};
pub use grant::FileGrant;
pub use kind::{HEAD_BYTES, image_type, is_text, sniff};
pub(crate) use kind::{extension, extension_of};
pub use name::sanitise;
pub use open::{FileId, OpenedFile};
pub use roots::FileRoots;
pub use scope::{MediaScope, MediaUri, NotAMediaUri, StoredId};
pub use store::{MediaStore, Stored, StoredFile};
pub use writing::{MAX_FILE_BYTES, Measured, Measures, Unclaimed, Writing, sha256};
