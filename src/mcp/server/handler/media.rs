//! Reading `wecom-media://`: files that a client was given as resources.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::ErrorData;
use rmcp::model::{CacheScope, ReadResourceResult, ResourceContents};

use super::cache;
use super::resources::not_found;
use crate::files::{MediaStore, MediaUri};
use crate::mcp::credentials::Credential;

/// Scheme of the addresses.
pub(super) const SCHEME: &str = "wecom-media://";

/// Bytes of a file that is read over the protocol: it travels as base64 in one message.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// # Errors
/// There is no such file for this credential; a file of somebody else is none.
pub(super) async fn read(
    media: Option<&MediaStore>,
    credential: &Credential,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    let (Some(media), Ok(address)) = (media, uri.parse::<MediaUri>()) else {
        return Err(not_found(uri));
    };
    let found = media
        .open(&address, credential.identity())
        .await
        .map_err(|_| not_found(uri))?;
    if found.size > MAX_BYTES {
        return Err(ErrorData::internal_error(
            format!(
                "the file has {} bytes, of which at most {MAX_BYTES} can be read at once",
                found.size
            ),
            None,
        ));
    }
    let content_type = found.content_type;
    let mut file = found.file;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        (&mut file).take(MAX_BYTES).read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    });
    let Ok(Ok(bytes)) = reading.await else {
        return Err(ErrorData::internal_error("the file can't be read", None));
    };
    let contents = match String::from_utf8(bytes) {
        Ok(text) if content_type.starts_with("text/") => ResourceContents::text(text, uri),
        Ok(text) => ResourceContents::blob(STANDARD.encode(text), uri),
        Err(other) => ResourceContents::blob(STANDARD.encode(other.as_bytes()), uri),
    };
    Ok(
        ReadResourceResult::new(vec![contents.with_mime_type(content_type)])
            .with_ttl_ms(cache::NEVER_MS)
            .with_cache_scope(CacheScope::Private),
    )
}
