//! Lists the files of `skills/` and `openclaw/` for the program to embed
//! (`src/skills/embedded.rs`, `src/cli/openclaw/plugin/embedded.rs`).
//!
//! A list made here notices added and removed files; it holds no contents, so a changed
//! file is noticed by the compiler itself. Whether the skills are good is for tests to say.

use std::fmt::Write as _;
use std::io::{Error, Result};
use std::path::{Path, PathBuf};

fn main() -> Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("skills");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    for folder in entries(&root)? {
        if root.join(&folder).is_dir() {
            add(&root, &folder, &mut list)?;
        }
    }
    list.push_str("]\n");
    let out = PathBuf::from(variable("OUT_DIR")?);
    std::fs::write(out.join("skills.rs"), list)?;
    std::fs::write(out.join("plugin.rs"), plugin()?)
}

/// The plugin's files; its tests lie in a folder below and stay outside.
fn plugin() -> Result<String> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("openclaw");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    for name in entries(&root)? {
        if root.join(&name).is_file() {
            add(&root, &name, &mut list)?;
        }
    }
    list.push_str("]\n");
    Ok(list)
}

/// Adds the files below `path`, a path relative to `root` with `/` between its parts.
fn add(root: &Path, path: &str, list: &mut String) -> Result<()> {
    let whole = root.join(path);
    if !whole.is_dir() {
        let whole = whole.display().to_string();
        return writeln!(list, "    ({path:?}, include_bytes!({whole:?})),").map_err(Error::other);
    }
    println!("cargo:rerun-if-changed={}", whole.display());
    for name in entries(&whole)? {
        add(root, &format!("{path}/{name}"), list)?;
    }
    Ok(())
}

/// Names in a directory, in order, without those that begin with a dot.
fn entries(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let name = entry?.file_name().into_string().map_err(|name| {
            Error::other(format!("{} is no UTF-8 name", Path::new(&name).display()))
        })?;
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|error| Error::other(format!("{name}: {error}")))
}
