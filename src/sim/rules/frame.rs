//! A client's frame, taken apart.

use serde_json::Value;

use crate::ids::ReqId;

/// A frame that can be answered.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Request {
    /// The command.
    pub(in crate::sim) cmd: String,
    /// The id that the answer repeats.
    pub(in crate::sim) req_id: ReqId,
    /// The body; `null` where there is none.
    pub(in crate::sim) body: Value,
}

/// A frame that is not one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sim) struct Malformed {
    /// What is wrong.
    pub(in crate::sim) reason: String,
    /// The command, where there is one.
    pub(in crate::sim) cmd: Option<String>,
    /// The id, where there is one: such a frame can be answered.
    pub(in crate::sim) req_id: Option<ReqId>,
}

/// Takes a frame apart.
pub(in crate::sim) fn parse(text: &[u8]) -> Result<Request, Malformed> {
    let nothing = |reason: String| Malformed {
        reason,
        cmd: None,
        req_id: None,
    };
    let mut value: Value =
        serde_json::from_slice(text).map_err(|error| nothing(format!("not JSON: {error}")))?;
    let Value::Object(frame) = &mut value else {
        return Err(nothing("not a JSON object".to_owned()));
    };
    let cmd = frame
        .get("cmd")
        .and_then(Value::as_str)
        .filter(|cmd| !cmd.is_empty())
        .map(str::to_owned);
    let req_id = frame
        .get("headers")
        .and_then(|headers| headers.get("req_id"))
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .map(ReqId::from);
    let body = frame.remove("body").unwrap_or(Value::Null);
    match (cmd, req_id) {
        (Some(cmd), Some(req_id)) => Ok(Request { cmd, req_id, body }),
        (cmd, req_id) => {
            let missing = if cmd.is_none() {
                "cmd"
            } else {
                "headers.req_id"
            };
            Err(Malformed {
                reason: format!("{missing} is missing"),
                cmd,
                req_id,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_frame_needs_a_command_and_an_id() {
        let parsed = parse(br#"{"cmd":"ping","headers":{"req_id":"ping_1","x":1},"y":2}"#);
        assert_eq!(
            parsed,
            Ok(Request {
                cmd: "ping".to_owned(),
                req_id: "ping_1".into(),
                body: Value::Null
            })
        );
        let cases: [(&str, &str, Option<&str>); 7] = [
            ("", "not JSON", None),
            ("[1]", "not a JSON object", None),
            ("{\"cmd\":\"\u{1}\"}", "not JSON", None),
            (r#"{"cmd":"ping"}"#, "headers.req_id", None),
            (
                r#"{"cmd":"ping","headers":{"req_id":7}}"#,
                "headers.req_id",
                None,
            ),
            (r#"{"headers":{"req_id":"r"}}"#, "cmd", Some("r")),
            (r#"{"cmd":"","headers":{"req_id":"r"}}"#, "cmd", Some("r")),
        ];
        for (text, reason, req_id) in cases {
            let malformed = parse(text.as_bytes()).unwrap_err();
            assert!(malformed.reason.contains(reason), "{text}: {malformed:?}");
            assert_eq!(malformed.req_id, req_id.map(ReqId::from), "{text}");
        }
        assert!(parse(b"\xff\xfe").is_err());
    }

    #[test]
    fn the_body_is_kept_as_it_is() {
        let parsed = parse(br#"{"cmd":"c","headers":{"req_id":"r"},"body":{"a":[1]}}"#).unwrap();
        assert_eq!(parsed.body, json!({ "a": [1] }));
    }
}
