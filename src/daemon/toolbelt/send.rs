//! `wecom_send`: a message to somebody else than the one who is answered.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::agent::{ToolAnswer, ToolSpec, ToolTurn};
use crate::channel::outbound::{Planner, SendRequest, Target};
use crate::channel::policy::aim::{Aimer, may_aim};
use crate::config::Config;
use crate::files::FileGrant;

/// Its name.
pub(super) const NAME: &str = "wecom_send";

/// Files of one message.
const MAX_MEDIA: usize = 10;

#[derive(Deserialize)]
struct Arguments {
    to: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    media: Vec<String>,
}

/// How it is announced.
pub(super) fn spec() -> ToolSpec {
    ToolSpec {
        name: NAME.to_owned(),
        description: "Sends a message of its own into WeCom: to another member, group, \
            department or tag, or as a further message here. Not for the answer to the person \
            who is talking: that is what you write. Say what you are about to send and to whom, \
            and send it to others only if the person asked for it."
            .to_owned(),
        parameters: json!({
            "type": "object",
            "properties": {
                "to": {
                    "type": "string",
                    "description": "user:<userid>, group:<chat id>, party:<department number>, tag:<name or number>, or @all"
                },
                "text": { "type": "string", "description": "Markdown" },
                "media": {
                    "type": "array",
                    "items": { "type": "string" },
                    "description": "Paths in the workspace, or URLs"
                }
            },
            "required": ["to"]
        }),
    }
}

/// One use of it.
pub(super) async fn call(
    config: &Config,
    planner: &Planner,
    turn: &ToolTurn,
    grant: FileGrant,
    arguments: Map<String, Value>,
) -> ToolAnswer {
    let arguments: Arguments = match serde_json::from_value(Value::Object(arguments)) {
        Ok(arguments) => arguments,
        Err(error) => {
            return ToolAnswer::refused(
                "invalid_args",
                &error.to_string(),
                "Correct the arguments.",
            );
        }
    };
    if arguments.media.len() > MAX_MEDIA {
        let message = format!("at most {MAX_MEDIA} files go with one message");
        return ToolAnswer::refused("invalid_args", &message, "Send fewer.");
    }
    let target = match Target::parse(&arguments.to) {
        Ok(target) => target,
        Err(error) => {
            return ToolAnswer::refused("invalid_args", &error.to_string(), "Correct `to`.");
        }
    };
    let account = turn.identity.account();
    let Some(account) = config.accounts.get(account) else {
        return ToolAnswer::refused("invalid_args", "the account is gone", "Tell the user.");
    };
    let aimer = Aimer {
        account,
        sender: turn.identity.requester(),
        chat: &turn.chat,
    };
    if let Err(refusal) = may_aim(config, aimer, &target) {
        let next = "Do not repeat the call. Tell the user that the operator can allow it.";
        return ToolAnswer::refused("authorization", &refusal.to_string(), next);
    }
    let request = SendRequest {
        account: Some(account.id.as_str().to_owned()),
        target: arguments.to,
        text: arguments.text,
        media: arguments.media,
        grant,
        ..SendRequest::default()
    };
    match planner.send(&request).await {
        Ok(report) => ToolAnswer {
            text: serde_json::to_string_pretty(&report).unwrap_or_default(),
            is_error: !report.ok,
        },
        Err(error) => ToolAnswer::refused(
            "invalid_args",
            &error.to_string(),
            "Nothing was sent. Correct it, or tell the user.",
        ),
    }
}
