//! What a writer asks for, and what came of it.

use serde_json::Value;

use crate::config::path::ConfigPath;
use crate::config::schema::{FieldKind, Node, ReloadClass};

use super::tree;

/// One change of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Where. Account ids may be written normalised; the file's own spelling is found.
    pub path: ConfigPath,
    /// What.
    pub change: Change,
    /// What must be there now, if that matters.
    pub expect: Option<Expect>,
}

/// Kind of change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// This value instead of what is there.
    Set(Value),
    /// Objects are joined, and so are lists, by value; `null` removes.
    Merge(Value),
    /// JSON merge patch: objects are joined, lists replaced; `null` removes.
    Patch(Value),
    /// Nothing any more; an error if nothing is there.
    Unset,
    /// Nothing any more, whether something is there or not.
    Clear,
    /// These members of another object as well, which then has them no longer; comments go
    /// with them where each stands on lines of its own. Those that it does not have are
    /// left out.
    Gather {
        /// The other object.
        from: ConfigPath,
        /// Its members that move.
        keys: Vec<String>,
    },
}

/// A condition on the present value.
#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// It is this one.
    Value(Value),
    /// There is none.
    Absent,
}

impl Operation {
    /// A change without a condition.
    pub fn new(path: ConfigPath, change: Change) -> Self {
        Self {
            path,
            change,
            expect: None,
        }
    }
}

/// One key that is different now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key; a list counts as one key.
    pub path: ConfigPath,
    /// Whether it has a value now.
    pub is_set: bool,
}

/// Every key whose value differs, in the order of the old value, then of the new.
pub(crate) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(old), Some(new), &ConfigPath::default(), &mut found);
    found
}

fn compare(
    old: Option<&Value>,
    new: Option<&Value>,
    path: &ConfigPath,
    found: &mut Vec<Difference>,
) {
    let (before, after) = (
        old.and_then(Value::as_object),
        new.and_then(Value::as_object),
    );
    let is_nested = match (before, after) {
        (Some(_), Some(_)) => true,
        (Some(map), None) => new.is_none() && !map.is_empty(),
        (None, Some(map)) => old.is_none_or(Value::is_null) && !map.is_empty(),
        (None, None) => false,
    };
    if is_nested {
        let known = before.into_iter().flat_map(|map| map.keys());
        let added = after
            .into_iter()
            .flat_map(|map| map.keys())
            .filter(|key| before.is_none_or(|map| !map.contains_key(*key)));
        for key in known.chain(added) {
            let old = before.and_then(|map| map.get(key));
            let new = after.and_then(|map| map.get(key));
            compare(old, new, &path.key(key), found);
        }
        return;
    }
    let is_same = match (old, new) {
        (Some(old), Some(new)) => tree::equivalent(old, new),
        (old, new) => old.is_none() && new.is_none(),
    };
    if !is_same {
        found.push(Difference {
            path: path.clone(),
            is_set: new.is_some(),
        });
    }
}

/// What a running daemon has to do for these keys: the most that any of them takes.
/// `None`: the program does not know any of them.
pub(crate) fn reload_class(differences: &[Difference]) -> Option<ReloadClass> {
    let class = |difference: &Difference| {
        let names = difference.path.names();
        let known = (0..=names.len()).rev().find_map(|length| {
            let names: Vec<&str> = names.get(..length)?.iter().map(String::as_str).collect();
            Some((length, Node::file().at(&names)?))
        });
        let (length, node) = known?;
        // Below a text stand the parts of a reference, which no schema names.
        let is_part = !matches!(node.field.kind, FieldKind::Object | FieldKind::Map);
        (length == names.len() || is_part).then_some(node.field.reload)
    };
    differences.iter().filter_map(class).max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_the_smallest_keys() {
        let old = json!({ "a": { "b": 1, "c": [1], "gone": { "x": 1 } }, "n": null, "e": {} });
        let new =
            json!({ "a": { "b": 2, "c": [1, 2], "new": { "y": {} } }, "n": { "z": 1 }, "e": {} });
        let found: Vec<_> = differences(&old, &new)
            .into_iter()
            .map(|d| (d.path.to_string(), d.is_set))
            .collect();
        assert_eq!(
            found,
            [
                ("a.b".to_owned(), true),
                ("a.c".to_owned(), true),
                ("a.gone.x".to_owned(), false),
                ("a.new.y".to_owned(), true),
                ("n.z".to_owned(), true),
            ]
        );
        assert_eq!(differences(&old, &old), []);
    }

    #[test]
    fn the_key_that_takes_most_decides_about_the_reload() {
        let class = |old: &Value, new: &Value| reload_class(&differences(old, new));
        let file = |wecom: Value| json!({ "channels": { "wecom": wecom } });
        let empty = json!({});
        assert_eq!(
            class(&empty, &file(json!({ "name": "n" }))),
            Some(ReloadClass::Live)
        );
        let both = file(json!({ "name": "n", "accounts": { "hq": { "botId": "b" } } }));
        assert_eq!(class(&empty, &both), Some(ReloadClass::Reconnect));
        assert_eq!(
            class(&empty, &json!({ "gateway": { "port": 1 } })),
            Some(ReloadClass::Restart)
        );
        let reference = file(json!({ "token": { "env": "T" } }));
        assert_eq!(class(&empty, &reference), Some(ReloadClass::ReRegister));
        assert_eq!(class(&empty, &file(json!({ "nmae": "n" }))), None);
        assert_eq!(class(&empty, &json!({ "plugins": { "x": 1 } })), None);
    }
}
