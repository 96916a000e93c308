//! Finding what a reference inside a schema means.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// What `#/a/b` means in `root`: `~0`, `~1` and `%xx` are read as the standards say. Nothing
/// for any other form, and nothing for `#`, which would be the whole inside itself.
pub(super) fn resolve<'v>(root: &'v Value, reference: &str) -> Option<&'v Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() {
        return None;
    }
    root.pointer(&percent_decode_str(pointer).decode_utf8().ok()?)
}
