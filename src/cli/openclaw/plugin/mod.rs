//! The connector plugin as it is written to disk: the embedded files, and what is made for
//! this very program, so that neither the tool nor the schema can be stale.

mod embedded;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::schema;
use crate::mcp::tool::definition;
use crate::skills::Skills;

/// The plugin's id, and the channel's.
pub(super) const ID: &str = "wecom";
/// The tool that it registers.
pub(super) const TOOL: &str = "wecom_mcp";
/// The version that this program writes.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

const MANIFEST: &str = "openclaw.plugin.json";
const PACKAGE: &str = "package.json";

/// The plugin's folder could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the plugin to {path}: {source}", path = path.display())]
pub(super) struct PluginError {
    path: std::path::PathBuf,
    source: io::Error,
}

/// Every file of the plugin but its skills: name and contents.
pub(super) fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files: Vec<(&str, Vec<u8>)> = embedded::FILES
        .iter()
        .map(|(name, bytes)| (*name, made(name, bytes)))
        .collect();
    files.push(("spec.js", spec().into_bytes()));
    files
}

/// Writes the plugin to `folder`, whole or not at all: it is made beside its place and moved
/// into it. Says whether something is different from before.
///
/// # Errors
/// The disk refuses.
pub(super) fn write(folder: &Path) -> Result<bool, PluginError> {
    let failed = |source| PluginError {
        path: folder.to_path_buf(),
        source,
    };
    let root = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(root).map_err(failed)?;
    let aside = tempfile::Builder::new()
        .prefix(".plugin-")
        .tempdir_in(root)
        .map_err(failed)?;
    let (fresh, old) = (aside.path().join("new"), aside.path().join("old"));
    fill(&fresh).map_err(failed)?;
    if is_same(&fresh, folder).unwrap_or(false) {
        return Ok(false);
    }
    let replaces = folder.exists();
    if replaces {
        fs::rename(folder, &old).map_err(failed)?;
    }
    fs::rename(&fresh, folder)
        .inspect_err(|_| {
            if replaces {
                // The error that is reported is the first one.
                fs::rename(&old, folder).ok();
            }
        })
        .map_err(failed)?;
    Ok(true)
}

/// The version of the plugin in a folder; `None` if there is none.
pub(super) fn version_of(folder: &Path) -> Option<String> {
    let text = fs::read_to_string(folder.join(PACKAGE)).ok()?;
    let package: Value = serde_json::from_str(&text).ok()?;
    Some(package.get("version")?.as_str()?.to_owned())
}

/// Whether the folder holds what this program would write.
pub(super) fn is_current(folder: &Path) -> bool {
    files()
        .iter()
        .all(|(name, bytes)| fs::read(folder.join(name)).is_ok_and(|there| there == *bytes))
}

fn fill(folder: &Path) -> io::Result<()> {
    for (name, bytes) in files() {
        put(&folder.join(name), &bytes)?;
    }
    for skill in Skills::built_in().iter() {
        let place = folder.join("skills").join(skill.name());
        for file in skill.files() {
            put(&place.join(file.path()), file.bytes())?;
        }
    }
    open_to_readers(folder)
}

fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.sync_all()
}

/// Folders are open to readers whatever the umask says: the gateway may run as another user.
fn open_to_readers(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_to_readers(&entry.path())?;
        }
    }
    Ok(())
}

/// Whether two folders hold the same.
fn is_same(a: &Path, b: &Path) -> io::Result<bool> {
    let names = |folder: &Path| -> io::Result<Vec<_>> {
        let mut names = fs::read_dir(folder)?
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    let listed = names(a)?;
    if listed != names(b)? {
        return Ok(false);
    }
    for name in listed {
        let (one, other) = (a.join(&name), b.join(&name));
        let same = if one.is_dir() {
            other.is_dir() && is_same(&one, &other)?
        } else {
            fs::read(&one)? == fs::read(&other)?
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

/// An embedded file as it is written: the manifests carry our version and the schema.
fn made(name: &str, bytes: &[u8]) -> Vec<u8> {
    if name != MANIFEST && name != PACKAGE {
        return bytes.to_vec();
    }
    let Ok(mut manifest) = serde_json::from_slice::<Value>(bytes) else {
        return bytes.to_vec();
    };
    put_at(&mut manifest, "/version", json!(VERSION));
    put_at(
        &mut manifest,
        "/channelConfigs/wecom/schema",
        channel_schema(),
    );
    format!("{manifest:#}\n").into_bytes()
}

/// Replaces a value that is there.
fn put_at(value: &mut Value, pointer: &str, new: Value) {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = new;
    }
}

/// OpenClaw refuses to start with a section that does not fit the schema; a newer key must
/// not do that.
fn channel_schema() -> Value {
    let mut schema = schema::channel_schema();
    if let Some(members) = schema.as_object_mut() {
        members.insert("additionalProperties".to_owned(), json!(true));
    }
    schema
}

/// What the plugin announces, as a module of its own.
fn spec() -> String {
    let tool = definition();
    let announced = json!({
        "name": tool.name,
        "label": tool.title,
        "description": tool.description,
        "parameters": tool.input_schema,
    });
    format!(
        "/** Written by `wecom openclaw setup`; it writes it again after an update. */\n\n\
         export const VERSION = {VERSION:?};\n\nexport const TOOL = {announced:#};\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        let files = files();
        let (_, bytes) = files.iter().find(|(file, _)| *file == name).unwrap();
        String::from_utf8(bytes.clone()).unwrap()
    }

    #[test]
    fn the_manifest_has_our_version_and_the_real_schema() {
        let manifest: Value = serde_json::from_str(&text(MANIFEST)).unwrap();
        assert_eq!(manifest["version"], VERSION);
        assert_eq!(manifest["id"], ID);
        assert_eq!(manifest["contracts"]["tools"], json!([TOOL]));
        let schema = &manifest["channelConfigs"]["wecom"]["schema"];
        assert_eq!(schema["additionalProperties"], true);
        assert!(schema["properties"]["botId"].is_object());
        assert!(
            !schema.to_string().contains("\"$ref\""),
            "it stands by itself"
        );
        assert!(
            !schema.to_string().contains("\"x-"),
            "it has no keywords of ours"
        );
        let package: Value = serde_json::from_str(&text(PACKAGE)).unwrap();
        assert_eq!(package["version"], VERSION);
    }

    #[test]
    fn the_tool_is_announced_as_it_is() {
        let spec = text("spec.js");
        let (_, tool) = spec.split_once("TOOL = ").unwrap();
        let tool: Value = serde_json::from_str(tool.trim_end().trim_end_matches(';')).unwrap();
        assert_eq!(tool["name"], TOOL);
        assert_eq!(tool["parameters"], definition().input_schema);
        assert_eq!(tool["description"], definition().description);
    }

    #[test]
    fn the_plugin_starts_no_process_and_reads_no_environment() {
        for (name, bytes) in files() {
            let text = String::from_utf8(bytes).unwrap();
            for forbidden in [
                "child_process",
                "process.env",
                "eval(",
                "new WebSocket",
                "console.",
            ] {
                assert!(!text.contains(forbidden), "{name} has {forbidden}");
            }
            let imports = text.lines().filter(|line| line.contains(" from \""));
            for import in imports {
                let own = import.contains("from \"./") || import.contains("from \"node:");
                assert!(own, "{name}: {import}");
            }
        }
    }

    #[test]
    fn it_is_written_once_and_repaired_when_touched() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("openclaw/wecom");
        assert!(write(&folder).unwrap());
        assert!(!write(&folder).unwrap());
        assert!(is_current(&folder));
        assert_eq!(version_of(&folder).as_deref(), Some(VERSION));
        assert!(folder.join("skills/wecom-msg/SKILL.md").is_file());
        let mode = fs::metadata(folder.join("index.js"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o644);
        fs::write(folder.join("link.js"), "changed").unwrap();
        assert!(!is_current(&folder));
        assert!(write(&folder).unwrap());
        assert!(is_current(&folder));
        let beside = fs::read_dir(home.path().join("openclaw")).unwrap().count();
        assert_eq!(beside, 1, "nothing is left beside it");
    }
}
