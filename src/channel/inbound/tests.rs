use serde_json::{Value, json};

use super::*;
use crate::wecom::bot::{Push, PushFrame};

fn inbound(body: &Value) -> Result<Inbound, NotAMessage> {
    let mut full = json!({
        "msgid": "m1", "aibotid": "aib1", "chattype": "single", "from": {"userid": "lisi"},
        "msgtype": "text", "text": {"content": "hi"},
    });
    for (key, value) in body.as_object().unwrap() {
        full[key] = value.clone();
    }
    let frame = json!({"cmd": "aibot_msg_callback", "headers": {"req_id": "r1"}, "body": full});
    match PushFrame::parse(&frame.to_string()).unwrap().push {
        Push::Message(message) => Inbound::from_push(&"hq".into(), &message),
        Push::Event(_) => panic!("a message"),
    }
}

fn text_of(body: &Value) -> String {
    inbound(body).unwrap().text
}

fn kinds(inbound: &Inbound) -> Vec<AttachmentKind> {
    inbound
        .attachments
        .iter()
        .map(|attachment| attachment.kind)
        .collect()
}

const GROUP: &str = "wrEXAMPLEgroup01";

#[test]
fn a_direct_message_belongs_to_the_chat_with_its_sender() {
    let message = inbound(&json!({})).unwrap();
    let expected = Inbound {
        origin: Origin::Message,
        chat: Chat {
            account: "hq".into(),
            kind: ChatKind::Direct,
            id: "lisi".into(),
        },
        sender: "lisi".into(),
        message_id: "m1".into(),
        req_id: "r1".into(),
        text: "hi".to_owned(),
        own_words: true,
        quote: None,
        attachments: Vec::new(),
        response_url: None,
        exchange: Exchange::default(),
        sent_at: None,
        agent_id: None,
        card_code: None,
    };
    assert_eq!(message, expected);
}

#[test]
fn a_group_message_belongs_to_its_group_in_the_original_case() {
    let message = inbound(&json!({"chattype": "group", "chatid": GROUP})).unwrap();
    assert_eq!(message.chat.kind, ChatKind::Group);
    assert_eq!(message.chat.id.as_str(), GROUP);
}

#[test]
fn one_leading_mention_is_removed_and_no_other() {
    for (typed, text) in [
        ("@Helper what is on?", "what is on?"),
        ("@Helper\u{2005}今天 有什么", "今天 有什么"),
        ("  @Helper\n@other hi", "@other hi"),
        ("mail me@example.com", "mail me@example.com"),
        ("a @Helper b", "a @Helper b"),
    ] {
        let body = json!({"chattype": "group", "chatid": GROUP, "text": {"content": typed}});
        assert_eq!(text_of(&body), text, "{typed:?}");
    }
}

#[test]
fn a_lone_mention_with_a_quote_is_about_the_quote() {
    let message = inbound(&json!({
        "text": {"content": "@Helper "},
        "quote": {"msgtype": "text", "text": {"content": "stand-up moved"}},
    }))
    .unwrap();
    assert_eq!(
        (message.text.as_str(), message.quote),
        ("stand-up moved", None)
    );
}

#[test]
fn quotes_of_every_type_are_taken_apart() {
    let media = json!({"url": "https://cos.example/1", "aeskey": "a2V5"});
    let message = inbound(&json!({
        "quote": {"msgtype": "mixed", "mixed": {"msg_item": [
            {"msgtype": "text", "text": {"content": "one"}},
            {"msgtype": "image", "image": media},
            {"msgtype": "text", "text": {"content": "two"}},
        ]}},
    }))
    .unwrap();
    assert_eq!(message.quote.as_deref(), Some("one\ntwo"));
    assert_eq!(kinds(&message), [AttachmentKind::Image]);

    let voice = inbound(&json!({"quote": {"msgtype": "voice", "voice": {"content": "spoken"}}}));
    assert_eq!(voice.unwrap().quote.as_deref(), Some("spoken"));
}

#[test]
fn media_and_mixed_messages_keep_their_order() {
    let media = |n: u8| json!({"url": format!("https://cos.example/{n}"), "aeskey": "a2V5"});
    let message = inbound(&json!({"msgtype": "mixed", "mixed": {"msg_item": [
        {"msgtype": "text", "text": {"content": "compare"}},
        {"msgtype": "image", "image": media(1)},
        {"msgtype": "hologram", "hologram": {}},
        {"msgtype": "file", "file": media(2)},
        {"msgtype": "text", "text": {"content": "these"}},
    ]}}))
    .unwrap();
    assert_eq!(message.text, "compare\nthese");
    assert_eq!(
        kinds(&message),
        [AttachmentKind::Image, AttachmentKind::File]
    );

    let video = inbound(&json!({"msgtype": "video", "video": media(3)})).unwrap();
    assert_eq!(kinds(&video), [AttachmentKind::Video]);
    assert_eq!(
        text_of(&json!({"msgtype": "voice", "voice": {"content": " spoken "}})),
        "spoken"
    );
}

#[test]
fn what_cannot_be_answered_is_refused_with_its_reason() {
    for (body, reason) in [
        (json!({"msgid": null}), NotAMessage::NoMessageId),
        (json!({"from": {}}), NotAMessage::NoSender),
        (json!({"from": null}), NotAMessage::NoSender),
        (json!({"from": {"userid": "SYS"}}), NotAMessage::FromSystem),
        (json!({"chattype": "group"}), NotAMessage::NoChat),
        (json!({"msgtype": "hologram"}), NotAMessage::UnknownType),
        (json!({"text": {"content": " \n"}}), NotAMessage::Empty),
        (json!({"text": {"content": "@Helper"}}), NotAMessage::Empty),
    ] {
        assert_eq!(inbound(&body), Err(reason), "{body}");
    }
}
