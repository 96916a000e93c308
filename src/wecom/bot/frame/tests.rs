use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A push of `cmd` with `body`, whose `req_id` is `r-1`.
fn push_of(cmd: &str, body: &Value) -> Push {
    let text = json!({"cmd": cmd, "headers": {"req_id": "r-1", "more": 1}, "body": body});
    let frame = PushFrame::parse(&text.to_string()).unwrap();
    assert_eq!(PushFrame::parse(&frame.raw).unwrap(), frame, "the raw text");
    frame.push
}

fn message(body: &Value) -> MessagePush {
    match push_of("aibot_msg_callback", body) {
        Push::Message(message) => message,
        Push::Event(event) => panic!("{event:?}"),
    }
}

fn event_of(body: &Value) -> EventPush {
    match push_of("aibot_event_callback", body) {
        Push::Event(event) => event,
        Push::Message(message) => panic!("{message:?}"),
    }
}

fn bare_envelope() -> Envelope {
    Envelope {
        req_id: "r-1".into(),
        message_id: None,
        create_time: None,
        bot_id: None,
        chat_id: None,
        chat_kind: None,
        sender: None,
        corp_id: None,
        response_url: None,
    }
}

fn media_of(url: &str) -> MediaRef {
    MediaRef {
        url: url.into(),
        aes_key: Some("a2V5".into()),
        file_name: None,
        size_bytes: None,
        md5: None,
    }
}

fn text(content: &str) -> Content {
    Content::Text(content.to_owned())
}

#[test]
fn a_group_message_has_every_field() {
    let read = message(&json!({
        "msgid": "CAIQexample0001", "create_time": 1_767_225_600, "aibotid": "aibTEST",
        "chatid": "wrEXAMPLEgroup01", "chattype": "group",
        "from": {"userid": "lisi", "corpid": "ww1", "extra": []},
        "response_url": "https://qyapi.weixin.qq.com/x?response_code=CODE",
        "msgtype": "text", "text": {"content": "@Helper what is on today?"},
        "quote": {"msgtype": "text", "text": {"content": "stand-up moved to 10:00"}},
        "unknown": {"field": true}
    }));
    let expected = MessagePush {
        envelope: Envelope {
            req_id: "r-1".into(),
            message_id: Some("CAIQexample0001".into()),
            create_time: Some(1_767_225_600),
            bot_id: Some("aibTEST".into()),
            chat_id: Some("wrEXAMPLEgroup01".into()),
            chat_kind: Some(ChatKind::Group),
            sender: Some("lisi".into()),
            corp_id: Some("ww1".to_owned()),
            response_url: Some("https://qyapi.weixin.qq.com/x?response_code=CODE".into()),
        },
        content: text("@Helper what is on today?"),
        quote: Some(text("stand-up moved to 10:00")),
    };
    assert_eq!(read, expected);
}

#[test]
fn every_message_type_reads() {
    let media = json!({"url": "https://cos.example/1?sign=d", "aeskey": "a2V5"});
    let reference = || media_of("https://cos.example/1?sign=d");
    let unknown = |msgtype: &str| Content::Unknown {
        msgtype: msgtype.to_owned(),
    };
    let cases = [
        (
            json!({"msgtype": "image", "image": media}),
            Content::Image(reference()),
        ),
        (
            json!({"msgtype": "video", "video": media}),
            Content::Video(reference()),
        ),
        (
            json!({"msgtype": "file", "file": {"url": "https://cos.example/1?sign=d",
                "aeskey": "a2V5", "fileName": "a.pdf", "file_size": "12", "md5": "ff"}}),
            Content::File(MediaRef {
                file_name: Some("a.pdf".to_owned()),
                size_bytes: Some(12),
                md5: Some("ff".to_owned()),
                ..reference()
            }),
        ),
        (
            json!({"msgtype": "voice", "voice": {"content": "remind me"}}),
            Content::Voice("remind me".to_owned()),
        ),
        (
            json!({"msgtype": "mixed", "mixed": {"msg_item": [
                {"msgtype": "text", "text": {"content": "compare these"}},
                {"msgtype": "image", "image": media},
                {"msgtype": "file", "file": media},
                {"msgtype": "hologram", "hologram": {}},
                {"msgtype": "image", "image": {}}
            ]}}),
            Content::Mixed(vec![
                MixedItem::Text("compare these".to_owned()),
                MixedItem::Image(reference()),
                MixedItem::File(reference()),
                MixedItem::Unknown {
                    msgtype: "hologram".to_owned(),
                },
                MixedItem::Unknown {
                    msgtype: "image".to_owned(),
                },
            ]),
        ),
        (
            json!({"msgtype": "stream", "stream": {"id": "s1"}}),
            Content::Stream { id: "s1".into() },
        ),
        (
            json!({"msgtype": "location", "location": {"x": 1}}),
            unknown("location"),
        ),
        (
            json!({"msgtype": "image", "image": {"aeskey": "k"}}),
            unknown("image"),
        ),
        (json!({"msgtype": "voice"}), Content::Voice(String::new())),
    ];
    for (body, content) in cases {
        assert_eq!(message(&body).content, content, "{body}");
        let quoting = json!({"msgtype": "text", "text": {"content": "this"}, "quote": body});
        assert_eq!(message(&quoting).quote, Some(content), "quoted {body}");
    }
}

#[test]
fn every_event_reads() {
    let card = json!({"eventtype": "template_card_event", "template_card_event": {
    "card_type": "vote_interaction", "event_key": "submit_vote_1", "task_id": "t1",
    "selected_items": {"selected_item": [
        {"question_key": "vote_1", "option_ids": {"option_id": ["noodles", "rice"]}},
        {"question_key": "vote_2", "option_ids": {"option_id": "one"}}
    ]}}});
    let selection = |key: &str, options: &[&str]| CardSelection {
        question_key: key.to_owned(),
        option_ids: options.iter().map(|&option| option.to_owned()).collect(),
    };
    let cases = [
        (json!({"eventtype": "enter_chat"}), Event::EnterChat),
        (
            card,
            Event::TemplateCard(CardEvent {
                card_type: "vote_interaction".to_owned(),
                event_key: "submit_vote_1".to_owned(),
                task_id: "t1".to_owned(),
                selections: vec![
                    selection("vote_1", &["noodles", "rice"]),
                    selection("vote_2", &["one"]),
                ],
            }),
        ),
        (
            json!({"eventtype": "feedback_event", "feedback_event": {"id": "fb-77", "type": 2,
                "content": "too short", "inaccurate_reason_list": [2, 4]}}),
            Event::Feedback(FeedbackEvent {
                id: "fb-77".to_owned(),
                rating: Rating::Inaccurate,
                content: Some("too short".to_owned()),
                reasons: vec![2, 4],
            }),
        ),
        (
            json!({"eventtype": "feedback_event", "feedback_event": {"id": "fb", "type": 9}}),
            Event::Feedback(FeedbackEvent {
                id: "fb".to_owned(),
                rating: Rating::Other(9),
                content: None,
                reasons: Vec::new(),
            }),
        ),
        (
            json!({"eventtype": "auth_change_event", "auth_change_event": {"auth_list": [1, 2]}}),
            Event::AuthChange {
                auth_list: vec![1, 2],
            },
        ),
        (
            json!({"eventtype": "auth_change_event"}),
            Event::AuthChange {
                auth_list: Vec::new(),
            },
        ),
        (
            json!({"eventtype": "enter_check_update"}),
            Event::EnterCheckUpdate,
        ),
        (
            json!({"eventtype": "disconnected_event"}),
            Event::Disconnected,
        ),
        (
            json!({"eventtype": "moon_phase", "moon_phase": {}}),
            Event::Unknown {
                event_type: "moon_phase".to_owned(),
            },
        ),
    ];
    for (event, meaning) in cases {
        let expected = EventPush {
            envelope: bare_envelope(),
            event: meaning,
        };
        let body = json!({"msgtype": "event", "event": event});
        assert_eq!(event_of(&body), expected, "{event}");
        // An event under the command of messages must not become a message.
        assert_eq!(push_of("aibot_msg_callback", &body), Push::Event(expected));
    }
}

#[test]
fn the_chat_of_a_permission_event_is_under_from() {
    let body = json!({"msgtype": "event", "chattype": "group",
        "from": {"userid": "lisi", "chat_id": "wrEXAMPLEgroup01"},
        "event": {"eventtype": "auth_change_event"}});
    let envelope = event_of(&body).envelope;
    assert_eq!(envelope.chat_id, Some("wrEXAMPLEgroup01".into()));
    assert_eq!(envelope.chat_kind, Some(ChatKind::Group));
    assert_eq!(envelope.sender, Some("lisi".into()));
}

#[test]
fn odd_fields_do_not_cost_the_message() {
    let read = message(&json!({
        "msgid": 42, "create_time": "1767225600", "aibotid": null, "chatid": "",
        "chattype": "channel", "from": "lisi", "msgtype": "text",
        "text": {"content": "a\u{0}b"}, "quote": {"text": {"content": "no type"}}
    }));
    let expected = MessagePush {
        envelope: Envelope {
            message_id: Some("42".into()),
            create_time: Some(1_767_225_600),
            ..bare_envelope()
        },
        content: text("ab"),
        quote: None,
    };
    assert_eq!(read, expected);
}

#[test]
fn an_old_command_name_is_understood() {
    let body = json!({"msgtype": "text", "text": {"content": "hi"}});
    assert!(matches!(push_of("aibot_callback", &body), Push::Message(_)));
}

#[test]
fn broken_texts_are_read_where_their_meaning_is_plain() {
    let frame = |content: &str| {
        format!(
            "{{\"cmd\":\"aibot_msg_callback\",\r\n\"headers\":{{\"req_id\":\"r-1\"}},\u{1}\
             \"body\":{{\"msgtype\":\"text\",\"text\":{{\"content\":\"{content}\"}}}}}}"
        )
    };
    let cases = [
        ("plain", "plain"),
        ("a\u{2}b", "ab"),
        ("two\nlines", "two\nlines"),
        ("a\tb\\tc", "a\tb\tc"),
        ("nul\\u0000", "nul"),
        ("escaped \\\\u0000", "escaped \\u0000"),
        ("cut \\ud83d", "cut \u{fffd}"),
    ];
    for (content, meaning) in cases {
        let sent = frame(content);
        let read = PushFrame::parse(&sent).unwrap();
        assert_eq!(PushFrame::parse(&read.raw).unwrap(), read, "{content:?}");
        match read.push {
            Push::Message(message) => assert_eq!(message.content, text(meaning)),
            Push::Event(event) => panic!("{event:?}"),
        }
    }
}

#[test]
fn what_is_no_push_says_why() {
    let cases = [
        ("", FrameError::NotJson),
        ("[1]", FrameError::NotJson),
        ("{\"cmd\":\"aibot_msg_callback\",", FrameError::NotJson),
        (
            r#"{"cmd":"aibot_msg_callback","body":{"msgtype":"text"}}"#,
            FrameError::NoReqId,
        ),
        (
            r#"{"cmd":"aibot_msg_callback","headers":{"req_id":""}}"#,
            FrameError::NoReqId,
        ),
        (
            r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"r"}}"#,
            FrameError::NoType,
        ),
        (
            r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"r"},"body":{"msgtype":""}}"#,
            FrameError::NoType,
        ),
        (
            r#"{"cmd":"aibot_event_callback","headers":{"req_id":"r"},"body":{"event":{}}}"#,
            FrameError::NoType,
        ),
        (
            r#"{"headers":{"req_id":"r"},"errcode":0}"#,
            FrameError::NotAPush,
        ),
        (
            r#"{"cmd":"moonwalk","headers":{"req_id":"r"}}"#,
            FrameError::NotAPush,
        ),
    ];
    for (sent, error) in cases {
        assert_eq!(PushFrame::parse(sent), Err(error), "{sent}");
    }
}

#[test]
fn a_rejection_knows_what_the_log_may_say() {
    let broken = r#"{"cmd":"aibot_msg_callback","headers":{"req_id":"Xq81"},"body":{"#;
    let rejected = read(broken).err().unwrap();
    assert_eq!(rejected.cmd.as_deref(), Some("aibot_msg_callback"));
    assert_eq!(rejected.req_id.as_deref(), Some("Xq81"));
}

#[test]
fn answers_read() {
    let outcome = |text: &str| match read(text).ok().unwrap().frame {
        Frame::Answer(answer) => answer.outcome,
        Frame::Push(push) => panic!("{push:?}"),
    };
    assert_eq!(
        outcome(r#"{"headers":{"req_id":"r"},"errcode":0,"errmsg":"ok","body":{"upload_id":"U"}}"#),
        Ok(Some(json!({"upload_id": "U"})))
    );
    assert_eq!(
        outcome(r#"{"headers":{"req_id":"r"},"errcode":0}"#),
        Ok(None)
    );
    assert_eq!(
        outcome(r#"{"headers":{"req_id":"r"},"errcode":93006,"errmsg":"invalid chatid"}"#),
        Err(Refusal {
            code: ErrorCode::new(93_006),
            message: "invalid chatid".to_owned()
        })
    );
}

#[test]
fn nothing_of_a_push_shows_its_secrets() {
    let body = json!({"msgtype": "image", "response_url": "https://h/?c=MARKED",
        "image": {"url": "https://h/?s=MARKED", "aeskey": "MARKED"}});
    let sent = json!({"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": body});
    let shown = format!("{:?}", PushFrame::parse(&sent.to_string()).unwrap());
    assert!(!shown.contains("MARKED"), "{shown}");
}

/// Any JSON, and objects that look like frames but have anything in their fields.
fn frame_like() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        "[a-z_\\u{0}-\\u{1f}😀]{0,12}".prop_map(Value::from),
        prop_oneof![
            Just("text"),
            Just("image"),
            Just("mixed"),
            Just("event"),
            Just("enter_chat"),
            Just("template_card_event"),
            Just("feedback_event"),
            Just("auth_change_event"),
        ]
        .prop_map(Value::from),
    ];
    let any_json = leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(known_key(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    (any_json.clone(), any_json).prop_map(|(body, other)| {
        json!({"cmd": "aibot_msg_callback", "headers": {"req_id": "r"}, "body": body, "x": other})
    })
}

fn known_key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("msgtype"),
        Just("text"),
        Just("image"),
        Just("content"),
        Just("mixed"),
        Just("msg_item"),
        Just("event"),
        Just("eventtype"),
        Just("from"),
        Just("userid"),
        Just("quote"),
        Just("url"),
        Just("template_card_event"),
        Just("selected_items"),
        Just("selected_item"),
        Just("auth_change_event"),
        Just("auth_list"),
    ]
    .prop_map(str::to_owned)
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _ = PushFrame::parse(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn arbitrary_json_like_text_never_panics(text in "[{}\\[\\]:,\"\\\\u0d8f\\n\\t\\x01 a]{0,64}") {
        let _ = PushFrame::parse(&text);
    }

    #[test]
    fn arbitrary_fields_never_panic_and_read_again(frame in frame_like()) {
        if let Ok(read) = PushFrame::parse(&frame.to_string()) {
            prop_assert_eq!(PushFrame::parse(&read.raw), Ok(read));
        }
    }

    #[test]
    fn every_text_arrives_whole(content in "\\PC{0,64}") {
        let frame = json!({"cmd": "aibot_msg_callback", "headers": {"req_id": "r"},
            "body": {"msgtype": "text", "text": {"content": content}}});
        let read = PushFrame::parse(&frame.to_string()).unwrap();
        let Push::Message(message) = read.push else { panic!() };
        prop_assert_eq!(message.content, text(&content));
    }

    #[test]
    fn a_torn_text_never_panics(frame in frame_like(), cut in 0usize..200) {
        let text = frame.to_string();
        let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= cut).last();
        let _ = PushFrame::parse(&text[..end.unwrap_or(0)]);
    }
}
