use bytes::Bytes;
use serde_json::json;

use super::*;
use crate::ids::ChatKind;
use crate::wecom::bot::UploadId;

fn encoded(command: &Command, version: Option<&str>) -> Value {
    let req_id = command.req_id(1_767_225_600_000);
    let text = command.encode(&req_id, version);
    let frame: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(frame["cmd"], command.name());
    assert_eq!(frame["headers"], json!({"req_id": req_id}));
    assert_eq!(frame.as_object().unwrap().len(), 3);
    frame["body"].clone()
}

fn check(cases: &[(Command, Value)]) {
    for (command, body) in cases {
        let name = command.name();
        assert_eq!(encoded(command, Some("2026.4.29")), *body, "{name}");
    }
}

fn markdown(text: &str) -> MessageBody {
    MessageBody::Markdown(text.to_owned())
}

#[test]
fn replies_have_the_documented_bodies() {
    let req_id = ReqId::from("Xq81");
    let card = json!({"card_type": "vote_interaction", "task_id": "t"});
    let stream = |feedback_id: Option<&str>| Command::RespondStream {
        req_id: req_id.clone(),
        stream: StreamFrame {
            id: "stream_1".into(),
            finish: false,
            content: "**Today**: \"10:00\"\n".to_owned(),
            feedback_id: feedback_id.map(str::to_owned),
        },
    };
    let cases = [
        (
            stream(Some("fb-77")),
            json!({"msgtype": "stream", "stream": {"id": "stream_1", "finish": false,
                "content": "**Today**: \"10:00\"\n", "feedback": {"id": "fb-77"}}}),
        ),
        (
            stream(None),
            json!({"msgtype": "stream", "stream": {"id": "stream_1", "finish": false,
                "content": "**Today**: \"10:00\"\n"}}),
        ),
        (
            Command::Respond {
                req_id: req_id.clone(),
                body: MessageBody::TemplateCard(card.clone()),
            },
            json!({"msgtype": "template_card", "template_card": card}),
        ),
        (
            Command::Welcome {
                req_id: req_id.clone(),
                body: WelcomeBody::Text("Hello".to_owned()),
            },
            json!({"msgtype": "text", "text": {"content": "Hello"}}),
        ),
        (
            Command::UpdateCard {
                req_id: req_id.clone(),
                users: vec!["lisi".into()],
                card: card.clone(),
            },
            json!({"response_type": "update_template_card", "userids": ["lisi"],
                "template_card": card}),
        ),
        (
            Command::UpdateCard {
                req_id: req_id.clone(),
                users: Vec::new(),
                card: card.clone(),
            },
            json!({"response_type": "update_template_card", "template_card": card}),
        ),
        (
            Command::EnterCheck { req_id },
            json!({"version": "2026.4.29"}),
        ),
    ];
    check(&cases);
}

#[test]
fn own_messages_have_the_documented_bodies() {
    let send = |kind, body| Command::Send {
        chat: "lisi".into(),
        kind,
        body,
    };
    let cases = [
        (
            send(Some(ChatKind::Direct), markdown("Report is ready")),
            json!({"chatid": "lisi", "chat_type": 1, "msgtype": "markdown",
                "markdown": {"content": "Report is ready"}}),
        ),
        (
            send(None, MessageBody::File("M1".into())),
            json!({"chatid": "lisi", "msgtype": "file", "file": {"media_id": "M1"}}),
        ),
        (
            send(
                Some(ChatKind::Group),
                MessageBody::Video {
                    media_id: "M1".into(),
                    title: Some("t".to_owned()),
                    description: None,
                },
            ),
            json!({"chatid": "lisi", "chat_type": 2, "msgtype": "video",
                "video": {"media_id": "M1", "title": "t"}}),
        ),
        (
            Command::UploadInit {
                kind: UploadKind::File,
                file_name: "report.pdf".to_owned(),
                size_bytes: 700_000,
                chunks: 2,
                md5: "0123456789abcdef0123456789abcdef".to_owned(),
            },
            json!({"type": "file", "filename": "report.pdf", "total_size": 700_000,
                "total_chunks": 2, "md5": "0123456789abcdef0123456789abcdef"}),
        ),
        (
            Command::UploadChunk {
                upload_id: UploadId::new("UP1"),
                index: 1,
                data: Bytes::from_static(b"\x00\xff\x10?"),
            },
            json!({"upload_id": "UP1", "chunk_index": 1, "base64_data": "AP8QPw=="}),
        ),
        (
            Command::UploadFinish {
                upload_id: UploadId::new("UP1"),
            },
            json!({"upload_id": "UP1"}),
        ),
        (
            Command::McpConfig {
                biz_type: "doc".to_owned(),
            },
            json!({"biz_type": "doc", "plugin_version": "2026.4.29"}),
        ),
        (
            Command::SendBizMessage {
                biz_type: 1,
                chat: "wrEXAMPLEgroup01".into(),
                kind: ChatKind::Group,
                user: "lisi".into(),
            },
            json!({"biz_type": 1, "chat_id": "wrEXAMPLEgroup01", "userid": "lisi",
                "chat_type": 2}),
        ),
    ];
    check(&cases);
}

#[test]
fn versions_are_left_out_when_unset() {
    let config = Command::McpConfig {
        biz_type: "doc".to_owned(),
    };
    assert_eq!(encoded(&config, None), json!({"biz_type": "doc"}));
    let check = Command::EnterCheck { req_id: "e".into() };
    assert_eq!(encoded(&check, None), json!({}));
}

#[test]
fn own_ids_have_the_documented_prefixes() {
    let config = Command::McpConfig {
        biz_type: "doc".to_owned(),
    };
    let finish = Command::UploadFinish {
        upload_id: UploadId::new("UP1"),
    };
    for (command, prefix) in [
        (config, "mcp_config_1767225600000_"),
        (finish, "aibot_upload_media_finish_1767225600000_"),
    ] {
        let req_id = command.req_id(1_767_225_600_000);
        let digits = req_id.as_str().strip_prefix(prefix).unwrap();
        assert_eq!(digits.len(), 8);
        assert!(u32::from_str_radix(digits, 16).is_ok());
    }
}

#[test]
fn a_ping_has_no_body() {
    assert_eq!(
        ping(&"ping_1_0a1b2c3d".into()).as_str(),
        r#"{"cmd":"ping","headers":{"req_id":"ping_1_0a1b2c3d"}}"#
    );
}
