//! How long answers stay fresh, for whom, and the one page that every list has.

use rmcp::ErrorData;
use rmcp::model::{CacheScope, PaginatedRequestParams};
use serde_json::json;

use crate::mcp::credentials::Credential;
use crate::skills::LiveSkills;

/// What changes with a new version of the program or of its configuration only.
pub(super) const STATIC_MS: u64 = 60 * 60 * 1_000;

/// What is different the next time.
pub(super) const NEVER_MS: u64 = 0;

/// Lists of skills, where files are watched.
const WATCHED_MS: u64 = 0;

pub(super) fn skills_ms(skills: &LiveSkills) -> u64 {
    if skills.can_change() {
        WATCHED_MS
    } else {
        STATIC_MS
    }
}

/// A credential with bounds is shown a list of its own.
pub(super) fn scope(credential: &Credential) -> CacheScope {
    if credential.is_bounded() {
        CacheScope::Private
    } else {
        CacheScope::Public
    }
}

/// # Errors
/// There is one page, and so no cursor that we could have given.
pub(super) fn only_page(request: Option<&PaginatedRequestParams>) -> Result<(), ErrorData> {
    no_cursor(request.and_then(|request| request.cursor.as_deref()))
}

/// # Errors
/// As [`only_page`].
pub(super) fn no_cursor(cursor: Option<&str>) -> Result<(), ErrorData> {
    match cursor {
        None => Ok(()),
        Some(_) => Err(ErrorData::invalid_params(
            "unknown cursor: there is one page only",
            Some(json!({ "parameter": "cursor" })),
        )),
    }
}
