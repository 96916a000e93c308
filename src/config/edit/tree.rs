//! The same edits on plain values: what the text must mean once it was edited.

use serde_json::{Map, Number, Value};

use crate::config::path::{ConfigPath, Segment};

use super::document::EditError;

/// The value at `path`.
pub fn get<'v>(root: &'v Value, path: &ConfigPath) -> Option<&'v Value> {
    path.segments()
        .iter()
        .try_fold(root, |value, segment| match (value, segment) {
            (Value::Object(map), Segment::Key(key)) => map.get(key),
            (Value::Array(items), segment) => items.get(segment.as_index()?),
            _ => None,
        })
}

/// Puts `new` at `path`, creating what is missing on the way.
pub(crate) fn set(root: &mut Value, path: &ConfigPath, new: Value) -> Result<(), EditError> {
    let mut at = root;
    let mut walked = ConfigPath::default();
    for segment in path.segments() {
        if at.is_null() {
            *at = match segment {
                Segment::Key(_) => Value::Object(Map::new()),
                Segment::Index(_) => Value::Array(Vec::new()),
            };
        }
        at = match (at, segment) {
            (Value::Object(map), Segment::Key(key)) => {
                map.entry(key.clone()).or_insert(Value::Null)
            }
            (Value::Array(items), segment) => {
                let Some(index) = segment.as_index() else {
                    return Err(EditError::NotAnObject { path: walked });
                };
                if index == items.len() {
                    items.push(Value::Null);
                }
                let len = items.len();
                items.get_mut(index).ok_or_else(|| EditError::BeyondEnd {
                    path: walked.clone(),
                    index,
                    len,
                })?
            }
            (Value::Object(_), Segment::Index(_)) => {
                return Err(EditError::NotAnArray { path: walked });
            }
            (_, Segment::Key(_)) => return Err(EditError::NotAnObject { path: walked }),
            (_, Segment::Index(_)) => return Err(EditError::NotAnArray { path: walked }),
        };
        walked = walked.step(segment.clone());
    }
    *at = new;
    Ok(())
}

/// Takes out what is at `path`; `false` if nothing is there.
pub(crate) fn unset(root: &mut Value, path: &ConfigPath) -> bool {
    let Some((parent, last)) = path.split_last() else {
        return false;
    };
    let mut at = root;
    for segment in parent.segments() {
        let next = match (at, segment) {
            (Value::Object(map), Segment::Key(key)) => map.get_mut(key),
            (Value::Array(items), segment) => segment.as_index().and_then(|i| items.get_mut(i)),
            _ => None,
        };
        match next {
            Some(value) => at = value,
            None => return false,
        }
    }
    match (at, last) {
        (Value::Object(map), Segment::Key(key)) => map.shift_remove(key).is_some(),
        (Value::Array(items), last) => match last.as_index() {
            Some(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether two values mean the same: keys in any order, numbers up to the last bit that
/// printing and reading them may change.
pub(crate) fn equivalent(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| equivalent(a, b)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equivalent(a, b))
        }
        (Value::Number(x), Value::Number(y)) => x == y || nearly(x, y),
        _ => a == b,
    }
}

/// Whether two fractions differ by no more than printing and reading them may do.
fn nearly(a: &Number, b: &Number) -> bool {
    match (a.is_f64(), a.as_f64(), b.is_f64(), b.as_f64()) {
        (true, Some(a), true, Some(b)) => (a - b).abs() <= a.abs() * 2.0 * f64::EPSILON,
        _ => false,
    }
}
