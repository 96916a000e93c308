//! Questions of running turns, and the clicks that answer them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::cards::{self, Prepared};
use crate::agent::{Question, Tone};
use crate::ids::{AccountId, UserId};
use crate::wecom::card::limits::{BUTTON_CHARS, LONG_TEXT_CHARS, TITLE_CHARS};

/// Keys of a question's buttons begin so; the rest is the position of the choice. No agent
/// names its own buttons so.
const KEY_PREFIX: &str = "wecom-choice:";

/// Buttons that a card holds.
const MAX_CHOICES: usize = 6;

/// The questions that wait for a click, of all accounts.
#[derive(Debug, Default)]
pub(super) struct Questions {
    waiting: Mutex<HashMap<(AccountId, String), Waiting>>,
}

#[derive(Debug)]
struct Waiting {
    /// The only one whose click counts.
    asked: UserId,
    question: Question,
}

/// What a click means for the questions that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nothing: the card is no question.
    None,
    /// It is a question to somebody else.
    NotTheirs,
    /// It answered one, or one that nobody waits for any more.
    Taken,
}

/// A question that waits. Dropping it withdraws the question.
#[derive(Debug)]
pub(super) struct Posed {
    questions: Arc<Questions>,
    key: (AccountId, String),
}

impl Questions {
    /// Remembers that the card asks a member of an account something.
    pub(super) fn pose(
        self: &Arc<Self>,
        account: &AccountId,
        asked: UserId,
        card: &Prepared,
        question: Question,
    ) -> Posed {
        let key = (account.clone(), card.card.task_id().to_owned());
        let waiting = Waiting { asked, question };
        self.lock().insert(key.clone(), waiting);
        Posed {
            questions: self.clone(),
            key,
        }
    }

    /// Takes a click on a card for an answer, if it is one.
    pub(super) fn claim(
        &self,
        account: &AccountId,
        task_id: &str,
        clicker: &UserId,
        event_key: &str,
    ) -> Claim {
        let waiting = self.lock();
        let Some(choice) = event_key.strip_prefix(KEY_PREFIX) else {
            return Claim::None;
        };
        let Some(posed) = waiting.get(&(account.clone(), task_id.to_owned())) else {
            return Claim::Taken;
        };
        if posed.asked != *clicker {
            return Claim::NotTheirs;
        }
        if let Ok(choice) = choice.parse() {
            // A second press of the same card changes nothing.
            posed.question.answer(choice);
        }
        Claim::Taken
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(AccountId, String), Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Posed {
    fn drop(&mut self) {
        self.questions.lock().remove(&self.key);
    }
}

/// The card that asks. `None`: it can't be asked with buttons.
pub(super) fn card(question: &Question, now_ms: i64) -> Option<Prepared> {
    if question.choices.is_empty() || question.choices.len() > MAX_CHOICES {
        return None;
    }
    let buttons: Vec<Value> = (question.choices.iter().enumerate())
        .map(|(position, choice)| {
            json!({
                "text": shortened(&choice.label, BUTTON_CHARS),
                "style": style(choice.tone),
                "key": format!("{KEY_PREFIX}{position}"),
            })
        })
        .collect();
    let card = json!({
        "card_type": "button_interaction",
        "main_title": {"title": shortened(&question.title, TITLE_CHARS)},
        "sub_title_text": shortened(&question.detail, LONG_TEXT_CHARS),
        "button_list": buttons,
    });
    cards::prepare(card, now_ms).ok()
}

fn style(tone: Tone) -> u8 {
    match tone {
        Tone::Primary => 1,
        Tone::Danger => 2,
        Tone::Neutral => 4,
    }
}

fn shortened(text: &str, limit: usize) -> String {
    let text = text.trim();
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let kept: String = text.chars().take(limit.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Choice;

    fn question(labels: &[&str]) -> (Question, tokio::sync::oneshot::Receiver<usize>) {
        let choices = labels.iter().map(|label| Choice {
            label: (*label).to_owned(),
            tone: Tone::Neutral,
        });
        Question::new("运行命令？", "x".repeat(200), choices.collect())
    }

    #[test]
    fn only_who_was_asked_answers_and_only_while_the_turn_runs() {
        let questions = Arc::<Questions>::default();
        let (asked, mut answered) = question(&["允许", "拒绝"]);
        let sent = card(&asked, 0).unwrap();
        let hq = AccountId::from("hq");
        let posed = questions.pose(&hq, "lisi".into(), &sent, asked);
        let task = sent.card.task_id();
        let claim = |user: &str, key: &str| questions.claim(&hq, task, &user.into(), key);
        let key = |choice| format!("{KEY_PREFIX}{choice}");
        assert_eq!(claim("lisi", "approve"), Claim::None, "an agent's own key");
        assert_eq!(claim("wangwu", &key(0)), Claim::NotTheirs);
        assert_eq!(
            questions.claim(&"other".into(), task, &"lisi".into(), &key(0)),
            Claim::Taken,
            "another account's card of the same id"
        );
        assert!(answered.try_recv().is_err());
        assert_eq!(claim("lisi", &key(1)), Claim::Taken);
        assert_eq!(claim("lisi", &key(0)), Claim::Taken, "changes nothing");
        assert_eq!(answered.try_recv(), Ok(1));
        drop(posed);
        assert!(questions.lock().is_empty());
    }

    #[test]
    fn the_card_has_a_button_a_choice_and_fits() {
        let (asked, _answered) = question(&["允许一次", "总是允许这个工具使用的命令", "拒绝"]);
        let value = card(&asked, 0).unwrap().card.to_value();
        let texts: Vec<_> = (value["button_list"].as_array().unwrap().iter())
            .map(|button| button["text"].as_str().unwrap())
            .collect();
        assert_eq!(texts, ["允许一次", "总是允许这个工具使…", "拒绝"]);
        assert_eq!(
            value["sub_title_text"].as_str().unwrap().chars().count(),
            LONG_TEXT_CHARS
        );
        assert!(card(&question(&[]).0, 0).is_none());
        assert!(card(&question(&["1", "2", "3", "4", "5", "6", "7"]).0, 0).is_none());
    }
}
