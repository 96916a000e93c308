//! What surrounds one use of the tool.

use std::sync::Arc;

use super::{Confirm, NobodyToAsk, Scope};
use crate::files::FileGrant;
use crate::identity::Identity;
use crate::interceptors::{Delivery, Progress};

/// For whom the tool is used and within which bounds: everything that a model has no say
/// in.
#[derive(Debug, Clone)]
pub struct CallContext {
    /// Account, member and chat.
    pub identity: Arc<Identity>,
    /// How files reach the caller.
    pub delivery: Delivery,
    /// Local files that arguments may name.
    pub files: Arc<FileGrant>,
    /// Where steps are told to.
    pub progress: Progress,
    /// What the credential may do.
    pub scope: Arc<Scope>,
    /// Who is asked before something destructive, where the account wants that.
    pub confirm: Arc<dyn Confirm>,
    /// The server's result untouched, in the place of ours. For the operator.
    pub raw: bool,
}

impl CallContext {
    /// Acts for `identity`, which may do everything, with nobody to ask, no local files,
    /// and files in the answer itself.
    pub fn new(identity: Arc<Identity>) -> Self {
        Self {
            identity,
            delivery: Delivery::Inline,
            files: Arc::default(),
            progress: Progress::silent(),
            scope: Arc::default(),
            confirm: Arc::new(NobodyToAsk),
            raw: false,
        }
    }
}
