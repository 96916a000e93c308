//! Questions to the person at the client, in both ways that the protocol has.
//!
//! A legacy client is asked while the call waits. In the revisions from 2026-07-28 on a
//! server asks nothing by itself: the call ends with the question and a sealed state, and
//! the client makes the same call again with the person's answer and that state.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rmcp::model::{
    CallToolRequestParams, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction,
    ElicitationSchema, InputRequest, InputRequiredResult, RequestStateCodec, SealOptions,
};
use rmcp::{ErrorData, Peer, RoleServer};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Context, log};
use crate::mcp::credentials::Credential;
use crate::mcp::tool::{Confirm, Confirmed, NobodyToAsk, Question};

/// How long a person may think.
const PATIENCE: Duration = Duration::from_mins(5);

/// Name of the question, and of the field with the answer.
const ALLOW: &str = "allow";

/// Asks the person at one client about one call.
pub(super) struct Asker<'a> {
    way: Way,
    states: &'a RequestStateCodec,
    /// What a state belongs to: this credential and this very call.
    subject: Vec<u8>,
}

enum Way {
    Nobody,
    AtOnce(Arc<AtOnce>),
    NextTime(Arc<NextTime>),
}

impl<'a> Asker<'a> {
    /// # Errors
    /// The call comes with a state that is not ours, not of this call, or too old.
    pub(super) fn new(
        states: &'a RequestStateCodec,
        credential: &Credential,
        request: &CallToolRequestParams,
        arguments: &Map<String, Value>,
        context: &Context,
    ) -> Result<Self, ErrorData> {
        let subject = subject(credential, arguments);
        let can_ask = context
            .client_capabilities()
            .and_then(|client| client.elicitation)
            .is_some_and(|how| how.form.is_some() || how.url.is_none());
        let way = if !can_ask {
            Way::Nobody
        } else if log::is_modern(context) {
            Way::NextTime(Arc::new(NextTime {
                answered: answered(states, &subject, request)?,
                asked: Mutex::default(),
            }))
        } else {
            Way::AtOnce(Arc::new(AtOnce(context.peer.clone())))
        };
        Ok(Self {
            way,
            states,
            subject,
        })
    }

    /// For the call.
    pub(super) fn confirm(&self) -> Arc<dyn Confirm> {
        match &self.way {
            Way::Nobody => Arc::new(NobodyToAsk),
            Way::AtOnce(asker) => asker.clone(),
            Way::NextTime(asker) => asker.clone(),
        }
    }

    /// The question that the call ended with, if it did.
    pub(super) fn into_question(self) -> Option<InputRequiredResult> {
        let Way::NextTime(asker) = &self.way else {
            return None;
        };
        let question = asker.asked().take()?;
        let request = ElicitRequest::new(form(&question)?);
        let questions = BTreeMap::from([(ALLOW.to_owned(), InputRequest::Elicitation(request))]);
        let options = SealOptions::new()
            .associated_data(&self.subject)
            .ttl(PATIENCE);
        let state = self.states.seal_with(question.text().as_bytes(), &options);
        Some(InputRequiredResult::new(Some(questions), Some(state)))
    }
}

/// Asks while the call waits.
struct AtOnce(Peer<RoleServer>);

#[async_trait]
impl Confirm for AtOnce {
    async fn ask(&self, question: Question) -> Confirmed {
        let Some(form) = form(&question) else {
            return Confirmed::Unavailable;
        };
        match self
            .0
            .create_elicitation_with_timeout(form, Some(PATIENCE))
            .await
        {
            Ok(answer) => verdict(&answer),
            Err(error) => {
                tracing::debug!(%error, "the person at the client was not asked");
                Confirmed::Unavailable
            }
        }
    }
}

impl fmt::Debug for AtOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AtOnce")
    }
}

/// Keeps the question for the end of the call, and knows the answer the next time.
#[derive(Debug)]
struct NextTime {
    answered: Option<(String, Confirmed)>,
    asked: Mutex<Option<Question>>,
}

impl NextTime {
    fn asked(&self) -> std::sync::MutexGuard<'_, Option<Question>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Confirm for NextTime {
    async fn ask(&self, question: Question) -> Confirmed {
        match &self.answered {
            Some((text, answer)) if *text == question.text() => *answer,
            _ => {
                *self.asked() = Some(question);
                Confirmed::Later
            }
        }
    }
}

/// What the person said to the question that the state holds.
fn answered(
    states: &RequestStateCodec,
    subject: &[u8],
    request: &CallToolRequestParams,
) -> Result<Option<(String, Confirmed)>, ErrorData> {
    let Some(state) = &request.request_state else {
        return Ok(None);
    };
    let invalid = || ErrorData::invalid_params("requestState is not valid for this call", None);
    let text = states.open_with(state, subject).map_err(|_| invalid())?;
    let text = String::from_utf8(text).map_err(|_| invalid())?;
    let answer = request
        .input_responses
        .as_ref()
        .and_then(|responses| responses.get(ALLOW))
        .and_then(|answer| serde_json::from_value::<ElicitResult>(answer.clone()).ok());
    Ok(answer.map(|answer| (text, verdict(&answer))))
}

fn verdict(answer: &ElicitResult) -> Confirmed {
    let allowed = answer
        .content
        .as_ref()
        .and_then(|content| content.get(ALLOW))
        .and_then(Value::as_bool);
    match (&answer.action, allowed) {
        (ElicitationAction::Accept, Some(true)) => Confirmed::Yes,
        _ => Confirmed::No,
    }
}

fn form(question: &Question) -> Option<ElicitRequestParams> {
    let requested_schema = ElicitationSchema::builder()
        .required_bool(ALLOW)
        .build()
        .ok()?;
    Some(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: question.text(),
        requested_schema,
    })
}

fn subject(credential: &Credential, arguments: &Map<String, Value>) -> Vec<u8> {
    let mut hash = Sha256::new();
    // Lengths keep them apart. An agent's session has one owner and turns of several
    // members: what one was asked, another can't answer.
    for part in [
        format!("{:?}", credential.owner()),
        format!("{:?}", credential.identity()),
        Value::Object(arguments.clone()).to_string(),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::server::handler::tools::tests::credential;

    fn states() -> RequestStateCodec {
        RequestStateCodec::new_unchecked([7; 32])
    }

    fn arguments(method: &str) -> Map<String, Value> {
        json!({ "action": "call", "method": method })
            .as_object()
            .unwrap()
            .clone()
    }

    fn question() -> Question {
        Question {
            method: "todo.delete_todo".to_owned(),
            action: "Delete a to-do".to_owned(),
            object: None,
        }
    }

    #[tokio::test]
    async fn the_answer_counts_for_the_call_that_was_asked_about_and_no_other() {
        let (states, one) = (states(), credential(Some("zhangsan")));
        let asker = |arguments: &Map<String, Value>| Asker {
            way: Way::NextTime(Arc::new(NextTime {
                answered: None,
                asked: Mutex::default(),
            })),
            states: &states,
            subject: subject(&one, arguments),
        };
        let delete = asker(&arguments("delete_todo"));
        assert_eq!(delete.confirm().ask(question()).await, Confirmed::Later);
        let pending = delete.into_question().unwrap();
        assert!(pending.input_requests.unwrap().contains_key(ALLOW));
        let state = pending.request_state.unwrap();

        let again = |answer: Value| {
            let mut request = CallToolRequestParams::new("wecom_mcp");
            request.request_state = Some(state.clone());
            request.input_responses = Some(BTreeMap::from([(ALLOW.to_owned(), answer)]));
            request
        };
        let yes = again(json!({ "action": "accept", "content": { "allow": true } }));
        let same_call = subject(&one, &arguments("delete_todo"));
        let found = answered(&states, &same_call, &yes).unwrap().unwrap();
        assert_eq!(found, (question().text(), Confirmed::Yes));
        let other_call = subject(&one, &arguments("send_message"));
        answered(&states, &other_call, &yes).unwrap_err();
        let other_member = subject(&credential(Some("lisi")), &arguments("delete_todo"));
        answered(&states, &other_member, &yes).unwrap_err();

        let mut forged = yes;
        forged.request_state = Some(format!("{state}x"));
        answered(&states, &same_call, &forged).unwrap_err();
        for no in [
            json!({ "action": "accept", "content": { "allow": false } }),
            json!({ "action": "accept" }),
            json!({ "action": "decline" }),
            json!({ "action": "cancel", "content": { "allow": true } }),
        ] {
            let found = answered(&states, &same_call, &again(no)).unwrap().unwrap();
            assert_eq!(found.1, Confirmed::No);
        }
    }

    #[tokio::test]
    async fn an_answer_to_another_question_is_none() {
        let next_time = NextTime {
            answered: Some(("Allow something else?".to_owned(), Confirmed::Yes)),
            asked: Mutex::default(),
        };
        assert_eq!(next_time.ask(question()).await, Confirmed::Later);
        assert_eq!(*next_time.asked(), Some(question()));
    }
}
