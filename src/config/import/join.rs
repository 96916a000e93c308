//! Putting imported values where nothing stands yet.

use serde_json::Value;

use crate::config::edit::{Change, Operation, authored_path, tree};
use crate::config::path::ConfigPath;

use super::Import;

/// Plans to add `imported` to `current`. What differs is a conflict, which `overwrite`
/// decides for the imported value.
pub(super) fn join(current: &Value, imported: &Value, overwrite: bool, import: &mut Import) {
    let join = Join { current, overwrite };
    join.value(&ConfigPath::default(), imported, import);
}

/// Plans to make the channel of `current` the one of `fixed`.
pub(super) fn replace(current: &Value, fixed: &Value, import: &mut Import) {
    let path = ConfigPath::from_keys(["channels", super::select::CHANNEL]);
    if let (Some(old), Some(new)) = (tree::get(current, &path), tree::get(fixed, &path))
        && !tree::equivalent(old, new)
    {
        let change = Change::Set(new.clone());
        import.operations.push(Operation::new(path, change));
    }
}

struct Join<'a> {
    current: &'a Value,
    overwrite: bool,
}

impl Join<'_> {
    fn value(&self, path: &ConfigPath, new: &Value, import: &mut Import) {
        let path = authored_path(path, self.current);
        match (tree::get(self.current, &path), new) {
            (None | Some(Value::Null), Value::Object(members)) if path.segments().len() < 2 => {
                // Named section by section, for the one who reads the list.
                for (key, value) in members {
                    self.value(&path.key(key), value, import);
                }
            }
            (None | Some(Value::Null), new) => {
                import.taken.push(path.clone());
                let change = Change::Set(new.clone());
                import.operations.push(Operation::new(path, change));
            }
            (Some(old), new) if tree::equivalent(old, new) => {}
            (Some(Value::Object(_)), Value::Object(members)) => {
                for (key, value) in members {
                    self.value(&path.key(key), value, import);
                }
            }
            (Some(Value::Array(old)), Value::Array(new)) if path == keys(&["bindings"]) => {
                let missing = new
                    .iter()
                    .filter(|item| !old.iter().any(|old| tree::equivalent(old, item)));
                append(&path, missing.cloned().collect(), import);
            }
            (Some(Value::Array(old)), Value::Array(new)) if path == keys(&["agents", "list"]) => {
                self.agents(&path, old, new, import);
            }
            (Some(_), new) => {
                import.conflicts.push(path.clone());
                if self.overwrite {
                    let change = Change::Set(new.clone());
                    import.operations.push(Operation::new(path, change));
                }
            }
        }
    }

    /// Joins agents by their ids.
    fn agents(&self, path: &ConfigPath, old: &[Value], new: &[Value], import: &mut Import) {
        let mut missing = Vec::new();
        for agent in new {
            let same_id = |old: &&Value| old.get("id") == agent.get("id");
            match old.iter().position(|old| same_id(&old)) {
                Some(index) => self.value(&path.index(index), agent, import),
                None => missing.push(agent.clone()),
            }
        }
        append(path, missing, import);
    }
}

fn append(path: &ConfigPath, items: Vec<Value>, import: &mut Import) {
    if !items.is_empty() {
        import.taken.push(path.clone());
        let change = Change::Merge(Value::Array(items));
        import.operations.push(Operation::new(path.clone(), change));
    }
}

fn keys(keys: &[&str]) -> ConfigPath {
    ConfigPath::from_keys(keys.iter().copied())
}
