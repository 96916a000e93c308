//! What the tests of the parts share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::config::AcpPermissions;
use crate::identity::{Identity, TurnChat};
use crate::ids::{Chat, ChatKind};
use crate::store::RouteVia;

pub(super) fn settings(command: &str) -> AcpBackend {
    AcpBackend {
        command: command.to_owned(),
        args: Vec::new(),
        surroundings: BTreeMap::new(),
        env: BTreeMap::new(),
        cwd: None,
        permissions: AcpPermissions::Ask,
        permission_timeout: Duration::from_mins(10),
        start_timeout: Duration::from_mins(1),
        idle: Duration::from_mins(30),
        mcp: true,
    }
}

pub(super) fn turn(kind: ChatKind, sender: &str, text: &str) -> TurnRequest {
    let id = match kind {
        ChatKind::Direct => sender,
        ChatKind::Group => "wr1",
    };
    let chat = Chat {
        account: "hq".into(),
        kind,
        id: id.into(),
    };
    let identity = Identity::of_turn("hq".into(), Some(sender.into()), TurnChat::from(&chat));
    TurnRequest {
        session: SessionKey::of_chat("main", &chat),
        identity: Arc::new(identity),
        chat,
        via: RouteVia::Bot,
        message_id: "m1".into(),
        text: text.to_owned(),
        quote: None,
        attachments: Vec::new(),
        may_command: false,
        earlier_attempts: 0,
    }
}

#[test]
fn another_program_is_another_word_without_its_arguments_in_it() {
    let with_key = AcpBackend {
        args: vec!["--key=canary".to_owned()],
        ..settings("agent")
    };
    assert_ne!(digest(&with_key), digest(&settings("agent")));
    assert!(!digest(&with_key).contains("canary"));
}
