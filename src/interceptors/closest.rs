//! What a method that does not exist was meant to be.

use super::ToolList;
use crate::catalogue;

/// How many names are suggested.
const SUGGESTIONS: usize = 3;

/// What to do about a method that the category's server does not have. `live` is the
/// server's own list, where it is known.
pub fn advice(category: &str, method: &str, live: Option<&ToolList>) -> String {
    if let Some(other) = other_category(category, method) {
        return format!("`{method}` belongs to the category `{other}`: call it there.");
    }
    let names: Vec<&str> = match live {
        Some(live) => live.tools.iter().map(|tool| tool.name.as_str()).collect(),
        None => catalogue::methods()
            .iter()
            .filter(|known| known.category == category)
            .map(|known| known.name.as_str())
            .collect(),
    };
    // A server may lack what the catalogue has.
    let others = names.into_iter().filter(|name| *name != method).collect();
    let near = closest(method, others);
    let list = format!("`wecom_mcp list {category}` shows what there is.");
    if near.is_empty() {
        return format!("Do not guess names. {list}");
    }
    let near: Vec<String> = near.iter().map(|name| format!("`{name}`")).collect();
    format!("Closest names: {}. {list}", near.join(", "))
}

/// The category that has this method, where it is another one.
pub fn other_category(category: &str, method: &str) -> Option<&'static str> {
    catalogue::methods()
        .iter()
        .filter(|known| known.name == method)
        .map(|known| known.category.as_str())
        .find(|known| *known != category)
}

/// The three names nearest to `name`, nearest first.
fn closest<'n>(name: &str, names: Vec<&'n str>) -> Vec<&'n str> {
    let mut ranked: Vec<(f64, &str)> = names
        .into_iter()
        .map(|known| (strsim::jaro_winkler(name, known), known))
        .collect();
    ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    ranked
        .into_iter()
        .take(SUGGESTIONS)
        .map(|(_, known)| known)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interceptors::RemoteTool;

    #[test]
    fn the_nearest_names_are_named() {
        for (category, method, advice_begins) in [
            ("todo", "get_todos", "Closest names: `get_todo_list`"),
            (
                "msg",
                "get_todo_list",
                "`get_todo_list` belongs to the category `todo`",
            ),
            ("disk", "list_files", "Do not guess names."),
        ] {
            let advice = advice(category, method, None);
            assert!(advice.starts_with(advice_begins), "{method}: {advice}");
        }
    }

    #[test]
    fn what_the_server_lists_counts() {
        let live = ToolList {
            tools: ["disk_list_file", "disk_upload"]
                .map(|name| RemoteTool {
                    name: name.to_owned(),
                    description: String::new(),
                    input_schema: None,
                })
                .into(),
            cut: false,
        };
        assert_eq!(
            advice("disk", "list_files", Some(&live)),
            "Closest names: `disk_list_file`, `disk_upload`. `wecom_mcp list disk` shows what \
             there is."
        );
    }

    #[test]
    fn a_method_that_the_server_lacks_is_not_suggested_again() {
        let advice = advice("todo", "create_todo", None);
        assert!(advice.contains("`update_todo`"), "{advice}");
        assert!(!advice.contains("`create_todo`"), "{advice}");
    }
}
