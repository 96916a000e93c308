//! From what a run said to what is sent, and where.

use serde::{Deserialize, Serialize};

use super::job::{Delivery, DeliveryMode, Job, RunFailure, Suppression};
use super::outcome::{Delivered, Problem};
use super::turn::Said;
use crate::channel::cards;
use crate::channel::media::outbound::directive;
use crate::channel::outbound::{Origin, Planner, Resolved, SendRequest};
use crate::files::FileGrant;

/// An agent's word for "say nothing".
const NO_REPLY: &str = "NO_REPLY";

/// An agent's word for "nothing happened".
const HEARTBEAT_OK: &str = "HEARTBEAT_OK";

/// What is to be sent, in a form that survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parcel {
    /// Markdown.
    pub text: String,
    /// Files, as the agent named them.
    pub media: Vec<String>,
}

/// What becomes of what an agent said: a parcel, or nothing to send.
///
/// Cards need somebody who presses their buttons while the agent listens; of a job they are
/// sent in words.
pub fn parcel(said: Said, now_ms: i64) -> Result<Parcel, Suppression> {
    match said.text.trim() {
        NO_REPLY => return Err(Suppression::Silent),
        HEARTBEAT_OK => return Err(Suppression::Heartbeat),
        _ => {}
    }
    let cards::Taken { text, cards } = cards::take(&said.text, now_ms);
    let directive::Taken { text, references } = directive::take(&text);
    let mut parts: Vec<String> = Some(text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .into_iter()
        .collect();
    parts.extend(cards.iter().map(cards::Prepared::rendering));
    let mut media = said.media;
    for reference in &references {
        let named = reference.as_str().to_owned();
        if !media.contains(&named) {
            media.push(named);
        }
    }
    let text = parts.join("\n\n");
    if text.is_empty() && media.is_empty() {
        return Err(Suppression::Empty);
    }
    Ok(Parcel { text, media })
}

/// Where a job's result goes, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whither {
    /// Nowhere.
    Nowhere,
    /// To people.
    Message {
        /// The account that sends; `None` is the default one.
        account: Option<String>,
        /// The target.
        target: String,
    },
    /// To an address, as JSON.
    Address(String),
}

/// Where a job's result goes.
///
/// # Errors
/// It is to be sent, and nothing says where.
pub fn destination(job: &Job) -> Result<Whither, Problem> {
    let Some(delivery) = job.delivery.as_ref() else {
        return Ok(Whither::Nowhere);
    };
    match delivery.mode {
        DeliveryMode::None => Ok(Whither::Nowhere),
        DeliveryMode::Announce => announced(job, delivery),
        DeliveryMode::Webhook => delivery.to.clone().map(Whither::Address).ok_or_else(|| {
            Problem::new(
                RunFailure::Config,
                "the webhook's address is missing: set `delivery.to`",
            )
        }),
    }
}

fn announced(job: &Job, delivery: &Delivery) -> Result<Whither, Problem> {
    if let Some(target) = delivery.to.clone().filter(|to| !to.trim().is_empty()) {
        let account = delivery.account_id.clone();
        return Ok(Whither::Message { account, target });
    }
    // Never rebuilt from a session's key, whose letters may have lost their case.
    let owner = job.owner.as_ref();
    let chat = owner.and_then(|owner| owner.chat.clone());
    let account = owner.and_then(|owner| owner.account.clone());
    match chat {
        Some(target) => Ok(Whither::Message {
            account: delivery.account_id.clone().or(account),
            target,
        }),
        None => Err(Problem::new(
            RunFailure::Delivery,
            "no target: the job names none, and was not made in a chat; set `delivery.to`",
        )),
    }
}

/// Whether it can be sent there, and by which account.
///
/// # Errors
/// It can't; what is missing is in the text.
pub async fn check(
    planner: &Planner,
    account: Option<String>,
    target: &str,
) -> Result<Resolved, Problem> {
    let request = SendRequest {
        account,
        target: target.to_owned(),
        text: Some("…".to_owned()),
        origin: Origin::Cron,
        ..SendRequest::default()
    };
    planner
        .resolve(&request)
        .await
        .map_err(|error| match Delivered::from(error) {
            Delivered::Failed(problem) => problem,
            other => Problem::new(RunFailure::Delivery, format!("{other:?}")),
        })
}

/// Sends it.
pub async fn send(planner: &Planner, to: &Resolved, parcel: Parcel, grant: FileGrant) -> Delivered {
    let request = SendRequest {
        account: Some(to.account.as_str().to_owned()),
        target: to.target.clone(),
        text: Some(parcel.text).filter(|text| !text.is_empty()),
        media: parcel.media,
        origin: Origin::Cron,
        grant,
        ..SendRequest::default()
    };
    match planner.send(&request).await {
        Ok(report) => report.into(),
        Err(error) => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(text: &str) -> Said {
        Said {
            text: text.to_owned(),
            media: Vec::new(),
        }
    }

    #[test]
    fn silence_has_its_reasons() {
        for (text, reason) in [
            (" NO_REPLY\n", Suppression::Silent),
            ("HEARTBEAT_OK", Suppression::Heartbeat),
            ("  \n", Suppression::Empty),
        ] {
            assert_eq!(parcel(said(text), 0), Err(reason), "{text:?}");
        }
        assert!(parcel(said("I answer NO_REPLY"), 0).is_ok());
    }

    #[test]
    fn files_are_taken_out_and_cards_become_words() {
        let text = "早报\n\nMEDIA: /work/a.png\n\n```json\n{\"card_type\":\"text_notice\",\
                    \"main_title\":{\"title\":\"三件事\"},\"card_action\":{\"type\":1,\"url\":\"https://x.y\"}}\n```";
        let mut words = said(text);
        words.media = vec!["/work/a.png".to_owned(), "/work/b.png".to_owned()];
        let parcel = parcel(words, 0).unwrap();
        assert_eq!(parcel.media, ["/work/a.png", "/work/b.png"]);
        assert!(parcel.text.starts_with("早报"), "{}", parcel.text);
        assert!(parcel.text.contains("三件事"), "{}", parcel.text);
        assert!(!parcel.text.contains("card_type"), "{}", parcel.text);
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "values are written at the call"
    )]
    fn job(delivery: serde_json::Value, owner: serde_json::Value) -> Job {
        serde_json::from_value(json!({
            "id": "j", "name": "n", "sessionTarget": "isolated",
            "schedule": {"kind": "every", "everyMs": 60_000},
            "payload": {"kind": "text", "text": "hi"},
            "delivery": delivery, "owner": owner,
        }))
        .unwrap()
    }

    #[test]
    fn the_target_is_as_written_or_the_chat_where_it_was_made() {
        let owner = json!({"account": "hq", "chat": "wecom:group:wrAbC"});
        let message = |account: &str, target: &str| Whither::Message {
            account: Some(account.to_owned()),
            target: target.to_owned(),
        };
        for (delivery, owner, expected) in [
            (json!({"mode": "none"}), json!({}), Ok(Whither::Nowhere)),
            (
                json!({"mode": "webhook", "to": "https://h.example/x"}),
                json!({}),
                Ok(Whither::Address("https://h.example/x".to_owned())),
            ),
            (
                json!({"mode": "announce", "to": "party:1", "accountId": "ops"}),
                owner.clone(),
                Ok(message("ops", "party:1")),
            ),
            (
                json!({"mode": "announce", "channel": "last"}),
                owner,
                Ok(message("hq", "wecom:group:wrAbC")),
            ),
        ] {
            assert_eq!(destination(&job(delivery, owner)), expected);
        }
        let nowhere = destination(&job(json!({"mode": "announce"}), json!({})));
        assert_eq!(nowhere.unwrap_err().class, RunFailure::Delivery);
    }
}
