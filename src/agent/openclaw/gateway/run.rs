//! What a finished run says.

use serde_json::Value;

use crate::agent::{AgentFailure, FailureClass};

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Finished {
    /// Its last words; `None`: it said nothing, or nothing is known of it.
    pub(super) text: Option<String>,
    /// Files.
    pub(super) media: Vec<String>,
}

/// Reads the second answer of `agent`.
///
/// # Errors
/// The run did not end well.
pub(super) fn finished(payload: &Value) -> Result<Finished, AgentFailure> {
    let status = payload.get("status").and_then(Value::as_str);
    match status {
        Some("ok") => {}
        Some("timeout") => {
            let detail = "the run took longer than the gateway allows, or was aborted there";
            return Err(AgentFailure::new(FailureClass::TimedOut, detail));
        }
        other => {
            let detail = format!("the run ended with {:?}", other.unwrap_or_default());
            return Err(AgentFailure::new(FailureClass::Broken, detail));
        }
    }
    let payloads = payload
        .get("result")
        .and_then(|result| result.get("payloads"))
        .and_then(Value::as_array);
    let mut texts = Vec::new();
    let mut media = Vec::new();
    for payload in payloads.into_iter().flatten() {
        let text = payload.get("text").and_then(Value::as_str);
        let text = text.map(str::trim).filter(|text| !text.is_empty());
        if payload.get("isError").and_then(Value::as_bool) == Some(true) {
            // Its words are for its own users; ours get ours.
            let detail = text.unwrap_or("the run reported an error").to_owned();
            return Err(AgentFailure::new(FailureClass::Broken, detail));
        }
        texts.extend(text);
        media.extend(files(payload));
    }
    Ok(Finished {
        text: (!texts.is_empty()).then(|| texts.join("\n\n")),
        media,
    })
}

fn files(payload: &Value) -> Vec<String> {
    let several = payload.get("mediaUrls").and_then(Value::as_array);
    let mut files: Vec<String> = several
        .into_iter()
        .flatten()
        .filter_map(|file| file.as_str().map(str::to_owned))
        .collect();
    if files.is_empty() {
        let one = payload.get("mediaUrl").and_then(Value::as_str);
        files.extend(one.map(str::to_owned));
    }
    files
}

/// Reads the answer of `agent.wait`; `None`: the run is not over.
pub(super) fn awaited(payload: &Value) -> Option<Finished> {
    payload.get("endedAt").filter(|at| !at.is_null())?;
    let reply = payload.get("terminalReply");
    let text = reply.and_then(|reply| reply.get("text")?.as_str());
    Some(Finished {
        text: text
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        media: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_joined_and_each_file_is_named() {
        let payload = json!({"status": "ok", "result": {"payloads": [
            {"text": "One.\n", "mediaUrl": null},
            {"text": "", "mediaUrls": ["/a.png", "https://host/b.pdf"]},
            {"text": "Two.", "mediaUrl": "/c.png"},
        ]}});
        let expected = Finished {
            text: Some("One.\n\nTwo.".to_owned()),
            media: vec![
                "/a.png".to_owned(),
                "https://host/b.pdf".to_owned(),
                "/c.png".to_owned(),
            ],
        };
        assert_eq!(finished(&payload), Ok(expected));
        let silent = json!({"status": "ok", "result": {"payloads": []}});
        assert_eq!(finished(&silent), Ok(Finished::default()));
    }

    #[test]
    fn what_did_not_end_well_is_a_failure_in_our_words() {
        for (payload, class) in [
            (json!({"status": "timeout"}), FailureClass::TimedOut),
            (json!({"status": "error"}), FailureClass::Broken),
            (json!({}), FailureClass::Broken),
            (
                json!({"status": "ok", "result": {"payloads": [{"text": "⚠️ x", "isError": true}]}}),
                FailureClass::Broken,
            ),
        ] {
            assert_eq!(finished(&payload).unwrap_err().class, class, "{payload}");
        }
    }

    #[test]
    fn a_run_that_goes_on_is_not_over() {
        assert_eq!(awaited(&json!({"runId": "m1", "status": "timeout"})), None);
        let over = json!({"status": "ok", "endedAt": 5, "terminalReply": {"text": "done"}});
        assert_eq!(awaited(&over).unwrap().text.as_deref(), Some("done"));
    }
}
