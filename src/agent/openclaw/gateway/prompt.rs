//! A turn as a gateway takes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::agent::{Attachment, AttachmentKind, TurnRequest};
use crate::hex::hex;
use crate::ids::ChatKind;
use crate::session::SessionKey;

/// Bytes of a picture that a gateway takes.
const MAX_IMAGE: u64 = 6 * 1024 * 1024;

/// Bytes of all pictures of one request: in Base64 they have to fit its largest frame.
const MAX_IMAGES: u64 = 18 * 1024 * 1024;

/// Digits of a digest that keep two sessions apart.
const KEY_DIGITS: usize = 16;

/// The key of the session there. Gateways fold letters' case, and ids of groups differ by
/// it: where something would be lost, a digest keeps two sessions apart.
pub(super) fn session_key(agent: &str, session: &SessionKey) -> String {
    let whole = session.to_string();
    let scope = whole.split_once(':').map_or("main", |(_, scope)| scope);
    let folded = scope.to_lowercase();
    if folded == scope {
        return format!("agent:{agent}:wecom:{scope}");
    }
    let mut digest = hex(&Sha256::digest(scope.as_bytes()));
    digest.truncate(KEY_DIGITS);
    format!("agent:{agent}:wecom:{folded}:{digest}")
}

/// Parameters of the request `agent`.
pub(super) async fn params(agent: &str, run: &str, turn: &TurnRequest) -> Value {
    let mut text = String::new();
    if let Some(quote) = &turn.quote {
        for line in quote.lines() {
            text.push_str("> ");
            text.push_str(line);
            text.push('\n');
        }
        text.push('\n');
    }
    text.push_str(&turn.text);
    let mut attachments = Vec::new();
    let mut room = MAX_IMAGES;
    for attachment in &turn.attachments {
        if let Some(image) = image(attachment, &mut room).await {
            attachments.push(image);
            continue;
        }
        // What it does not take in a request it can read where it lies.
        let line = format!("[{}: {}]", attachment.name, attachment.path.display());
        text = if text.is_empty() {
            line
        } else {
            format!("{text}\n{line}")
        };
    }
    json!({
        "message": text,
        "idempotencyKey": run,
        "agentId": agent,
        "sessionKey": session_key(agent, &turn.session),
        "extraSystemPrompt": surroundings(turn),
        "attachments": attachments,
    })
}

/// What the agent is told about where it is.
fn surroundings(turn: &TurnRequest) -> String {
    let place = match turn.chat.kind {
        ChatKind::Direct => "a direct chat",
        ChatKind::Group => "a group",
    };
    let who = turn.identity.requester();
    let who = who.map_or_else(String::new, |user| format!(" of the member `{user}`"));
    format!(
        "You answer a message{who} in {place} of WeCom (企业微信), account `{}`. The member is \
         no owner of this installation. Answer in Markdown. A line `MEDIA: <absolute path or \
         URL>` sends a file.",
        turn.chat.account
    )
}

async fn image(attachment: &Attachment, room: &mut u64) -> Option<Value> {
    if attachment.kind != AttachmentKind::Image
        || attachment.size > MAX_IMAGE
        || attachment.size > *room
    {
        return None;
    }
    let bytes = tokio::fs::read(&attachment.path).await.ok()?;
    *room = room.saturating_sub(attachment.size);
    Some(json!({
        "type": "image",
        "mimeType": attachment.content_type,
        "fileName": attachment.name,
        "content": STANDARD.encode(bytes),
    }))
}
