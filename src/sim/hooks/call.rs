//! One callback: sent, repeated where there is no answer, and its answer read.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::fault::{CHECK, HookFaultKind};
use super::hook::Hook;
use super::journal::{HookAttempt, HookCall};
use super::owner::HookOwner;
use super::sealed::{self, Sealed};
use super::wire::Answer;
use crate::ids::UserId;
use crate::sim::rules::Refusal;
use crate::sim::shared::Shared;

/// What is called, and why.
pub(super) struct Calling<'a> {
    pub(super) hook: &'a Hook,
    pub(super) owner: &'a HookOwner,
    pub(super) kind: &'a str,
    pub(super) user: Option<UserId>,
    pub(super) plain: &'a str,
}

/// An answer that is fit to be acted on.
pub(super) struct Reply {
    /// Number of the callback.
    pub(super) seq: u64,
    /// What the envelope held; from an app, which has none, the body.
    pub(super) message: Value,
    /// What went wrong with the callback on purpose.
    pub(super) faults: Vec<HookFaultKind>,
}

impl Calling<'_> {
    /// Makes the callback. The answer is kept open in the journal: whoever acts on it ends it.
    pub(super) async fn make(&self, shared: &Shared) -> Option<Reply> {
        let faults = shared.hooks().take(self.owner, self.kind);
        let now_ms = shared.now();
        let sealed = sealed::callback(
            self.owner,
            &self.hook.url,
            &self.hook.envelope,
            self.plain,
            &faults,
            now_ms,
        );
        let seq = shared.hooks().begin(self.noted(now_ms, &faults));
        let answer = self.send(shared, seq, &sealed, self.attempts()).await;
        let mut shown = shown(&answer);
        let mut read = self.read(&sealed, &faults, answer);
        if faults.contains(&HookFaultKind::Twice) {
            let again = self.send(shared, seq, &sealed, 1).await;
            let shown_again = self::shown(&again);
            if let Err(refusal) = self.read(&sealed, &faults, again) {
                (shown, read) = (shown_again, Err(refusal));
            }
        }
        match read {
            Ok(Some(message)) => Some(Reply {
                seq,
                message,
                faults,
            }),
            Ok(None) => {
                shared.hooks().end(seq, shown, None);
                None
            }
            Err(refusal) => {
                self.fail(shared, seq, shown, &refusal);
                None
            }
        }
    }

    /// Checks the address, as the console does when it is saved.
    pub(super) async fn check(&self, shared: &Shared) -> u64 {
        let now_ms = shared.now();
        let check = sealed::check(&self.hook.url, &self.hook.envelope, now_ms);
        let mut noted = self.noted(now_ms, &[]);
        noted.plain.clone_from(&check.echo);
        let seq = shared.hooks().begin(noted);
        let began = Instant::now();
        let answer = shared.wire.get(&check.url, shared.pace.check_within).await;
        let (attempt, answer) = attempted(shared, began, answer);
        shared.hooks().attempted(seq, attempt);
        let (shown, problem) = match answer {
            Err(error) => (None, Some(error)),
            Ok(answer) => {
                let shown = text_of(&answer);
                let problem = if answer.status != OK {
                    Some(format!("the answer's status is {}", answer.status))
                } else if answer.body != check.echo.as_bytes() {
                    Some("the answer is not exactly the echoed text".to_owned())
                } else {
                    None
                };
                (Some(shown), problem)
            }
        };
        shared.hooks().end(seq, shown, problem);
        seq
    }

    /// Notes that an answer breaks a rule.
    pub(super) fn fail(
        &self,
        shared: &Shared,
        seq: u64,
        answer: Option<String>,
        refusal: &Refusal,
    ) {
        let text = refusal.text.clone().into_owned();
        if refusal.is_violation {
            let now_ms = shared.now();
            let mut world = shared.world();
            world.hook_violated(self.owner, seq, self.kind, &text, now_ms);
        }
        shared.hooks().end(seq, answer, Some(text));
    }

    fn noted(&self, now_ms: i64, faults: &[HookFaultKind]) -> HookCall {
        HookCall {
            seq: 0,
            at: now_ms,
            owner: self.owner.clone(),
            kind: self.kind.to_owned(),
            user: self.user.clone(),
            plain: self.plain.to_owned(),
            faults: faults.to_vec(),
            attempts: Vec::new(),
            answer: None,
            problem: None,
            done: false,
        }
    }

    /// A click is told once; whatever else has no answer is told again.
    fn attempts(&self) -> usize {
        match (self.owner, self.kind) {
            (HookOwner::Bot(_), "template_card_event") => 1,
            _ => ATTEMPTS,
        }
    }

    async fn send(
        &self,
        shared: &Shared,
        seq: u64,
        sealed: &Sealed,
        attempts: usize,
    ) -> Result<Answer, NoAnswer> {
        let content_type = match self.owner {
            HookOwner::Bot(_) => "application/json",
            HookOwner::App(_) => "text/xml",
        };
        let within = shared.pace.answer_within;
        let mut last = String::new();
        let mut is_slow = false;
        for _ in 0..attempts {
            let began = Instant::now();
            let body = sealed.body.clone();
            let answer = shared.wire.post(&sealed.url, content_type, body, within);
            let (attempt, answer) = attempted(shared, began, answer.await);
            shared.hooks().attempted(seq, attempt);
            match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    is_slow = began.elapsed() >= within;
                    last = error;
                }
            }
            // Where nobody listens, nobody will in the same moment.
            tokio::time::sleep(PAUSE).await;
        }
        Err(NoAnswer {
            text: last,
            is_slow,
        })
    }

    /// What an answer says; `None` where there is nothing to act on, and rightly so.
    fn read(
        &self,
        sealed: &Sealed,
        faults: &[HookFaultKind],
        answer: Result<Answer, NoAnswer>,
    ) -> Result<Option<Value>, Refusal> {
        let broken = |text: Cow<'static, str>| Refusal::violation(0, text);
        let answer = match answer {
            Ok(answer) => answer,
            Err(none) if none.is_slow => return Err(broken(none.text.into())),
            Err(none) => return Err(Refusal::normal(0, none.text)),
        };
        let is_spoilt = faults.iter().any(HookFaultKind::spoils);
        if answer.status != OK {
            if is_spoilt {
                return Ok(None);
            }
            let text = format!("the answer's status is {}", answer.status);
            return Err(broken(text.into()));
        }
        if faults.iter().any(HookFaultKind::must_be_refused) {
            let text = "a callback that must be refused was accepted";
            return Err(broken(text.into()));
        }
        match self.owner {
            HookOwner::App(_) => match answer.body.as_ref() {
                b"" => Ok(Some(json!(""))),
                b"success" => Ok(Some(json!("success"))),
                _ => Err(broken("the answer is neither empty nor `success`".into())),
            },
            HookOwner::Bot(_) => {
                let opened = sealed::opened(&self.hook.envelope, &sealed.nonce, &answer.body);
                opened.map(Some).map_err(|text| broken(text.into()))
            }
        }
    }
}

/// An answer as it came.
fn shown(answer: &Result<Answer, NoAnswer>) -> Option<String> {
    answer.as_ref().ok().map(text_of)
}

fn text_of(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// Why there is no answer.
struct NoAnswer {
    text: String,
    /// Somebody listens, and takes too long.
    is_slow: bool,
}

fn attempted(
    shared: &Shared,
    began: Instant,
    answer: Result<Answer, String>,
) -> (HookAttempt, Result<Answer, String>) {
    let taken = began.elapsed();
    let attempt = HookAttempt {
        at: shared.now() - i64::try_from(taken.as_millis()).unwrap_or_default(),
        ms: u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
        status: answer.as_ref().ok().map(|answer| answer.status),
        error: answer.as_ref().err().cloned(),
    };
    (attempt, answer)
}

/// Checks the address of a bot or an app; returns the number of the call.
pub(super) async fn check(shared: &Shared, owner: &HookOwner, hook: &Arc<Hook>) -> u64 {
    let calling = Calling {
        hook,
        owner,
        kind: CHECK,
        user: None,
        plain: "",
    };
    calling.check(shared).await
}

const OK: u16 = 200;
/// How often a callback is sent that has no answer.
const ATTEMPTS: usize = 3;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(50);
