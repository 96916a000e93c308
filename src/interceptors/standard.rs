//! The list.

use std::path::PathBuf;
use std::sync::Arc;

use super::{
    AuthCards, BizError, DocAuthError, FileConsent, FilesOut, Interceptor, Limits, Media,
    SmartpageCreate, SmartpageExport, SmartsheetUpload, Spill, Validate,
};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::files::MediaStore;

/// What the interceptors work with.
#[derive(Debug)]
pub struct StandardParts {
    /// Settings of the accounts.
    pub config: LiveConfig,
    /// What time it is.
    pub clock: SharedClock,
    /// Where contents that became files are kept.
    pub media: MediaStore,
    /// What `~/` means in a path that a model names.
    pub user_home: Option<PathBuf>,
    /// Who is asked before a file leaves.
    pub consent: Arc<dyn FileConsent>,
    /// Sends authorisation cards.
    pub cards: Arc<dyn AuthCards>,
}

/// Every interceptor in its place, outermost first.
pub fn standard(parts: StandardParts) -> Vec<Arc<dyn Interceptor>> {
    let StandardParts {
        config,
        clock,
        media,
        user_home,
        consent,
        cards,
    } = parts;
    let files_out = FilesOut::new(config.clone(), media.clone(), user_home, consent);
    vec![
        // Counts and times everything, so nothing is outside of it.
        Arc::new(Limits::new()),
        // Nothing is read, uploaded or sent for arguments that would be refused.
        Arc::new(Validate::new(clock)),
        // Files become arguments: in no particular order, each has a method of its own.
        Arc::new(SmartsheetUpload::new(files_out.clone())),
        Arc::new(SmartpageExport::new(media.clone())),
        Arc::new(Spill::new(media.clone(), config.clone())),
        Arc::new(SmartpageCreate::new(files_out)),
        Arc::new(Media::new(media)),
        // After biz-error had its try with a fresh key: a mere stale one troubles nobody.
        Arc::new(DocAuthError::new(cards, config)),
        // Innermost: its repeat repeats the request, never an upload or a read.
        Arc::new(BizError),
    ]
}
