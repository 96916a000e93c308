//! `wecom channels remove` and `logout` on files that people wrote.

use crate::house::House;

const SINGLE: &str = "\
{
  channels: {
    wecom: {
      enabled: true, // since May
      botId: 'aibTEST01',
      secret: 'canary-secret-5e1f',
      dmPolicy: 'pairing', // ask us
      websocketUrl: 'URL',
    },
  },
}
";

const MULTI: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      defaultAccount: 'Main',
      token: 'canary-token',
      encodingAESKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
      accounts: {
        // The head office.
        Main: { botId: 'aibTEST01', secret: 'canary-secret-5e1f' },
        plant: { botId: 'aibTEST02', secret: 'canary-second-77aa' }, // Suzhou
      },
    },
  },
  bindings: [
    { agentId: 'main', match: { channel: 'wecom', accountId: 'main' } },
    { agentId: 'main', match: { channel: 'wecom', accountId: 'plant' } },
  ],
}
";

fn done(house: &House, arguments: &[&str]) -> String {
    let answer = house.run(&[&["channels"], arguments].concat());
    assert_eq!(answer.status, 0, "{arguments:?}: {}", answer.all());
    answer.out
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_switched_off_where_it_stands() {
    let house = House::with(SINGLE).await;
    done(&house, &["remove"]);
    assert_eq!(
        house.text(),
        SINGLE.replace("enabled: true", "enabled: false")
    );

    let house = House::with(MULTI).await;
    done(&house, &["remove", "--account", "main"]);
    let switched = MULTI.replace(
        "secret: 'canary-secret-5e1f' }",
        "secret: 'canary-secret-5e1f', enabled: false }",
    );
    assert_eq!(house.text(), switched);
    let unknown = house.run(&["channels", "remove", "--account", "lab"]);
    assert_eq!(unknown.status, 1);
    assert!(
        unknown.err.contains("known: main, plant"),
        "{}",
        unknown.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_takes_its_default_along_and_names_its_bindings() {
    let house = House::with(MULTI).await;
    let unsure = house.run(&["channels", "remove", "--account", "main", "--delete"]);
    assert_eq!(unsure.status, 1);
    assert!(unsure.err.contains("--yes"), "{}", unsure.err);
    assert_eq!(house.text(), MULTI);

    let out = done(
        &house,
        &["remove", "--account", "main", "--delete", "--yes"],
    );
    assert!(out.contains("Still naming it: bindings[0]"), "{out}");
    let text = house.text();
    assert!(
        !text.contains("Main") && !text.contains("defaultAccount"),
        "{text}"
    );
    assert!(
        text.contains("plant: { botId: 'aibTEST02', secret: 'canary-second-77aa' }, // Suzhou")
    );
    assert!(text.contains("accountId: 'main'"));

    let out = done(
        &house,
        &[
            "remove",
            "--account",
            "plant",
            "--delete",
            "--cascade",
            "--yes",
        ],
    );
    assert!(out.contains("bindings[1] is removed"), "{out}");
    assert!(out.contains("the last account"), "{out}");
    let text = house.text();
    assert!(
        !text.contains("plant") && !text.contains("accounts:"),
        "{text}"
    );
    assert!(text.contains("enabled: false"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_account_is_deleted_with_its_section() {
    let house = House::with(SINGLE).await;
    done(&house, &["remove", "--delete", "--yes"]);
    assert!(!house.text().contains("wecom"), "{}", house.text());
    let gone = house.run(&["channels", "remove", "--delete", "--yes"]);
    assert_eq!(gone.status, 1);
    assert!(
        gone.err.contains("no account is configured"),
        "{}",
        gone.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_takes_credentials_and_leaves_the_rest() {
    let house = House::with(SINGLE).await;
    let out = done(&house, &["logout", "--yes"]);
    assert!(
        out.contains("channels.wecom.botId, channels.wecom.secret"),
        "{out}"
    );
    let left = SINGLE
        .replace("      botId: 'aibTEST01',\n", "")
        .replace("      secret: 'canary-secret-5e1f',\n", "");
    assert_eq!(house.text(), left);
    assert!(done(&house, &["logout"]).contains("no credentials"));

    let house = House::with(MULTI).await;
    let out = done(&house, &["logout", "--account", "PLANT", "--yes"]);
    assert!(
        out.contains("Still inherited from the top level: channels.wecom.token"),
        "{out}"
    );
    assert!(
        house.text().contains("plant: {}, // Suzhou"),
        "{}",
        house.text()
    );
    assert!(house.text().contains("// The head office."));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_daemon_lets_the_bot_go() {
    let mut house = House::with(SINGLE).await;
    house.run(&["config", "set", "gateway.port", "0"]);
    house.start_daemon();
    house.wait_state("default", "connected");
    done(&house, &["logout", "--yes"]);
    house.wait_state("default", "not_configured");
    assert!(!house.sim.connection(&"aibTEST01".into()).subscribed);
    assert!(done(&house, &["login"]).contains("`wecom channels add`"));
}
