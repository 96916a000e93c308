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
mod suggested;
mod sweep;
mod writing;

pub use error::{FileError, StoreError};
pub use grant::FileGrant;
pub use kind::{
    HEAD_BYTES, by_content, extension, extension_of, image_type, is_recognisable, is_text,
    named_type, sniff, stated_type,
};
pub use name::{MAX_NAME_BYTES, original, sanitise, usable, with_extension};
pub use open::{FileId, OpenedFile};
pub use roots::FileRoots;
pub use scope::{MediaScope, MediaUri, NotAMediaUri, StoredId};
pub use store::{MediaStore, Stored, StoredFile};
pub use suggested::{disposition_name, suggested_name};
pub use writing::{MAX_FILE_BYTES, Measured, Measures, Unclaimed, Writing, sha256};
