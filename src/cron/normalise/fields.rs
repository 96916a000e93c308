//! Putting the fields of a job where they belong.

use serde_json::{Map, Value, json};

use crate::cron::job::JobId;
use crate::cron::schedule::{Bare, parse_duration};

type Fields = Map<String, Value>;

/// Fields of an agent's turn that were once beside the payload.
const OF_TURN: [&str; 7] = [
    "model",
    "fallbacks",
    "thinking",
    "timeoutSeconds",
    "lightContext",
    "toolsAllow",
    "allowUnsafeExternalContent",
];

/// Fields of a delivery that were once beside it or in the payload, and their names now.
const OF_DELIVERY: [(&str, &str); 6] = [
    ("channel", "channel"),
    ("provider", "channel"),
    ("to", "to"),
    ("accountId", "accountId"),
    ("threadId", "threadId"),
    ("bestEffortDeliver", "bestEffort"),
];

/// Characters of a name that is made from the payload.
const NAME_CHARS: usize = 60;

pub(super) fn arrange(fields: &mut Fields, now_ms: i64) -> Result<(), String> {
    fields.retain(|_, value| !value.is_null());
    id(fields)?;
    schedule(fields)?;
    payload(fields)?;
    delivery(fields);
    if let Some(Value::String(text)) = fields.get("enabled") {
        let enabled = text.trim().eq_ignore_ascii_case("true");
        fields.insert("enabled".to_owned(), json!(enabled));
    }
    let kind = text_at(fields, "payload", "kind").to_owned();
    if !fields.contains_key("sessionTarget") {
        let target = if kind == "systemEvent" {
            "main"
        } else {
            "isolated"
        };
        fields.insert("sessionTarget".to_owned(), json!(target));
    }
    let main = fields.get("sessionTarget") == Some(&json!("main"));
    if kind == "agentTurn" && !main && !fields.contains_key("delivery") {
        let delivery = json!({ "mode": "announce", "channel": "last" });
        fields.insert("delivery".to_owned(), delivery);
    }
    let once = text_at(fields, "schedule", "kind") == "at";
    if once && !fields.contains_key("deleteAfterRun") {
        fields.insert("deleteAfterRun".to_owned(), json!(true));
    }
    for time in ["createdAtMs", "updatedAtMs"] {
        fields.entry(time).or_insert(json!(now_ms));
    }
    if !fields.contains_key("name") {
        let name = name(fields);
        fields.insert("name".to_owned(), json!(name));
    }
    Ok(())
}

fn id(fields: &mut Fields) -> Result<(), String> {
    if let Some(old) = fields.shift_remove("jobId") {
        fields.entry("id").or_insert(old);
    }
    let id = match fields.get("id") {
        None => JobId::random(),
        Some(Value::String(id)) => JobId::new(id.trim()).map_err(|error| error.to_string())?,
        Some(Value::Number(number)) => {
            JobId::new(number.to_string()).map_err(|error| error.to_string())?
        }
        Some(_) => return Err("id must be a text".to_owned()),
    };
    fields.insert("id".to_owned(), json!(id));
    Ok(())
}

fn schedule(fields: &mut Fields) -> Result<(), String> {
    let mut schedule = match fields.shift_remove("schedule") {
        Some(Value::Object(schedule)) => schedule,
        Some(Value::String(expr)) => one("expr", json!(expr)),
        Some(_) => return Err("schedule must be an object or an expression".to_owned()),
        None => Fields::new(),
    };
    for key in [
        "cron",
        "expr",
        "every",
        "everyMs",
        "anchorMs",
        "at",
        "atMs",
        "tz",
        "staggerMs",
    ] {
        move_into(&mut schedule, fields, key, key);
    }
    if let Some(expr) = schedule.shift_remove("cron") {
        schedule.entry("expr").or_insert(expr);
    }
    if let Some(every) = schedule.shift_remove("every") {
        let ms = match &every {
            Value::String(text) => {
                json!(parse_duration(text, Bare::Milliseconds).map_err(|error| error.to_string())?)
            }
            _ => every,
        };
        schedule.entry("everyMs").or_insert(ms);
    }
    if let Some(at) = schedule.shift_remove("atMs") {
        let at = instant(&at).ok_or("schedule.atMs must be milliseconds since 1970")?;
        schedule.entry("at").or_insert(at);
    }
    if let Some(number) = schedule.get("at").filter(|at| at.is_number()) {
        let at = instant(number).ok_or("schedule.at must be a time")?;
        schedule.insert("at".to_owned(), at);
    }
    if !schedule.contains_key("kind") {
        let kinds = [("expr", "cron"), ("everyMs", "every"), ("at", "at")];
        let mut found = kinds.iter().filter(|(key, _)| schedule.contains_key(*key));
        let (Some((_, kind)), None) = (found.next(), found.next()) else {
            return Err("schedule needs exactly one of expr, everyMs and at".to_owned());
        };
        schedule.insert("kind".to_owned(), json!(kind));
    }
    let kind = schedule
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !["at", "every", "cron"].contains(&kind) {
        return Err(format!(
            "schedule.kind `{kind}` is not supported: use at, every or cron"
        ));
    }
    fields.insert("schedule".to_owned(), Value::Object(schedule));
    Ok(())
}

fn payload(fields: &mut Fields) -> Result<(), String> {
    let message = fields.shift_remove("message");
    let text = fields.shift_remove("text");
    let mut payload = match fields.shift_remove("payload") {
        Some(Value::Object(payload)) => payload,
        Some(_) => return Err("payload must be an object".to_owned()),
        None => Fields::new(),
    };
    if message.is_some() && text.is_some() {
        return Err("give either message or text".to_owned());
    }
    for (key, value) in [("message", message), ("text", text)] {
        if let Some(value) = value {
            payload.entry(key).or_insert(value);
        }
    }
    let kind = payload.get("kind").and_then(Value::as_str);
    let kind = match kind.map(str::to_ascii_lowercase).as_deref() {
        Some("agentturn") => "agentTurn",
        Some("systemevent") => "systemEvent",
        Some("text") => "text",
        Some(kind @ ("command" | "script")) => {
            return Err(format!(
                "payload.kind `{kind}` is not supported: shell commands are not run"
            ));
        }
        Some(kind) => return Err(format!("payload.kind `{kind}` is unknown")),
        None if payload.contains_key("message") => "agentTurn",
        None if payload.contains_key("text") => "systemEvent",
        None => return Err("payload needs a message or a text".to_owned()),
    };
    payload.insert("kind".to_owned(), json!(kind));
    if kind == "agentTurn" {
        for key in OF_TURN {
            move_into(&mut payload, fields, key, key);
        }
    }
    fields.insert("payload".to_owned(), Value::Object(payload));
    Ok(())
}

fn delivery(fields: &mut Fields) {
    let mut delivery = match fields.shift_remove("delivery") {
        Some(Value::Object(delivery)) => Some(delivery),
        Some(other) => {
            // Left as it is: reading the job says what is wrong with it.
            fields.insert("delivery".to_owned(), other);
            return;
        }
        None => None,
    };
    let mut flat = Fields::new();
    let mut wanted = fields.shift_remove("deliver");
    for (old, new) in OF_DELIVERY {
        move_into(&mut flat, fields, old, new);
    }
    if let Some(Value::Object(payload)) = fields.get_mut("payload") {
        wanted = wanted.or(payload.shift_remove("deliver"));
        for (old, new) in OF_DELIVERY {
            move_into(&mut flat, payload, old, new);
        }
    }
    if delivery.is_none() && (wanted.is_some() || !flat.is_empty()) {
        let silent = wanted == Some(json!(false));
        let mode = if silent { "none" } else { "announce" };
        delivery = Some(one("mode", json!(mode)));
    }
    if let Some(mut delivery) = delivery {
        for (key, value) in flat {
            delivery.entry(key).or_insert(value);
        }
        // Whoever says where a result goes wants it there.
        let names_place = delivery.contains_key("to") || delivery.contains_key("channel");
        let is_wanted = match delivery.get("mode") {
            None => names_place,
            Some(mode) => *mode == json!("deliver"),
        };
        if is_wanted {
            delivery.insert("mode".to_owned(), json!("announce"));
        }
        fields.insert("delivery".to_owned(), Value::Object(delivery));
    }
}

fn name(fields: &Fields) -> String {
    for key in ["message", "text"] {
        let words = text_at(fields, "payload", key);
        let line = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() {
            return line.chars().take(NAME_CHARS).collect();
        }
    }
    format!("Cron: {}", text_at(fields, "schedule", "expr"))
}

fn text_at<'a>(fields: &'a Fields, object: &str, key: &str) -> &'a str {
    let value = fields.get(object).and_then(|object| object.get(key));
    value.and_then(Value::as_str).unwrap_or_default()
}

fn instant(value: &Value) -> Option<Value> {
    let ms = match value {
        Value::Number(number) => number.as_i64()?,
        Value::String(digits) => digits.trim().parse().ok()?,
        _ => return None,
    };
    let instant = jiff::Timestamp::from_millisecond(ms).ok()?;
    Some(json!(instant.to_string()))
}

fn move_into(to: &mut Fields, from: &mut Fields, old: &str, new: &str) {
    if let Some(value) = from.shift_remove(old) {
        to.entry(new).or_insert(value);
    }
}

fn one(key: &str, value: Value) -> Fields {
    Fields::from_iter([(key.to_owned(), value)])
}
