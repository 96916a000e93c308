//! One tool a method, for the categories that the operator names: a host can then let
//! reads pass and ask before deletes.

use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde_json::{Map, Value};

use super::tools::{object, output_schema};
use crate::catalogue::{self, Method};
use crate::mcp::schema;
use crate::mcp::tool::Scope;

/// Longest name of a tool. Hosts put the server's name in front and cut at 63 or 64.
const MAX_NAME: usize = 60;

/// Tools of the methods that are in the catalogue, in a named category and open to the
/// credential.
pub(super) fn tools(categories: &[String], scope: &Scope) -> Vec<Tool> {
    methods(categories)
        .filter(|method| scope.admits(&method.category, &method.name))
        .map(tool)
        .collect()
}

/// The method whose tool has that name.
pub(super) fn by_name(categories: &[String], name: &str) -> Option<&'static Method> {
    methods(categories).find(|method| tool_name(method) == name)
}

/// The tool of a method.
pub(super) fn tool(method: &Method) -> Tool {
    let hints = method.annotations;
    let annotations = ToolAnnotations::with_title(method.title.clone())
        .read_only(hints.read_only_hint)
        .destructive(hints.destructive_hint)
        .idempotent(hints.idempotent_hint)
        .open_world(true);
    let input = object(&schema::clean(method.agent_input_schema()));
    Tool::new(tool_name(method), method.description.clone(), input)
        .with_title(method.title.clone())
        .with_raw_output_schema(output_schema())
        .with_annotations(annotations)
}

/// The same call as `wecom_mcp` takes it.
pub(super) fn as_call(method: &Method, arguments: JsonObject) -> Map<String, Value> {
    let mut call = Map::new();
    for (name, text) in [
        ("action", "call"),
        ("category", &method.category),
        ("method", &method.name),
    ] {
        call.insert(name.to_owned(), text.into());
    }
    call.insert("args".to_owned(), Value::Object(arguments));
    call
}

fn methods(categories: &[String]) -> impl Iterator<Item = &'static Method> {
    catalogue::methods().iter().filter(move |method| {
        categories.contains(&method.category) && tool_name(method).len() <= MAX_NAME
    })
}

fn tool_name(method: &Method) -> String {
    format!("wecom_{}_{}", method.category, method.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_of_the_catalogue_can_be_a_tool() {
        let categories: Vec<String> = catalogue::categories()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let all = tools(&categories, &Scope::default());
        assert_eq!(all.len(), catalogue::methods().len());
        for tool in &all {
            assert_eq!(
                tool.input_schema.get("type"),
                Some(&"object".into()),
                "{}",
                tool.name
            );
        }
    }

    #[test]
    fn a_credential_is_shown_what_is_open_to_it() {
        let reading = Scope {
            read_only: true,
            ..Scope::default()
        };
        let shown = tools(&["todo".to_owned()], &reading);
        assert!(!shown.is_empty());
        for tool in shown {
            assert_eq!(tool.annotations.unwrap().read_only_hint, Some(true));
        }
    }
}
