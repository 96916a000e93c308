//! What keeps the doctor from calling at all.

use tokio::net::TcpListener;

use crate::house::House;
use crate::server::{Server, response};

const TWO: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      dmPolicy: 'pairing',
      accounts: {
        hq: { botId: 'aibTEST01', secret: 'canaryTOKEN1' },
        plant: {
          connectionMode: 'webhook',
          token: 'canaryTOKEN1',
          encodingAESKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
        },
      },
    },
  },
  bindings: [{ agentId: 'main', match: { channel: 'wecom', accountId: '*' } }],
}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_nobody_listens_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let url = format!("http://127.0.0.1:{port}/wecom/bot");
    let report = House::new().doctor(&url).await;
    assert_eq!(report.status, 1);
    let fix = report.fix("error", "cannot connect: ");
    assert!(fix.contains("nothing listens on port"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_none() {
    let report = House::new()
        .doctor("https://nobody.invalid/plugins/wecom/bot")
        .await;
    assert_eq!(report.status, 1);
    let fix = report.fix("error", "the name");
    assert!(fix.contains("DNS"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let hang_up = async { while listener.accept().await.is_ok() {} };
    let house = House::new();
    let url = format!("http://127.0.0.1:{port}/wecom/bot");
    let report = tokio::select! {
        report = house.doctor(&url) => report,
        () = hang_up => panic!("the listener is gone"),
    };
    assert_eq!(report.status, 1);
    report.fix("error", "(GET): the connection ended without an answer");
    report.fix("error", "(POST): the connection ended without an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_without_keys_for_it() {
    let server = Server::plain(|_| response(404, "")).await;
    let house = House::with(TWO);
    let report = house.doctor(&server.url("/wecom/bot/hq")).await;
    assert_eq!(report.status, 1);
    let fix = report.fix("error", "no callback keys for it: hq");
    assert!(fix.contains("connectionMode \"webhook\""), "{fix}");

    let report = house.doctor(&server.app()).await;
    let fix = report.fix("error", "no callback keys for it: hq, plant");
    assert!(fix.contains("agent.encodingAESKey"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_of_somebody_else() {
    let server = Server::plain(|_| response(404, "")).await;
    let house = House::with(TWO);
    let url = server.url("/wecom/bot/hq");
    let report = house
        .doctor_with(&["--account", "plant", "--callback", &url])
        .await;
    let fix = report.fix("error", "the path names the account `hq`");
    assert!(fix.contains("--account hq"), "{fix}");

    let report = house.doctor(&server.url("/wecom/agent/nobody")).await;
    report.fix("error", "there is no account `nobody`; known: hq, plant");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bot_of_a_shared_path_is_the_one_with_keys() {
    let server = Server::plain(|_| response(404, "")).await;
    let report = House::with(TWO).doctor(&server.url("/wecom")).await;
    let lines = report.lines();
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("error plant bot: "))
    );
    assert!(!lines.iter().any(|line| line.contains("hq")), "{lines:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_off() {
    let server = Server::plain(|_| response(404, "")).await;
    let house = House::with(&TWO.replace("plant: {", "plant: { enabled: false,"));
    let report = house.doctor(&server.url("/wecom/bot/plant")).await;
    let fix = report.fix("warning", "the account is off");
    assert!(fix.contains("`enabled`"), "{fix}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_cannot_be_read_is_said_first() {
    let report = House::with("{ channels: { wecom: ")
        .doctor("http://127.0.0.1:9/wecom")
        .await;
    assert_eq!(report.status, 1);
    assert_eq!(report.lines().len(), 1, "{:#?}", report.lines());
}
