//! Template cards of apps: the right to change one, and its use.

use std::collections::VecDeque;

use serde_json::{Map, Value, json};

use super::id::AppId;
use super::recipients;
use super::refusal::{self, Answered, Refusal};
use super::seed::SeedApp;
use super::state::Apps;
use crate::sim::world::{AppNews, CardChange};

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
    app: AppId,
    has_buttons: bool,
    task_id: String,
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
        let kind = card.get("card_type")?.as_str()?;
        let can_change = is_interactive(kind) || card.get("action_menu").is_some();
        if msgtype != "template_card" || !can_change {
            return None;
        }
        let task_id = card.get("task_id").and_then(Value::as_str);
        Some(self.click(kind, task_id.unwrap_or_default(), &app.id(), now_ms))
    }

    /// The right that comes with a click on a card of that type.
    pub(super) fn click(&mut self, kind: &str, task_id: &str, app: &AppId, now_ms: i64) -> String {
        if self.codes.len() >= CODES_MAX {
            self.codes.pop_front();
        }
        let text = format!("RC{:032x}", rand::random::<u128>());
        self.codes.push_back(Code {
            text: text.clone(),
            app: app.clone(),
            has_buttons: is_interactive(kind),
            task_id: task_id.to_owned(),
            until_ms: now_ms.saturating_add(LIFE_MS),
        });
        text
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
        Some(code.text.as_str()) == text && code.app == app.id() && code.until_ms > now_ms
    });
    let Some(code) = at.and_then(|at| apps.cards.codes.get(at)) else {
        return bad("invalid response_code");
    };
    let change = match (update.get("button"), update.get("template_card")) {
        (Some(button), None) if code.has_buttons => {
            let name = button.get("replace_name").and_then(Value::as_str);
            let name =
                name.ok_or_else(|| Refusal::new(refusal::BAD_ARGUMENT, "missing replace_name"))?;
            CardChange::Button(name.to_owned())
        }
        (None, Some(Value::Object(card))) => {
            check(card)?;
            CardChange::Card(Value::Object(card.clone()))
        }
        _ => return bad("the card has no buttons to replace"),
    };
    let news = AppNews::Card {
        app: app.id(),
        task_id: code.task_id.clone(),
        change,
        users: recipients::named(update, &apps.directory),
    };
    if let Some(at) = at {
        apps.cards.codes.remove(at);
    }
    apps.news.push(news);
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
