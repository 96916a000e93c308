//! Local files that a model may name, and the store of files that a model is given.

mod grant;

pub use grant::FileGrant;
