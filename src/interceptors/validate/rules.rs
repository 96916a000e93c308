//! Rules between arguments, which a schema can't say.

mod cells;
mod links;
mod times;

use serde_json::{Map, Value};

use super::MAX_VIOLATIONS;
use crate::catalogue::Method;
use crate::interceptors::{ToolCall, Violation};

pub(super) use links::move_link;

/// Most bytes of a text message.
const MAX_MESSAGE_BYTES: usize = 2_048;

/// Most bytes of a chat's id, a cursor and a media id.
const MAX_ID_BYTES: usize = 256;

const BYTE_BOUND: [&str; 3] = ["chatid", "cursor", "media_id"];

/// Adds what breaks a rule; doubts become warnings of the call.
pub(super) fn check(
    method: &Method,
    call: &ToolCall,
    now_ms: i64,
    violations: &mut Vec<Violation>,
) {
    let name = call.method.as_str();
    let mut rules = Rules {
        args: &call.args,
        found: violations,
        warn: &|warning| call.notes.warn(warning),
    };
    times::check(name, method.agent_input_schema(), now_ms, &mut rules);
    links::check(name, &mut rules);
    cells::check(name, &mut rules);
    bytes(name, &mut rules);
    reminders(&mut rules);
    if name == "smartpage_create" {
        grids(&mut rules);
    }
}

/// Arguments under a look, and what was found.
struct Rules<'a> {
    args: &'a Map<String, Value>,
    found: &'a mut Vec<Violation>,
    warn: &'a dyn Fn(String),
}

impl<'a> Rules<'a> {
    /// What stands at a pointer.
    fn at(&self, pointer: &str) -> Option<&'a Value> {
        let mut steps = pointer.split('/').skip(1);
        let mut place = self.args.get(steps.next()?)?;
        for step in steps {
            place = place.get(step)?;
        }
        Some(place)
    }

    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.at(pointer)?.as_str()
    }

    fn refuse(&mut self, path: impl Into<String>, rule: &'static str, hint: impl Into<String>) {
        // One more than is told, so that the count says that there are more.
        if self.found.len() <= MAX_VIOLATIONS {
            self.found.push(Violation {
                path: path.into(),
                rule,
                hint: hint.into(),
            });
        }
    }
}

fn bytes(method: &str, rules: &mut Rules<'_>) {
    for name in BYTE_BOUND {
        let Some(text) = rules.args.get(name).and_then(Value::as_str) else {
            continue;
        };
        if text.len() > MAX_ID_BYTES {
            let hint = format!("at most {MAX_ID_BYTES} bytes, not {}", text.len());
            rules.refuse(format!("/{name}"), "max_bytes", hint);
        }
    }
    if method != "send_message" {
        return;
    }
    if let Some(text) = rules.text("/text/content")
        && text.len() > MAX_MESSAGE_BYTES
    {
        let hint = format!(
            "at most {MAX_MESSAGE_BYTES} bytes of UTF-8, not {}; shorten it or send several \
             messages",
            text.len()
        );
        rules.refuse("/text/content", "max_bytes", hint);
    }
}

/// An event is reminded of in one way.
fn reminders(rules: &mut Rules<'_>) {
    let reminders = "/schedule/reminders";
    let has = |name: &str| rules.at(&format!("{reminders}/{name}")).is_some();
    if has("remind_before_event_secs") && has("remind_time_diffs") {
        rules.refuse(
            reminders,
            "at_most_one",
            "give `remind_before_event_secs` or `remind_time_diffs`, not both",
        );
    }
}

/// Areas of a smart page's grid fill its width. Only contents that stand in the arguments
/// can be looked at here.
fn grids(rules: &mut Rules<'_>) {
    let pages = rules.args.get("pages").and_then(Value::as_array);
    for (place, page) in pages.into_iter().flatten().enumerate() {
        let content = page.get("page_content").and_then(Value::as_str);
        for grid in content.unwrap_or_default().split("<grid").skip(1) {
            let grid = grid.split("</grid>").next().unwrap_or_default();
            let widths: Vec<f64> = grid
                .split("width-ratio=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next()?.trim().parse().ok())
                .collect();
            let sum: f64 = widths.iter().sum();
            if !widths.is_empty() && (sum - 1.0).abs() > 0.001 {
                (rules.warn)(format!(
                    "/pages/{place}/page_content: the `width-ratio` of a grid's areas add up to \
                     {sum:.3}, not 1."
                ));
            }
        }
    }
}
