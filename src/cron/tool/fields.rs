//! What a model writes, and what it means.

use serde_json::{Map, Value, json};

use super::rights::Caller;
use crate::cron::job::Job;
use crate::cron::normalise::read_job;

/// What the tool is for.
pub(super) const DESCRIPTION: &str = "\
Makes, lists and changes scheduled jobs: reminders and recurring work. A job made in a chat \
delivers into that chat and belongs to the person who asked, unless `delivery.to` says otherwise \
(user:<id>, group:<id>, party:<number>, tag:<name>, @all).
Actions: add {job}, list, get {jobId}, update {jobId, patch}, remove {jobId}, run {jobId}, runs \
{jobId}, status.
A job has `name`, `schedule`, `payload` and perhaps `delivery`:
- schedule: {\"kind\":\"at\",\"at\":\"2026-03-06T09:00:00+08:00\"}, {\"kind\":\"every\",\"everyMs\":\
3600000}, or {\"kind\":\"cron\",\"expr\":\"0 9 * * 1-5\",\"tz\":\"Asia/Shanghai\"} (minute, hour, day \
of month, month, day of week).
- payload: {\"kind\":\"text\",\"text\":\"...\"} is sent as it is (reminders); \
{\"kind\":\"agentTurn\",\"message\":\"...\"} asks an agent then, and what it answers is sent. Write \
the message for an agent that knows nothing of this conversation.
Before removing or changing a job, list them and make sure which one is meant.";

/// Fields of the tool itself; any other field belongs to the job or the change.
const OWN: [&str; 13] = [
    "action",
    "job",
    "jobId",
    "id",
    "patch",
    "includeDisabled",
    "limit",
    "offset",
    "runMode",
    "mode",
    "text",
    "contextMessages",
    "agentId",
];

/// Runs that are told where nothing else is said.
const RUNS: u32 = 20;

/// What is asked for.
pub(super) enum Wanted {
    Status,
    List {
        disabled: bool,
    },
    Get {
        id: String,
    },
    Add {
        job: Map<String, Value>,
    },
    Update {
        id: String,
        patch: Map<String, Value>,
    },
    Remove {
        id: String,
    },
    Run {
        id: String,
        only_if_due: bool,
    },
    Runs {
        id: String,
        limit: u32,
        offset: u32,
    },
}

/// Arguments that were understood.
pub(super) struct Arguments {
    pub(super) wanted: Wanted,
}

impl Arguments {
    /// Reads them. Models often write the fields of `job` or `patch` beside `action`.
    pub(super) fn read(mut arguments: Map<String, Value>) -> Result<Self, String> {
        let action = arguments
            .get("action")
            .and_then(Value::as_str)
            .map(str::to_owned);
        let Some(action) = action else {
            return Err("`action` is missing".to_owned());
        };
        let number = |name: &str| {
            let number = arguments.get(name).and_then(Value::as_u64);
            number.and_then(|number| u32::try_from(number).ok())
        };
        let (limit, offset) = (number("limit"), number("offset"));
        let word = |name: &str| {
            arguments
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let id = word("jobId").or_else(|| word("id"));
        let only_if_due = word("runMode").is_none_or(|mode| mode == "due");
        let disabled = arguments.get("includeDisabled").and_then(Value::as_bool);
        let id = || id.clone().ok_or_else(|| "`jobId` is missing".to_owned());
        let wanted = match action.as_str() {
            "status" => Wanted::Status,
            "list" => Wanted::List {
                disabled: disabled.unwrap_or(false),
            },
            "get" => Wanted::Get { id: id()? },
            "add" | "create" => Wanted::Add {
                job: nested(&mut arguments, "job", &["text", "agentId"]),
            },
            "update" | "edit" => Wanted::Update {
                id: id()?,
                patch: nested(&mut arguments, "patch", &["text", "agentId"]),
            },
            "remove" | "delete" => Wanted::Remove { id: id()? },
            "run" => Wanted::Run {
                id: id()?,
                only_if_due,
            },
            "runs" => Wanted::Runs {
                id: id()?,
                limit: limit.unwrap_or(RUNS),
                offset: offset.unwrap_or(0),
            },
            other => {
                return Err(format!(
                    "there is no action `{other}`: use status, list, get, add, update, remove, \
                     run or runs"
                ));
            }
        };
        Ok(Self { wanted })
    }
}

/// The object of that name, with the fields that were written beside it.
fn nested(arguments: &mut Map<String, Value>, name: &str, also: &[&str]) -> Map<String, Value> {
    let mut object = match arguments.shift_remove(name) {
        Some(Value::Object(object)) => object,
        // Some models write it as a string.
        Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
        _ => Map::new(),
    };
    for (key, value) in std::mem::take(arguments) {
        let belongs = !OWN.contains(&key.as_str()) || also.contains(&key.as_str());
        if belongs && !object.contains_key(&key) {
            object.insert(key, value);
        }
    }
    object
}

/// The job that is to be made, with what the surroundings decide.
pub(super) fn job(
    mut fields: Map<String, Value>,
    caller: &Caller<'_>,
    now_ms: i64,
) -> Result<Job, String> {
    fields.retain(|_, value| !value.is_null());
    for ours in [
        "id",
        "state",
        "owner",
        "runAs",
        "createdAtMs",
        "updatedAtMs",
        "sessionKey",
    ] {
        fields.shift_remove(ours);
    }
    let asked_for_session = fields.contains_key("sessionTarget");
    let names_delivery = ["delivery", "deliver", "to", "channel"]
        .iter()
        .any(|key| fields.contains_key(*key));
    let mut job = read_job(fields, now_ms)?;
    let turn = caller.turn;
    let here = caller.here();
    let account = caller.account.id.as_str();
    job.owner = serde_json::from_value(json!({
        "agentId": turn.session.agent,
        "sessionKey": turn.session.to_string(),
        "account": account,
        "userId": caller.sender.as_str(),
        "chat": here,
    }))
    .ok();
    job.session_key = Some(turn.session.to_string());
    job.run_as = Some(caller.sender.as_str().to_owned());
    if job.agent_id.is_none()
        && caller
            .config
            .agents
            .list
            .iter()
            .any(|a| a.id == turn.session.agent)
    {
        job.agent_id = Some(turn.session.agent.clone());
    }
    if !asked_for_session && job.payload.kind() != "systemEvent" {
        job.session_target = crate::cron::job::SessionTarget::Isolated;
    }
    let wants_here = job
        .delivery
        .as_ref()
        .is_none_or(|delivery| delivery.to.is_none());
    let is_off = names_delivery && job.delivery_mode() == crate::cron::job::DeliveryMode::None;
    if wants_here && !is_off && job.payload.kind() != "systemEvent" {
        let mut delivery = job.delivery.take().unwrap_or_default();
        delivery.mode = crate::cron::job::DeliveryMode::Announce;
        delivery.channel = Some(crate::cron::job::DeliveryChannel::Wecom);
        delivery.to = Some(here);
        delivery.account_id = Some(account.to_owned());
        job.delivery = Some(delivery);
    }
    if let Some(delivery) = &mut job.delivery
        && delivery.mode == crate::cron::job::DeliveryMode::Announce
    {
        delivery.channel = Some(crate::cron::job::DeliveryChannel::Wecom);
        delivery
            .account_id
            .get_or_insert_with(|| account.to_owned());
    }
    Ok(job)
}

/// A change without what nobody sets in a chat.
pub(super) fn patch(patch: &Map<String, Value>) -> Map<String, Value> {
    let mut patch = patch.clone();
    for ours in [
        "owner",
        "runAs",
        "sessionKey",
        "id",
        "state",
        "createdAtMs",
        "updatedAtMs",
    ] {
        patch.shift_remove(ours);
    }
    patch
}

/// Whether a change touches what a run does or for whom: then it must not act for the member
/// who made the job.
pub(super) fn touches_identity(patch: &Map<String, Value>) -> bool {
    [
        "payload",
        "agentId",
        "delivery",
        "sessionTarget",
        "message",
        "text",
    ]
    .iter()
    .any(|key| patch.contains_key(*key))
}

/// JSON schema of the arguments, as every vendor takes it.
pub(super) fn schema() -> Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    json!({
        "type": "object",
        "properties": {
            "action": {
                "type": "string",
                "enum": ["status", "list", "get", "add", "update", "remove", "run", "runs"],
            },
            "job": {
                "type": "object",
                "description": "For add",
                "properties": {
                    "name": text("What people call it"),
                    "schedule": {
                        "type": "object",
                        "properties": {
                            "kind": { "type": "string", "enum": ["at", "every", "cron"] },
                            "at": text("ISO 8601 with an offset"),
                            "everyMs": { "type": "integer" },
                            "expr": text("Cron expression"),
                            "tz": text("IANA name"),
                        },
                        "required": ["kind"],
                    },
                    "payload": {
                        "type": "object",
                        "properties": {
                            "kind": { "type": "string", "enum": ["text", "agentTurn"] },
                            "text": text("For text: what is sent"),
                            "message": text("For agentTurn: what the agent is asked"),
                        },
                        "required": ["kind"],
                    },
                    "delivery": {
                        "type": "object",
                        "properties": {
                            "mode": { "type": "string", "enum": ["announce", "none"] },
                            "to": text("Where it goes, if not into this chat"),
                        },
                    },
                    "deleteAfterRun": { "type": "boolean" },
                },
                "required": ["name", "schedule", "payload"],
            },
            "jobId": text("For get, update, remove, run, runs"),
            "patch": { "type": "object", "description": "For update: the fields that change" },
            "includeDisabled": { "type": "boolean" },
            "runMode": { "type": "string", "enum": ["due", "force"] },
            "limit": { "type": "integer" },
            "offset": { "type": "integer" },
        },
        "required": ["action"],
    })
}
