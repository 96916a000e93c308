use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::ids::ChatId;
use crate::interceptors::scene::{Scene, answered, business};

#[derive(Debug)]
struct Cards {
    sent: Mutex<Vec<(String, String)>>,
    outcome: Mutex<Option<Result<(), AuthCardError>>>,
}

#[async_trait]
impl AuthCards for Cards {
    async fn send(
        &self,
        _: &AccountId,
        chat: &TurnChat,
        requester: &UserId,
    ) -> Result<(), AuthCardError> {
        let chat = match chat {
            TurnChat::Direct(user) => user.as_str(),
            TurnChat::Group(id) => id.as_str(),
        };
        let sent = (chat.to_owned(), requester.as_str().to_owned());
        self.sent.lock().unwrap().push(sent);
        let outcome = self.outcome.lock().unwrap().clone();
        match outcome {
            Some(outcome) => outcome,
            None => std::future::pending().await,
        }
    }
}

struct Desk {
    scene: Scene,
    cards: Arc<Cards>,
    interceptor: Arc<dyn Interceptor>,
}

fn refused(code: i64) -> Value {
    json!({"errcode": code, "errmsg": "no", "help_message": "open https://work.weixin.qq.com/x"})
}

impl Desk {
    fn new(outcome: Option<Result<(), AuthCardError>>) -> Self {
        let scene = Scene::new();
        scene.set(|account| account.mcp.doc_auth_card = true);
        scene.serve(|_| answered(&refused(851_013)));
        let cards = Arc::new(Cards {
            sent: Mutex::default(),
            outcome: Mutex::new(outcome),
        });
        let interceptor = Arc::new(DocAuthError::new(cards.clone(), scene.config.clone()));
        Self {
            scene,
            cards,
            interceptor,
        }
    }

    async fn ask(&self, identity: Identity) -> Value {
        let call = self.scene.call_of(identity, "doc", "create_doc", json!({}));
        business(&self.scene.run(&self.interceptor, call).await.unwrap())
    }

    fn sent(&self) -> usize {
        self.cards.sent.lock().unwrap().len()
    }
}

fn direct(user: &str) -> Identity {
    Identity::of_turn(
        AccountId::new("default"),
        Some(UserId::new(user)),
        TurnChat::Direct(UserId::new(user)),
    )
}

#[tokio::test(start_paused = true)]
async fn a_member_gets_one_card_in_ten_minutes_and_the_model_no_link() {
    let desk = Desk::new(Some(Ok(())));
    let told = desk.ask(direct("ZhangSan")).await;
    assert_eq!(
        (&told["auth_card"], &told["_biz_msg_sent"], &told["errcode"]),
        (&json!("sent"), &json!(true), &json!(851_013))
    );
    assert!(told.get("help_message").is_none() && told["_user_hint"].is_string());
    let cased = ("ZhangSan".to_owned(), "ZhangSan".to_owned());
    assert_eq!(*desk.cards.sent.lock().unwrap(), [cased]);

    let told = desk.ask(direct("ZhangSan")).await;
    assert_eq!(
        (&told["auth_card"], &told["_biz_msg_sent"]),
        (&json!("already_sent"), &json!(false))
    );
    assert!(told.get("help_message").is_none());
    desk.ask(direct("LiSi")).await;
    assert_eq!(desk.sent(), 2);
    tokio::time::advance(QUIET).await;
    assert_eq!(desk.ask(direct("ZhangSan")).await["auth_card"], "sent");
    assert_eq!(desk.sent(), 3);
}

#[tokio::test(start_paused = true)]
async fn where_no_card_goes_out_the_link_stays() {
    for (outcome, reason) in [
        (Some(Err(AuthCardError::NotConnected)), "not connected"),
        (Some(Err(AuthCardError::Refused(93_006))), "93006"),
        (None, "in time"),
    ] {
        let desk = Desk::new(outcome);
        for _ in 0..2 {
            let told = desk.ask(direct("a")).await;
            assert_eq!(told["auth_card"], "failed");
            assert_eq!(told["_biz_msg_sent"], false);
            assert_eq!(told["help_message"], refused(0)["help_message"]);
            assert!(
                told["auth_card_reason"].as_str().unwrap().contains(reason),
                "{told}"
            );
        }
        assert_eq!(desk.sent(), 2, "a card that was not sent does not count");
    }
}

#[tokio::test]
async fn only_a_direct_chat_of_a_known_member_gets_one() {
    let desk = Desk::new(Some(Ok(())));
    let account = || AccountId::new("default");
    let user = || Some(UserId::new("a"));
    let group = Identity::of_turn(account(), user(), TurnChat::Group(ChatId::new("g")));
    assert_eq!(desk.ask(group).await, refused(851_013));
    for identity in [
        Identity::of_turn(account(), None, TurnChat::Direct(UserId::new("a"))),
        Identity::of_credential(account(), user(), "laptop"),
        Identity::of_operator(account(), user()),
    ] {
        let told = desk.ask(identity).await;
        assert_eq!(told["auth_card"], "failed");
        assert_eq!(told["help_message"], refused(0)["help_message"]);
    }
    assert_eq!(desk.sent(), 0);
}

#[tokio::test]
async fn other_answers_pass_unchanged_and_all_do_where_it_is_off() {
    let desk = Desk::new(Some(Ok(())));
    for code in [0, 850_001, 851_003] {
        desk.scene.serve(move |_| answered(&refused(code)));
        assert_eq!(desk.ask(direct("a")).await, refused(code));
    }
    for code in CODES {
        desk.scene.serve(move |_| answered(&refused(code)));
        let call = desk.scene.call_of(direct("a"), "todo", "get", json!({}));
        let answer = desk.scene.run(&desk.interceptor, call).await.unwrap();
        assert_eq!(business(&answer), refused(code));
        desk.scene.set(|account| account.mcp.doc_auth_card = false);
        assert_eq!(desk.ask(direct("a")).await, refused(code));
        desk.scene.set(|account| account.mcp.doc_auth_card = true);
        desk.ask(direct(&code.to_string())).await;
    }
    assert_eq!(desk.sent(), 3);
}
