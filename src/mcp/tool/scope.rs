//! What a credential may do with the tool.

use crate::catalogue::{self, RetryClass};
use crate::config::McpClient;
use crate::interceptors::{ErrorKind, ToolError};

/// Bounds of a credential. The default has none.
///
/// A pattern is a method's name or, with a dot, `category.method`; `*` stands for any run
/// of characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Scope {
    /// Categories it may use; empty is all.
    pub categories: Vec<String>,
    /// Patterns of methods it may use; empty is all.
    pub allow: Vec<String>,
    /// Patterns of methods it may not use, whatever `allow` says.
    pub deny: Vec<String>,
    /// Only methods that read: by the catalogue, and by its name one that isn't in there.
    pub read_only: bool,
}

impl Scope {
    /// What the operator wrote down for a client.
    pub fn of_client(client: &McpClient) -> Self {
        Self {
            categories: client.categories.clone(),
            allow: client.allow_methods.clone(),
            deny: client.deny_methods.clone(),
            read_only: client.read_only,
        }
    }

    /// Whether something of the category may be open to it.
    pub fn admits_category(&self, category: &str) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|one| one == category)
    }

    /// Whether the method is open to it. An alias is as open as what it stands for.
    pub fn admits(&self, category: &str, method: &str) -> bool {
        let known = catalogue::method(category, method);
        let stands_for = known.and_then(|known| known.alias.as_deref());
        let names = |pattern: &str| {
            names(pattern, category, method)
                || stands_for.is_some_and(|other| names(pattern, category, other))
        };
        self.admits_category(category)
            && (self.allow.is_empty() || self.allow.iter().any(|pattern| names(pattern)))
            && !self.deny.iter().any(|pattern| names(pattern))
            && (!self.read_only || reads(category, method))
    }

    /// # Errors
    /// The category is not open to it.
    pub(super) fn check_category(&self, category: &str) -> Result<(), ToolError> {
        if self.admits_category(category) {
            return Ok(());
        }
        Err(refusal(format!(
            "This credential may not use the category `{category}`."
        )))
    }

    /// # Errors
    /// The method is not open to it.
    pub(super) fn check(&self, category: &str, method: &str) -> Result<(), ToolError> {
        self.check_category(category)?;
        if self.admits(category, method) {
            return Ok(());
        }
        let only = if self.read_only && !reads(category, method) {
            ": it may only read"
        } else {
            ""
        };
        Err(refusal(format!(
            "This credential may not use `{category}.{method}`{only}."
        )))
    }
}

/// Whether a method only reads.
pub(super) fn reads(category: &str, method: &str) -> bool {
    match catalogue::method(category, method) {
        Some(known) => known.annotations.read_only_hint,
        None => catalogue::retry_class(category, method) == RetryClass::Safe,
    }
}

fn refusal(message: String) -> ToolError {
    ToolError::new(ErrorKind::Authorization, message)
        .reason("out_of_scope")
        .next(
            "Do not repeat the call. Tell the user that the operator has to open this to the \
             credential in use.",
        )
}

fn names(pattern: &str, category: &str, method: &str) -> bool {
    match pattern.split_once('.') {
        Some((of_category, of_method)) => {
            matches(of_category, category) && matches(of_method, method)
        }
        None => matches(pattern, method),
    }
}

/// Whether `text` is what `pattern` says. Linear in both: the last `*` is the only one that
/// ever has to be tried again.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(categories: &[&str], allow: &[&str], deny: &[&str], read_only: bool) -> Scope {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Scope {
            categories: owned(categories),
            allow: owned(allow),
            deny: owned(deny),
            read_only,
        }
    }

    #[test]
    fn a_pattern_stands_for_names() {
        for (pattern, text, fits) in [
            ("get_todo_list", "get_todo_list", true),
            ("get_todo_list", "get_todo_lists", false),
            ("get_*", "get_todo_list", true),
            ("*", "", true),
            ("*_todo", "delete_todo", true),
            ("*_todo", "delete_todo_now", false),
            ("a*b*b", "ab", false),
            ("a*b*b", "axbyb", true),
            ("**", "x", true),
            ("", "x", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_credential_may_do_what_all_of_its_bounds_admit() {
        let all = Scope::default();
        let todo = scope(&["todo"], &[], &[], false);
        let reading = scope(&[], &[], &[], true);
        let mixed = scope(&[], &["doc.*", "get_*"], &["smartsheet_add_records"], false);
        for (scope, category, method, admitted) in [
            (&all, "msg", "send_message", true),
            (&todo, "todo", "delete_todo", true),
            (&todo, "msg", "send_message", false),
            (&reading, "todo", "get_todo_list", true),
            (&reading, "todo", "update_todo", false),
            // Repeating it is harmless, and yet it writes.
            (&reading, "doc", "edit_doc_content", false),
            (&reading, "disk", "disk_list_files", true),
            (&reading, "disk", "disk_remove_file", false),
            (&mixed, "doc", "create_doc", true),
            (&mixed, "todo", "get_todo_list", true),
            (&mixed, "todo", "create_todo", false),
            (&mixed, "doc", "smartsheet_add_records", false),
            (&mixed, "doc", "smartsheet_add_records_auto_file", false),
        ] {
            assert_eq!(
                scope.check(category, method).is_ok(),
                admitted,
                "{category}.{method} {scope:?}"
            );
        }
    }
}
