//! A partial job, laid over a whole one.

use serde_json::{Map, Value};

use super::DeskError;
use crate::cron::job::Job;

/// What only the program sets.
const OURS: [&str; 4] = ["id", "state", "createdAtMs", "updatedAtMs"];

/// Lays `patch` over `job`: objects are merged, `null` clears. A schedule or a payload of
/// another kind takes the place of the old one as a whole.
pub(in crate::cron) fn apply(job: &mut Job, patch: &Map<String, Value>) -> Result<(), DeskError> {
    let unreadable = |error: serde_json::Error| DeskError::Patch {
        reason: error.to_string(),
    };
    if let Some(key) = OURS.iter().find(|key| patch.contains_key(**key)) {
        return Err(DeskError::Patch {
            reason: format!("`{key}` is set by the scheduler"),
        });
    }
    let mut fields = match serde_json::to_value(&*job).map_err(unreadable)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    merge(&mut fields, patch);
    *job = serde_json::from_value(Value::Object(fields)).map_err(unreadable)?;
    Ok(())
}

fn merge(fields: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, new) in patch {
        match (fields.get_mut(key), new) {
            (_, Value::Null) => {
                fields.shift_remove(key);
            }
            (Some(Value::Object(old)), Value::Object(new)) if same_kind(old, new) => {
                merge(old, new);
            }
            (_, new) => {
                fields.insert(key.clone(), new.clone());
            }
        }
    }
}

fn same_kind(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    new.get("kind")
        .is_none_or(|kind| old.get("kind") == Some(kind))
}
