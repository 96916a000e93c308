//! Template cards of apps: the right to change one, and its use.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::refusal::{self, Answered, Refusal};
use super::seed::SeedApp;
use super::state::Apps;

/// How long a card can be changed.
const LIFE_MS: i64 = 72 * 60 * 60 * 1_000;
/// Cards remembered.
const CODES_MAX: usize = 1_000;

/// Rights to change cards, that were not used.
#[derive(Debug, Default)]
pub(super) struct CardCodes {
    codes: VecDeque<Code>,
}

#[derive(Debug)]
struct Code {
    text: String,
    agent_id: u64,
    has_buttons: bool,
    until_ms: i64,
}

impl CardCodes {
    /// The right that comes with a message, of a card that can be clicked.
    pub(super) fn issue(
        &mut self,
        msgtype: &str,
        card: &Value,
        app: &SeedApp,
        now_ms: i64,
    ) -> Option<String> {
        let has_buttons = is_interactive(card.get("card_type")?.as_str()?);
        let can_change = has_buttons || card.get("action_menu").is_some();
        if msgtype != "template_card" || !can_change {
            return None;
        }
        if self.codes.len() >= CODES_MAX {
            self.codes.pop_front();
        }
        let text = format!("RC{:032x}", rand::random::<u128>());
        self.codes.push_back(Code {
            text: text.clone(),
            agent_id: app.agent_id,
            has_buttons,
            until_ms: now_ms.saturating_add(LIFE_MS),
        });
        Some(text)
    }
}

/// `message/update_template_card`.
pub(super) fn update(
    apps: &mut Apps,
    app: &SeedApp,
    update: &Map<String, Value>,
    now_ms: i64,
) -> Answered {
    let bad = |text: &str| Err(Refusal::new(refusal::BAD_CARD_CODE, text));
    let text = update.get("response_code").and_then(Value::as_str);
    let mut codes = apps.cards.codes.iter();
    let at = codes.position(|code| {
        Some(code.text.as_str()) == text && code.agent_id == app.agent_id && code.until_ms > now_ms
    });
    let Some(code) = at.and_then(|at| apps.cards.codes.get(at)) else {
        return bad("invalid response_code");
    };
    match (update.get("button"), update.get("template_card")) {
        (Some(button), None) if code.has_buttons => {
            if button.get("replace_name").and_then(Value::as_str).is_none() {
                return Err(Refusal::new(refusal::BAD_ARGUMENT, "missing replace_name"));
            }
        }
        (None, Some(Value::Object(card))) => check(card)?,
        _ => return bad("the card has no buttons to replace"),
    }
    if let Some(at) = at {
        apps.cards.codes.remove(at);
    }
    Ok(Map::new())
}

/// Whether a card has what every card of its type needs.
pub(super) fn check(card: &Map<String, Value>) -> Result<(), Refusal> {
    let kind = card.get("card_type").and_then(Value::as_str);
    let kind = kind.unwrap_or_default();
    let needed = match kind {
        "text_notice" | "news_notice" => "card_action",
        "button_interaction" => "button_list",
        "vote_interaction" => "checkbox",
        "multiple_interaction" => "select_list",
        _ => "card_type",
    };
    let has = card.get(needed).is_some_and(|value| *value != json!(null));
    if has && needed != "card_type" {
        return Ok(());
    }
    let text = format!("template card: {needed} missing or not valid");
    Err(Refusal::new(refusal::BAD_CARD, &text))
}

fn is_interactive(kind: &str) -> bool {
    matches!(
        kind,
        "button_interaction" | "vote_interaction" | "multiple_interaction"
    )
}
