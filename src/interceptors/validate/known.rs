//! Whether there is such a method.

use crate::catalogue::{self, Method};
use crate::interceptors::{ErrorKind, ToolCall, ToolError, ToolList, closest};

/// # Errors
/// Neither the server's list nor the catalogue has it in this category. A method that the
/// catalogue knows is let through even if the list lacks it: lists may be filtered, and the
/// server's own answer says so then.
pub(super) fn check(
    category: &str,
    method: &str,
    live: Option<&ToolList>,
) -> Result<(), ToolError> {
    let is_known = catalogue::method(category, method).is_some()
        || live.is_some_and(|live| live.get(method).is_some());
    let is_refuted = match live {
        Some(live) => !live.cut,
        None => closest::other_category(category, method).is_some(),
    };
    if is_known || !is_refuted {
        return Ok(());
    }
    Err(ToolError::new(
        ErrorKind::UnknownMethod,
        format!("The category `{category}` has no method `{method}`."),
    )
    .next(closest::advice(category, method, live)))
}

/// The catalogue's entry; a call by an alias becomes one of the method that it stands for.
pub(super) fn stands_for(call: &mut ToolCall) -> Option<&'static Method> {
    let named = catalogue::method(&call.category, &call.method)?;
    if let Some(alias) = &named.alias {
        alias.clone_into(&mut call.method);
    }
    Some(named)
}
