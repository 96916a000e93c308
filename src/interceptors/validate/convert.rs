//! What is plainly meant, put into the form that is taken.

use serde_json::{Map, Value};

use crate::ids::UserId;
use crate::interceptors::Violation;

/// Stands for the member who is talking, wherever a user id is expected.
const ME: &str = "@me";

/// Members that hold a user id, or a list of them.
const USER_IDS: [&str; 4] = ["follower_id", "userid", "user_id", "check_user_list"];

/// Lists of people, where naming somebody twice means once.
const PEOPLE: [&str; 3] = ["followers", "attendees", "invitees"];

/// Drops members without a value: to the servers an optional argument is its type or null.
pub(super) fn drop_nulls(object: &mut Map<String, Value>) {
    object.retain(|_, value| !value.is_null());
    for value in object.values_mut() {
        if let Value::Object(inner) = value {
            drop_nulls(inner);
        }
    }
}

/// Goes through arguments by their schema: drops members without a value, reads numbers
/// and booleans out of strings where a string isn't taken, and names nobody twice.
pub(super) fn to_schema(schema: &Value, args: &mut Map<String, Value>) {
    object(schema, args);
}

fn object(schema: &Value, members: &mut Map<String, Value>) {
    // Cells of a sheet are keyed by their columns: there null may be a value.
    if schema
        .get("additionalProperties")
        .is_none_or(|rest| !rest.is_object())
    {
        members.retain(|_, value| !value.is_null());
    }
    let Some(Value::Object(properties)) = schema.get("properties") else {
        return;
    };
    for (name, value) in members.iter_mut() {
        if let Some(schema) = properties.get(name) {
            any(schema, name, value);
        }
    }
}

fn any(schema: &Value, name: &str, value: &mut Value) {
    if let Some(meant) = read(schema, value) {
        // The value itself is nobody's business.
        tracing::debug!(
            member = name,
            "a string was read as what the schema asks for"
        );
        *value = meant;
    }
    match value {
        Value::Object(members) => object(schema, members),
        Value::Array(items) => {
            if let Some(of_item) = schema.get("items") {
                for item in items.iter_mut() {
                    any(of_item, name, item);
                }
            }
            let is_set = schema.get("uniqueItems") == Some(&Value::Bool(true));
            if is_set || PEOPLE.contains(&name) {
                without_repetitions(items);
            }
        }
        _ => {}
    }
}

/// What a string says where the schema wants a whole number or a boolean.
fn read(schema: &Value, value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    match schema.get("type")?.as_str()? {
        "integer" | "number" => text.parse::<i64>().ok().map(Value::from),
        "boolean" => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    }
}

fn without_repetitions(items: &mut Vec<Value>) {
    let mut seen = std::collections::HashSet::new();
    items.retain(|item| seen.insert(item.to_string()));
}

/// Puts the requester's id in the place of `@me`.
pub(super) fn name_requester(
    requester: Option<&UserId>,
    args: &mut Map<String, Value>,
    violations: &mut Vec<Violation>,
) {
    let mut naming = Naming {
        requester,
        violations,
    };
    naming.members(args, "");
}

struct Naming<'a> {
    requester: Option<&'a UserId>,
    violations: &'a mut Vec<Violation>,
}

impl Naming<'_> {
    fn members(&mut self, members: &mut Map<String, Value>, path: &str) {
        let is_direct = members
            .get("chat_type")
            .is_some_and(|kind| *kind == 1 || *kind == "1");
        for (name, value) in members {
            let is_user = USER_IDS.contains(&name.as_str()) || (is_direct && name == "chatid");
            self.value(value, is_user, &super::members::pointer(path, name));
        }
    }

    fn value(&mut self, value: &mut Value, is_user: bool, path: &str) {
        match value {
            Value::String(text) if is_user && text.trim() == ME => match self.requester {
                Some(requester) => requester.as_str().clone_into(text),
                None => self.violations.push(Violation {
                    path: path.to_owned(),
                    rule: "no_requester",
                    hint: format!(
                        "`{ME}` stands for the member who is talking, who is not known here"
                    ),
                }),
            },
            Value::Array(items) => {
                for (place, item) in items.iter_mut().enumerate() {
                    self.value(item, is_user, &format!("{path}/{place}"));
                }
            }
            Value::Object(inner) => self.members(inner, path),
            _ => {}
        }
    }
}
