//! Checks before a call: what the servers would refuse, ignore without a word, or take
//! for something else.
//!
//! [`Validate`] looks at what a model wrote, against the catalogue: it drops empty
//! arguments, puts the member's id in the place of `@me`, converts what is plainly meant,
//! and refuses the rest with a hint for each mistake. [`check_wire`] looks at what is about
//! to leave, against the server's own schema.

mod convert;
mod expected;
mod findings;
mod known;
mod members;
mod rules;
mod shapes;
mod wire;

#[cfg(test)]
mod tests;

use async_trait::async_trait;

pub use wire::check_wire;

use super::{
    Answer, Caller, ErrorKind, Interceptor, Next, ToolCall, ToolError, ToolList, Violation,
};
use crate::clock::SharedClock;
use crate::identity;

/// Most mistakes that are named at once.
const MAX_VIOLATIONS: usize = 10;

/// Methods that carry the bytes of a file: only an interceptor calls them.
const UPLOADS: [&str; 2] = ["upload_doc_image", "upload_doc_file"];

/// The interceptor `validate`.
#[derive(Debug, Clone)]
pub struct Validate {
    clock: SharedClock,
}

impl Validate {
    /// Its name.
    pub const NAME: &'static str = "validate";

    /// Checks with `clock`'s idea of today.
    pub fn new(clock: SharedClock) -> Self {
        Self { clock }
    }

    /// Checks a call and puts its arguments into the form that is sent. `live` is the
    /// server's own list, where it is known.
    ///
    /// # Errors
    /// `invalid_args` or `unknown_method`: the call must not be made.
    pub fn check(&self, call: &mut ToolCall, live: Option<&ToolList>) -> Result<(), ToolError> {
        if let Some(requester) = call.identity().requester()
            && !identity::fits_header(requester)
        {
            return Err(ToolError::invalid_args(
                "The member's user id can't be sent: it must be 1 to 64 bytes of visible ASCII.",
            )
            .reason("requester_not_sendable")
            .next("Do not repeat the call. Tell the user that WeCom tools do not work for them."));
        }
        if call.caller() == Caller::Model && UPLOADS.contains(&call.method.as_str()) {
            return Err(ToolError::invalid_args(format!(
                "`{}` is not called directly: files travel with the method that needs them.",
                call.method
            ))
            .reason("not_for_models")
            .next(
                "Give the file's path as `image_path` or `file_path` in a cell of \
                 smartsheet_add_records or smartsheet_update_records.",
            ));
        }
        known::check(&call.category, &call.method, live)?;
        let Some(method) = known::stands_for(call) else {
            convert::drop_nulls(&mut call.args);
            return Ok(());
        };
        let schema = method.agent_input_schema();
        let live = live.and_then(|live| live.get(&call.method));
        let dropped = members::drop_foreign(schema, live, &mut call.args);

        let mut violations = Vec::new();
        let requester = call.identity().requester().cloned();
        convert::name_requester(requester.as_ref(), &mut call.args, &mut violations);
        convert::to_schema(schema, &mut call.args);
        rules::move_link(&mut call.args);
        findings::of(method, live, &dropped, call, &mut violations);
        rules::check(method, call, self.clock.now_ms(), &mut violations);
        refuse(&call.method, schema, violations)
    }
}

#[async_trait]
impl Interceptor for Validate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn call(&self, mut call: ToolCall, next: Next<'_>) -> Result<Answer, ToolError> {
        let live = next.servers().known(call.identity(), &call.category);
        self.check(&mut call, live.as_deref())?;
        next.run(call).await
    }
}

fn refuse(
    method: &str,
    schema: &serde_json::Value,
    mut violations: Vec<Violation>,
) -> Result<(), ToolError> {
    let Some(first) = violations.first() else {
        return Ok(());
    };
    let place = match first.path.as_str() {
        "" => "the arguments",
        path => path,
    };
    // Hints quote arguments, so they stay where no log looks.
    let more = match violations.len() {
        1 => String::new(),
        several => format!(" ({} more)", several - 1),
    };
    let message = format!(
        "{method} was not called: {place} breaks the rule `{}`{more}.",
        first.rule
    );
    violations.truncate(MAX_VIOLATIONS);
    let no_requester = violations.iter().any(|one| one.rule == "no_requester");
    let mut error = ToolError::new(ErrorKind::InvalidArgs, message).next(if no_requester {
        "`@me` stands for the member who is talking, and nobody is known here. Ask who is meant \
         and look the user id up by name."
    } else {
        "Put the arguments right as `violations` and `expected` say, then call again."
    });
    error.violations = violations;
    error.expected = Some(expected::short_form(schema));
    Err(error)
}
