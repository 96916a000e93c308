//! Names of arguments: unknown ones, misspelt ones, and those that a server lacks.

use serde_json::{Map, Value};

use crate::interceptors::RemoteTool;

/// Farthest name that is still taken for a misspelling, in edits.
const MAX_DISTANCE: usize = 2;

/// Names that models write, and what they mean. Which one is meant depends on what the
/// method has.
const MISSPELLINGS: [(&[&str], &[&str]); 14] = [
    (&["chat_id", "chatId"], &["chatid"]),
    (&["meeting_id", "meetingId"], &["meetingid"]),
    (&["sub_meeting_id", "subMeetingId"], &["sub_meetingid"]),
    (
        &["start_time", "begin_time"],
        &["meeting_start_datetime", "begin_datetime"],
    ),
    (&["end_time"], &["end_datetime"]),
    (&["duration"], &["meeting_duration"]),
    (&["doc_id", "docId"], &["docid"]),
    (&["sheetid", "sheetId"], &["sheet_id"]),
    (
        &["ids", "todo_ids", "schedule_ids", "recordids"],
        &["todo_id_list", "schedule_id_list", "record_ids"],
    ),
    (
        &["users", "userids"],
        &["check_user_list", "invitees", "attendees"],
    ),
    (&["user_id"], &["userid"]),
    (&["userid"], &["user_id"]),
    (&["followers"], &["follower_list"]),
    (&["content"], &["text"]),
];

/// Arguments that people wish for and no server takes: ignoring them without a word would
/// break a promise.
const REFUSED: [(&str, &str, &str); 1] = [(
    "create_meeting",
    "reminders",
    "there are no reminders before a meeting's start; leave it out and tell the user",
)];

/// What an unknown member is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stray<'s> {
    /// It misspells this name.
    Means(&'s str),
    /// It is refused, for this reason.
    Refused(&'static str),
    /// Nothing known.
    Unknown,
}

/// What a member of `method` that its schema lacks is taken for. `known` are the names
/// that the object may have.
pub(super) fn stray<'s>(method: &str, written: &str, known: &[&'s str]) -> Stray<'s> {
    let refused = REFUSED
        .iter()
        .find(|(of, member, _)| (*of, *member) == (method, written));
    if let Some((_, _, reason)) = refused {
        return Stray::Refused(reason);
    }
    if known.is_empty() {
        return Stray::Refused("this method takes no arguments");
    }
    MISSPELLINGS
        .iter()
        .filter(|(spellings, _)| spellings.contains(&written))
        .find_map(|(_, meant)| known.iter().find(|name| meant.contains(*name)))
        .or_else(|| nearest(written, known))
        .map_or(Stray::Unknown, |name| Stray::Means(name))
}

fn nearest<'k, 's>(written: &str, known: &'k [&'s str]) -> Option<&'k &'s str> {
    let written = written.to_lowercase();
    // A short name has too many neighbours at the full distance.
    let limit = MAX_DISTANCE.min(written.chars().count() / 2);
    known
        .iter()
        .map(|name| (strsim::osa_distance(&written, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How to write a name that was misspelt.
pub(super) fn correction(written: &str, meant: &str, value: Option<&Value>) -> String {
    let minutes = value.and_then(Value::as_i64).is_some_and(|n| n < 300);
    match (written, meant) {
        ("duration", "meeting_duration") if minutes => format!(
            "`{written}` is written `{meant}` and counts seconds; a value below 300 is probably \
             minutes"
        ),
        ("followers", "follower_list") => {
            "`followers` stands inside: {\"follower_list\": {\"followers\": [...]}}".to_owned()
        }
        ("content", "text") => {
            "`content` stands inside: {\"text\": {\"content\": \"...\"}}".to_owned()
        }
        _ => format!("`{written}` is written `{meant}` here"),
    }
}

/// Removes arguments that the catalogue requires and this server does not list (servers of
/// different age differ in them); their names.
pub(super) fn drop_foreign(
    schema: &Value,
    live: Option<&RemoteTool>,
    args: &mut Map<String, Value>,
) -> Vec<String> {
    let Some(listed) = live_properties(live) else {
        return Vec::new();
    };
    let required = schema.get("required").and_then(Value::as_array);
    let foreign: Vec<String> = required
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .filter(|name| !listed.contains_key(*name))
        .map(str::to_owned)
        .collect();
    for name in &foreign {
        args.shift_remove(name);
    }
    foreign
}

/// The arguments that the server itself lists, if it lists any.
pub(super) fn live_properties(live: Option<&RemoteTool>) -> Option<&Map<String, Value>> {
    live?
        .input_schema
        .as_ref()?
        .get("properties")?
        .as_object()
        .filter(|listed| !listed.is_empty())
}

/// A JSON pointer one step further.
pub(super) fn pointer(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Names of the members that an object at `path` may have, by the schema of the whole.
/// Combinators are not looked into.
pub(super) fn names_at<'s>(schema: &'s Value, path: &str) -> Vec<&'s str> {
    let mut place = schema;
    for step in path.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let member = place.get("properties").and_then(|known| known.get(&step));
        match member.or_else(|| place.get("items")) {
            Some(inner) => place = inner,
            None => return Vec::new(),
        }
    }
    place
        .get("properties")
        .and_then(Value::as_object)
        .map(|known| known.keys().map(String::as_str).collect())
        .unwrap_or_default()
}
