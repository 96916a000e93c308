use serde_json::json;

use super::*;

fn parsed(frame: &serde_json::Value) -> FromPlugin {
    FromPlugin::parse(frame.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "values are written at the call"
)]
fn event(fields: serde_json::Value) -> TurnEvent {
    let mut frame = json!({"t": "turn.event", "turn": "t1", "n": 3, "more": [1]});
    for (key, value) in fields.as_object().unwrap() {
        frame[key] = value.clone();
    }
    match parsed(&frame) {
        FromPlugin::TurnEvent { turn, n: 3, event } if turn == "t1" => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_happens_in_a_turn_is_read_with_whatever_else_is_there() {
    for (fields, expected) in [
        (json!({"kind": "run", "run": "r1"}), TurnEvent::Run {}),
        (json!({"kind": "message"}), TurnEvent::Message {}),
        (
            json!({"kind": "partial", "text": "ab"}),
            TurnEvent::Partial { text: "ab".into() },
        ),
        (json!({"kind": "reasoning"}), TurnEvent::Reasoning {}),
        (
            json!({"kind": "tool", "name": "x", "phase": "end", "ok": true}),
            TurnEvent::Tool {
                name: "x".into(),
                phase: ToolPhase::End,
                ok: Some(true),
            },
        ),
        (
            json!({"kind": "deliver", "deliver": "block", "media": [{"path": "/a", "name": "b"}],
                   "error": false, "notice": null, "replyTo": "m"}),
            TurnEvent::Deliver(Deliver {
                deliver: DeliverKind::Block,
                media: vec![PluginMedia {
                    path: Some("/a".into()),
                    url: None,
                    name: Some("b".into()),
                }],
                ..Deliver::default()
            }),
        ),
        (
            json!({"kind": "deliver", "deliver": "news", "text": "t", "media": null}),
            TurnEvent::Deliver(Deliver {
                text: Some("t".into()),
                ..Deliver::default()
            }),
        ),
        (
            json!({"kind": "done"}),
            TurnEvent::Done { elsewhere: false },
        ),
        (
            json!({"kind": "done", "elsewhere": true}),
            TurnEvent::Done { elsewhere: true },
        ),
        (
            json!({"kind": "error", "message": "m", "class": "toolong"}),
            TurnEvent::Error {
                message: "m".into(),
                class: ErrorClass::TooLong,
            },
        ),
        (
            json!({"kind": "error", "message": "m", "class": "odd"}),
            TurnEvent::Error {
                message: "m".into(),
                class: ErrorClass::Broken,
            },
        ),
        (json!({"kind": "dance", "text": "x"}), TurnEvent::Unknown),
    ] {
        assert_eq!(event(fields.clone()), expected, "{fields}");
    }
}

#[test]
fn turns_that_still_run_come_with_a_number_or_without() {
    let FromPlugin::TurnsKnown { turns, .. } =
        parsed(&json!({"t": "turns.known", "id": "1", "turns": [{"turn": "a", "n": 2}, "b"]}))
    else {
        panic!("another frame");
    };
    let ids: Vec<_> = turns.iter().map(KnownTurn::turn).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn what_is_no_frame_is_told_apart_from_what_is_not_known() {
    assert_eq!(
        parsed(&json!({"t": "weather", "x": 1})),
        FromPlugin::Unknown("weather".into())
    );
    assert!(matches!(
        FromPlugin::parse(b"{\"t\":"),
        Err(BadFrame::NotJson)
    ));
    assert!(matches!(FromPlugin::parse(b"[]"), Err(BadFrame::NotJson)));
    assert!(matches!(FromPlugin::parse(b"{}"), Err(BadFrame::NoKind)));
    assert!(matches!(
        FromPlugin::parse(b"{\"t\":\"turn.ack\"}"),
        Err(BadFrame::Fields { .. })
    ));
}

#[test]
fn a_token_does_not_show_itself() {
    let hello = parsed(&json!({"t": "hello", "proto": 1, "token": "canary"}));
    assert!(!format!("{hello:?}").contains("canary"));
}

#[test]
fn frames_of_ours_are_one_line_each() {
    let frame = ToPlugin::ToolResult {
        id: "1".into(),
        content: vec![Content::Text {
            text: "a\nb".into(),
        }],
        is_error: false,
    };
    let line = frame.to_line().unwrap();
    assert_eq!(line.matches('\n').count(), 1);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        value,
        json!({"t": "tool.result", "id": "1", "content": [{"type": "text", "text": "a\nb"}], "isError": false})
    );
    let huge = ToPlugin::Bye {
        reason: ByeReason::Proto,
        message: "x".repeat(crate::agent::openclaw::link::MAX_LINE),
    };
    assert!(huge.to_line().is_err());
}
