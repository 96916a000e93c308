//! The tools of a category server, from the catalogue.

use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::schema;
use super::switches::{McpSwitches, TodoForm};
use crate::catalogue::{self, Method};

/// One tool in one form.
pub(super) struct Tool {
    method: &'static Method,
    form: TodoForm,
    /// The wire schema; what it does not know is ignored.
    input: Value,
    validator: OnceLock<Result<Validator, String>>,
}

/// The tools that a server offers, in the catalogue's order.
pub(super) fn offered<'a>(
    category: &'a str,
    switches: &'a McpSwitches,
) -> impl Iterator<Item = &'static Tool> + 'a {
    TOOLS.iter().filter(move |tool| {
        tool.method.category == category
            && tool.form == form(tool.method, switches.todo_form)
            && !switches.hidden.contains(&tool.method.name)
    })
}

impl Tool {
    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        &self.method.name
    }

    /// Its entry in `tools/list`.
    pub(super) fn entry(&self) -> Value {
        json!({
            "name": self.method.name,
            "description": self.method.description,
            "inputSchema": schema::render(&self.method.name, &self.input),
        })
    }

    /// The arguments without nulls and without what the tool does not know.
    ///
    /// # Errors
    ///
    /// A text that names the member that is wrong.
    pub(super) fn check(&self, args: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let known = self.input.get("properties").and_then(Value::as_object);
        let args: Map<String, Value> = args
            .iter()
            .filter(|(name, _)| known.is_some_and(|known| known.contains_key(*name)))
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect();
        let compile = || jsonschema::validator_for(&self.input).map_err(|error| error.to_string());
        let validator = self.validator.get_or_init(compile).as_ref()?;
        let args = Value::Object(args);
        let problems: Vec<String> = validator
            .iter_errors(&args)
            .take(PROBLEMS_MAX)
            .map(|error| {
                let path = error.instance_path().as_str().trim_start_matches('/');
                let path = if path.is_empty() { "arguments" } else { path };
                format!("{path}: {error}")
            })
            .collect();
        match args {
            Value::Object(args) if problems.is_empty() => Ok(args),
            _ => {
                let name = &self.method.name;
                Err(format!(
                    "invalid arguments of {name}: {}",
                    problems.join("; ")
                ))
            }
        }
    }
}

static TOOLS: LazyLock<Vec<Tool>> = LazyLock::new(|| {
    let served = catalogue::methods()
        .iter()
        .filter(|method| method.alias.is_none());
    served.flat_map(forms).collect()
});

/// A method in every form that it has.
fn forms(method: &'static Method) -> Vec<Tool> {
    let mut tools = vec![tool(method, TodoForm::July, &method.input_schema)];
    if method.category == TODO
        && let Some(schema) = april(method)
    {
        tools.push(tool(method, TodoForm::April, &schema));
    }
    tools
}

fn tool(method: &'static Method, form: TodoForm, schema: &Value) -> Tool {
    Tool {
        method,
        form,
        input: schema::lenient(schema),
        validator: OnceLock::new(),
    }
}

/// The form in which a method is offered where the to-do methods have this one.
fn form(method: &Method, todo_form: TodoForm) -> TodoForm {
    if method.category == TODO {
        todo_form
    } else {
        TodoForm::July
    }
}

/// The older arguments of a to-do method; `None` for one that did not exist.
fn april(method: &Method) -> Option<Value> {
    let mut schema = method.input_schema.clone();
    let (members, required): (&[&str], &[&str]) = match method.name.as_str() {
        "search_todo_userid" => return None,
        "create_todo" => (&["remind_type_list"], &["content"]),
        "update_todo" => (&["remind_type_list"], &["todo_id"]),
        "change_todo_user_status" => (&["follower_id"], &["todo_id", "user_status"]),
        "get_todo_list" => (&["follower_id"], &[]),
        _ => return Some(schema),
    };
    let root = schema.as_object_mut()?;
    root.remove("if");
    root.remove("then");
    root.insert("required".to_owned(), json!(required));
    let properties = root.get_mut("properties")?.as_object_mut()?;
    properties.retain(|name, _| !members.contains(&name.as_str()));
    Some(schema)
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        scalar => scalar.clone(),
    }
}

const TODO: &str = "todo";
/// Problems that one answer names.
const PROBLEMS_MAX: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn find(category: &str, name: &str, todo_form: TodoForm) -> Option<&'static Tool> {
        let switches = McpSwitches {
            todo_form,
            ..McpSwitches::default()
        };
        offered(category, &switches).find(|tool| tool.name() == name)
    }

    #[test]
    fn every_example_passes() {
        for method in catalogue::methods().iter().filter(|m| m.alias.is_none()) {
            let tool = find(&method.category, &method.name, TodoForm::July).unwrap();
            for example in &method.examples {
                let args = example.request.as_object().unwrap();
                assert_eq!(tool.check(args).as_ref(), Ok(args), "{}", method.name);
            }
        }
    }

    /// Unlike the client's check, the servers' ignores what they do not know.
    #[test]
    fn of_the_counter_examples_only_those_with_unknown_members_pass() {
        let mut passed = Vec::new();
        for method in catalogue::methods().iter().filter(|m| m.category != "doc") {
            let tool = find(&method.category, &method.name, TodoForm::July).unwrap();
            for counter in &method.counter_examples {
                let args = counter.request.as_object().unwrap();
                if tool.check(args).is_ok() {
                    passed.push((method.name.as_str(), counter.why.as_str()));
                }
            }
        }
        let expected = [
            ("get_userlist", "no argument exists; search is local"),
            ("create_meeting", "no such argument"),
        ];
        assert_eq!(passed, expected);
    }

    #[test]
    fn a_refusal_names_the_member() {
        let tool = find("todo", "get_todo_list", TodoForm::July).unwrap();
        let args = json!({ "follower_id": "a", "limit": 50 });
        let refusal = tool.check(args.as_object().unwrap()).unwrap_err();
        assert!(refusal.contains("limit"), "{refusal}");
        let refusal = tool.check(&Map::new()).unwrap_err();
        assert!(refusal.contains("follower_id"), "{refusal}");
    }

    #[test]
    fn nulls_and_unknown_members_are_left_out() {
        let tool = find("todo", "get_todo_list", TodoForm::July).unwrap();
        let args = json!({ "follower_id": "a", "cursor": null, "colour": "red" });
        let checked = tool.check(args.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(checked), json!({ "follower_id": "a" }));
    }

    #[test]
    fn the_older_form_names_nobody() {
        assert!(find("todo", "search_todo_userid", TodoForm::April).is_none());
        let tool = find("todo", "get_todo_list", TodoForm::April).unwrap();
        let args = json!({ "follower_id": "a", "limit": 5 });
        let checked = tool.check(args.as_object().unwrap()).unwrap();
        assert_eq!(Value::Object(checked), json!({ "limit": 5 }));
        let create = find("todo", "create_todo", TodoForm::April).unwrap();
        let args = json!({ "content": "x" });
        assert!(create.check(args.as_object().unwrap()).is_ok());
    }
}
