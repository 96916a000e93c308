//! The bots as other rooms reach them.

use tokio::sync::broadcast;
use tokio::time::timeout;
use wecom::ids::AccountId;
use wecom::sim::{FaultRequest, Injection};
use wecom::wecom::bot::{BotError, Command, SendError};

use crate::support::{BOT, House, PATIENCE, Plan, USER};

const URL: &str = "https://qyapi.weixin.qq.com/mcp/robot-todo?apikey=EXAMPLE";

fn config_of(category: &str) -> Command {
    Command::McpConfig {
        biz_type: category.to_owned(),
    }
}

async fn change(changes: &mut broadcast::Receiver<AccountId>) -> AccountId {
    let change = timeout(PATIENCE, changes.recv()).await;
    change.expect("nothing changed").unwrap()
}

#[tokio::test]
async fn a_bot_answers_by_its_account() {
    let house = House::open(Plan::default()).await;
    house.sim.set_mcp_url(&BOT.into(), "todo", URL).unwrap();
    let bots = house.runtime.bots();
    let account = AccountId::new("default");
    let ack = bots.send(&account, config_of("todo")).await.unwrap();
    assert_eq!(ack.body.unwrap()["url"], URL);
    let refused = bots.send(&account, config_of("disk")).await.unwrap_err();
    assert!(matches!(
        refused,
        BotError::Send(SendError::Refused(refusal)) if refusal.is_category_unavailable()
    ));
    let nobody = bots.send(&"nobody".into(), config_of("todo")).await;
    assert_eq!(nobody.unwrap_err(), BotError::NoBot);
}

#[tokio::test]
async fn a_command_waits_for_a_connection_that_comes_back() {
    let house = House::open(Plan::default()).await;
    house.sim.set_mcp_url(&BOT.into(), "todo", URL).unwrap();
    let bots = house.runtime.bots();
    house.fault(&FaultRequest {
        drop: true,
        ..FaultRequest::default()
    });
    let cut = house
        .sim
        .wait_connection(&BOT.into(), PATIENCE, |info| !info.subscribed)
        .await;
    cut.unwrap();
    let account = AccountId::new("default");
    let sent = timeout(PATIENCE, async {
        // Until the client has noticed, a frame goes into the dead socket.
        loop {
            let sent = bots.send(&account, config_of("todo")).await;
            if sent != Err(BotError::Send(SendError::Unknown)) {
                return sent;
            }
        }
    });
    assert_eq!(sent.await.unwrap().unwrap().body.unwrap()["url"], URL);
}

#[tokio::test]
async fn whoever_remembers_what_wecom_said_hears_when_it_may_not_hold() {
    let house = House::open(Plan::default()).await;
    let bots = house.runtime.bots();
    let account = AccountId::new("default");
    let mut changes = bots.changes();
    // Its own subscribe was a change too; after an answer that has been told.
    bots.send(&account, config_of("todo")).await.unwrap();
    while changes.try_recv().is_ok() {}
    house
        .sim
        .inject(Injection::event(BOT, USER, "auth_change_event"))
        .unwrap();
    assert_eq!(change(&mut changes).await, account);

    house.fault(&FaultRequest {
        drop: true,
        ..FaultRequest::default()
    });
    assert_eq!(change(&mut changes).await, account);

    let mut without = house.config.clone();
    without.accounts.clear();
    house.runtime.apply(&without).await;
    assert_eq!(change(&mut changes).await, account);
    let gone = bots.send(&account, config_of("todo")).await;
    assert_eq!(gone.unwrap_err(), BotError::NoBot);
}
