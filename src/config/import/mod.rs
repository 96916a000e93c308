//! Moving in from an `openclaw.json`: what of it this program uses, in its own words, put
//! where nothing stands yet. The file itself is never changed.

mod foreign;
mod join;
mod select;

use std::path::PathBuf;

use serde_json::Value;

use super::Environment;
use super::edit::{Operation, ValueError, from_json5};
use super::path::ConfigPath;

pub use foreign::Rewrite;

/// How to import.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Rewrite the shapes of other plugins.
    pub fix: bool,
    /// Where both files have a value, take the imported one.
    pub overwrite: bool,
}

/// What an import does.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Import {
    /// The changes of our file.
    pub operations: Vec<Operation>,
    /// Keys that are taken over.
    pub taken: Vec<ConfigPath>,
    /// Keys that differ in both files.
    pub conflicts: Vec<ConfigPath>,
    /// Shapes of other plugins that were rewritten.
    pub rewritten: Vec<Rewrite>,
    /// Keys with a meaning that this program has nothing for; left out when fixing.
    pub unsupported: Vec<ConfigPath>,
    /// Keys of the sections taken over that this program does not use.
    pub left_out: Vec<ConfigPath>,
}

/// Where OpenClaw keeps its configuration. `None` without a home directory.
pub fn openclaw_config_path(environment: &Environment) -> Option<PathBuf> {
    if let Some(path) = environment.variable("OPENCLAW_CONFIG_PATH") {
        return Some(environment.expand_tilde(path));
    }
    let state = environment
        .variable("OPENCLAW_STATE_DIR")
        .or_else(|| environment.variable("CLAWDBOT_STATE_DIR"));
    let state = match state {
        Some(state) => environment.expand_tilde(state),
        None => environment
            .variable("OPENCLAW_HOME")
            .map(|home| environment.expand_tilde(home))
            .or_else(|| environment.home_dir().map(PathBuf::from))?
            .join(".openclaw"),
    };
    Some(state.join("openclaw.json"))
}

/// Works out an import of `source`, an OpenClaw configuration with its includes, into
/// `current`, the file as it is. `None`: there is nothing about WeCom in it.
///
/// # Errors
///
/// A mask stands in the place of a value: the file is a printout, not the file.
pub fn import(
    source: &Value,
    current: &Value,
    options: ImportOptions,
) -> Result<Option<Import>, ValueError> {
    let mut import = Import::default();
    let Some(mut selected) = select::select(source, &mut import.left_out) else {
        return Ok(None);
    };
    if options.fix {
        foreign::rewrite(&mut selected, &mut import);
    }
    let selected = typed(&selected)?;
    join::join(current, &selected, options.overwrite, &mut import);
    Ok(Some(import))
}

/// Works out how to rewrite the shapes of other plugins in our own file.
pub fn fix_in_place(current: &Value) -> Result<Import, ValueError> {
    let mut import = Import::default();
    let mut fixed = current.clone();
    foreign::rewrite(&mut fixed, &mut import);
    join::replace(current, &typed(&fixed)?, &mut import);
    Ok(import)
}

/// The value as the schema reads it: text keys hold texts, however they were written.
fn typed(value: &Value) -> Result<Value, ValueError> {
    from_json5(&ConfigPath::default(), &value.to_string())
}

#[cfg(test)]
mod tests;
