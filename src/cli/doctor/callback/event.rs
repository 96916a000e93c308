//! A signed event that nobody reacts to: the daemon acknowledges it and does nothing.

use serde::Deserialize;
use serde_json::{Value, json};

use super::echo::slow;
use super::line::{Answer, NoAnswer, Request};
use super::party::{Party, Role};
use super::{AREA, stranger};
use crate::cli::doctor::finding::Finding;
use crate::clock::{Clock, SystemClock};
use crate::wecom::callback::{CallbackQuery, Signature};

/// A type of event that WeCom does not have.
const EVENT_TYPE: &str = "wecom_doctor_check";

pub(super) const WHAT: &str = "a signed event (POST)";

const OTHER_PROGRAM: &str = "another program answers at this address, or another account's: check \
                             where the reverse proxy sends the path";

/// An event on its way.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) request: Request,
}

/// The answer of a bot.
#[derive(Deserialize)]
struct Envelope {
    encrypt: String,
    msgsignature: String,
    /// A text or a number.
    timestamp: Value,
    nonce: String,
}

/// The message of an event, as of a time in seconds since 1970.
pub(super) fn message(party: &Party, at: i64, id: &str) -> String {
    match &party.role {
        Role::Bot => json!({
            "msgid": format!("doctor-{id}"),
            "msgtype": "event",
            "create_time": at,
            "event": { "eventtype": EVENT_TYPE },
        })
        .to_string(),
        Role::App { corp_id, agent_id } => {
            let number = agent_id.map(|id| id.to_string()).unwrap_or_default();
            format!(
                "<xml><ToUserName><![CDATA[{corp_id}]]></ToUserName>\
                 <FromUserName><![CDATA[sys]]></FromUserName>\
                 <CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType>\
                 <Event><![CDATA[{EVENT_TYPE}]]></Event><EventKey><![CDATA[{id}]]></EventKey>\
                 <AgentID>{number}</AgentID></xml>"
            )
        }
    }
}

impl Event {
    pub(super) fn new(party: &Party) -> Self {
        let at = SystemClock.now_ms() / 1_000;
        let message = message(party, at, &super::line::digits());
        Self {
            request: Request::post(party, at, &message),
        }
    }

    /// What the answer means.
    pub(super) fn judge(&self, party: &Party, answer: &Result<Answer, NoAnswer>) -> Vec<Finding> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => return vec![stranger::no_answer(party, WHAT, failure)],
        };
        if answer.status != 200 {
            return vec![stranger::unexpected(party, WHAT, answer)];
        }
        let judged = match party.role {
            Role::Bot => self.enveloped(party, answer),
            Role::App { .. } => acknowledged(answer),
        };
        let problem = match judged {
            Ok(seen) => {
                let seen = format!("{WHAT}: {seen} after {} ms", answer.took.as_millis());
                let fine = Finding::ok(AREA, party.subject(), seen);
                return slow(party, WHAT, answer).map_or_else(|| vec![fine], |slow| vec![slow]);
            }
            Err(_) if answer.is_page() => return vec![stranger::page(party, WHAT, answer)],
            Err(problem) => problem,
        };
        let seen = format!("{WHAT}: {}", problem.seen);
        vec![Finding::error(AREA, party.subject(), seen, problem.fix)]
    }

    fn enveloped(&self, party: &Party, answer: &Answer) -> Result<&'static str, Problem> {
        let problem = |seen: &str, fix: &str| Problem {
            seen: seen.to_owned(),
            fix: fix.to_owned(),
        };
        if answer.body.trim_ascii() == b"success" {
            return Err(problem(
                "`success`: an agent app answers where the bot should",
                "enter the bot's own address, /plugins/wecom/bot, in the bot's settings",
            ));
        }
        let Ok(envelope) = serde_json::from_slice::<Envelope>(&answer.body) else {
            let seen = format!("200 without an encrypted answer ({})", size(answer));
            return Err(problem(&seen, OTHER_PROGRAM));
        };
        let timestamp = match envelope.timestamp {
            Value::String(text) => text,
            other => other.to_string(),
        };
        if envelope.nonce != self.request.nonce {
            return Err(problem(
                "the answer is to another request",
                "something before the daemon keeps answers: switch caching off at this path",
            ));
        }
        let signed = Signature::parse(&envelope.msgsignature).map(|signature| CallbackQuery {
            signature,
            timestamp,
            nonce: envelope.nonce,
            echo: None,
        });
        if !signed.is_some_and(|query| party.cipher.verify(&query, &envelope.encrypt)) {
            return Err(problem(
                "the answer is signed with another token",
                "the daemon there has another `token`: is it the one of this configuration?",
            ));
        }
        match party.cipher.open(&envelope.encrypt) {
            Err(error) => Err(problem(
                &format!("the answer does not open: {error}"),
                "the daemon there has another `encodingAESKey` or `receiveId`: is it the one of \
                 this configuration?",
            )),
            Ok(text) if text.trim() == "{}" => Ok("acknowledged, the answer opens to `{}`"),
            Ok(_) => Err(problem(
                "the daemon says something to an event that nobody knows",
                "the program there is no `wecom`, or another version of it",
            )),
        }
    }
}

/// What is wrong with an answer.
struct Problem {
    seen: String,
    fix: String,
}

fn acknowledged(answer: &Answer) -> Result<&'static str, Problem> {
    let body = answer.body.trim_ascii();
    if answer.body == b"success" {
        return Ok("acknowledged with `success`");
    }
    let (seen, fix) = if body.is_empty() {
        (
            "200 with an empty body".to_owned(),
            "something answers in the daemon's place, and messages are lost: pass the request on \
             to the daemon",
        )
    } else if serde_json::from_slice::<Envelope>(body).is_ok() {
        (
            "an encrypted JSON: a bot answers where the agent app should".to_owned(),
            "enter the app's own address, /plugins/wecom/agent, in the app's settings",
        )
    } else {
        (
            format!("200 without `success` ({})", size(answer)),
            OTHER_PROGRAM,
        )
    };
    Err(Problem {
        seen,
        fix: fix.to_owned(),
    })
}

fn size(answer: &Answer) -> String {
    let kind = answer.header("content-type").unwrap_or("no Content-Type");
    // From outside: what is shown is short and plain.
    let kind: String = kind
        .chars()
        .filter(char::is_ascii_graphic)
        .take(40)
        .collect();
    format!("{} bytes, {kind}", answer.body.len())
}
