//! The other plugin for the channel, `@wecom/wecom-openclaw-plugin`: two owners of one channel
//! compete.

use std::path::Path;

use serde_json::Value;

/// Its id in `plugins.entries`.
pub(super) const ID: &str = "wecom-openclaw-plugin";

/// Whether OpenClaw would load it: an entry that is not switched off, a path that leads to it,
/// or a copy where OpenClaw installs plugins and no entry.
pub(super) fn is_enabled(config: &Value, state_dir: &Path) -> bool {
    let allowed = config.pointer("/plugins/allow").and_then(Value::as_array);
    if allowed.is_some_and(|allowed| !allowed.iter().any(|id| id == ID)) {
        return false;
    }
    match config.pointer(&format!("/plugins/entries/{ID}")) {
        Some(entry) => entry.get("enabled") != Some(&Value::Bool(false)),
        None => is_on_a_path(config) || is_installed(state_dir),
    }
}

fn is_on_a_path(config: &Value) -> bool {
    let paths = config.pointer("/plugins/load/paths");
    let mut paths = paths.and_then(Value::as_array).into_iter().flatten();
    paths.any(|path| path.as_str().is_some_and(|path| path.contains(ID)))
}

fn is_installed(state_dir: &Path) -> bool {
    [
        format!("extensions/{ID}"),
        format!("npm/node_modules/@wecom/{ID}"),
    ]
    .iter()
    .any(|place| state_dir.join(place).exists())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_entry_decides_and_without_one_what_is_on_the_disk() {
        let empty = tempfile::tempdir().unwrap();
        let installed = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(installed.path().join("extensions").join(ID)).unwrap();
        let with = |entry: Value| json!({"plugins": {"entries": {ID: entry}}});
        let on_path = json!({"plugins": {"load": {"paths": ["/x/wecom-openclaw-plugin"]}}});
        let not_allowed = json!({"plugins": {"allow": ["wecom"], "entries": {ID: {}}}});
        for (config, state, expected) in [
            (json!({}), &empty, false),
            (json!({}), &installed, true),
            (with(json!({})), &empty, true),
            (with(json!({"enabled": true})), &empty, true),
            (with(json!({"enabled": false})), &installed, false),
            (on_path, &empty, true),
            (not_allowed, &installed, false),
        ] {
            assert_eq!(is_enabled(&config, state.path()), expected, "{config}");
        }
    }
}
