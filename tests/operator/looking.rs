//! `wecom status` and `wecom doctor`.

use serde_json::{Value, json};
use wecom::sim::FaultRequest;

use crate::house::{BOT, House, SECOND};

const TWO: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      websocketUrl: 'URL',
      dmPolicy: 'pairing',
      network: { apiBaseUrl: 'http://127.0.0.1:9' },
      accounts: {
        hq: { botId: 'aibTEST01', secret: 'canary-secret-5e1f' },
        plant: { botId: 'aibTEST02', secret: 'canary-second-77aa' },
      },
    },
  },
  bindings: [{ agentId: 'main', match: { channel: 'wecom', accountId: '*' } }],
  gateway: { port: 0 },
}
";

fn findings<'a>(report: &'a Value, level: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().unwrap().iter();
    all.filter(|one| one["level"] == level).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_one_screen_and_one_exit_status() {
    let mut house = House::with(TWO).await;
    let alone = house.run(&["status"]);
    assert_eq!(alone.status, 69, "{}", alone.all());
    assert!(alone.out.starts_with("daemon    down: "), "{}", alone.out);
    assert!(alone.out.contains("account   hq: stopped"), "{}", alone.out);

    house.start_daemon();
    for account in ["hq", "plant"] {
        house.wait_state(account, "connected");
    }
    let minted = house.run(&["mcp", "token", "add", "--id", "laptop", "--ttl", "12h"]);
    assert_eq!(minted.status, 0, "{}", minted.all());
    let up = house.run(&["status"]);
    assert_eq!(up.status, 0, "{}", up.all());
    for part in [
        concat!(", version ", env!("CARGO_PKG_VERSION")),
        "account   hq: connected for ",
        "account   plant: connected for ",
        "in never, out never, 0 open, 0 running",
        "token     laptop of an MCP client ends in 11h 59m",
    ] {
        assert!(up.out.contains(part), "{part}: {}", up.out);
    }
    assert!(up.out.lines().count() <= 24, "{}", up.out);

    let kick = FaultRequest {
        kick: true,
        ..FaultRequest::default()
    };
    house.sim.faults(BOT).apply(&kick).unwrap();
    house.wait_state("hq", "kicked");
    let down = house.run(&["status", "--json"]);
    assert_eq!(down.status, 1, "{}", down.all());
    let picture = down.json();
    assert_eq!(
        (&picture["ok"], &picture["notRunning"]),
        (&json!(false), &Value::Null)
    );
    assert_eq!(picture["accounts"][0]["botId"], BOT);
    assert!(picture["accounts"][0]["sinceAt"].is_i64(), "{picture}");
    assert!(
        house
            .run(&["status"])
            .out
            .contains("wecom channels resume hq")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_second_instance_and_never_makes_one() {
    let mut house = House::with(TWO).await;
    house.start_daemon();
    for account in ["hq", "plant"] {
        house.wait_state(account, "connected");
    }
    let sockets = house.sim.sockets_total();
    let well = house.run(&["doctor", "--json"]);
    assert_eq!(well.status, 0, "{}", well.all());
    assert_eq!(findings(&well.json(), "error"), Vec::<&Value>::new());
    assert_eq!(house.sim.sockets_total(), sockets, "no socket was opened");

    let kick = FaultRequest {
        kick: true,
        ..FaultRequest::default()
    };
    house.sim.faults(SECOND).apply(&kick).unwrap();
    house.wait_state("plant", "kicked");
    let sick = house.run(&["doctor", "--json"]);
    assert_eq!(sick.status, 1);
    let report = sick.json();
    let errors = findings(&report, "error");
    assert_eq!(errors.len(), 1, "{report}");
    assert_eq!(errors[0]["subject"], "plant");
    assert!(
        errors[0]["fix"]
            .as_str()
            .unwrap()
            .contains("wecom channels resume plant")
    );
    // The account that is well is not to blame.
    assert_eq!(house.run(&["doctor", "--account", "hq"]).status, 0);
    let subscribes = house.sim.connection(&SECOND.into()).subscribes_total;
    assert_eq!(subscribes, 1, "nobody subscribed in between");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_names_every_ill_with_its_remedy() {
    let house = House::with(
        "{ channels: { wecom: { enabled: true, dmPolicy: 'pairing', websocketUrl: 'ws://127.0.0.1:9', \
         network: { apiBaseUrl: 'http://127.0.0.1:9', egressProxyUrl: 'http://me:canary-pass@proxy.invalid:3128' }, \
         accounts: { hq: { botId: 'aib1', secret: 'canary-x' }, half: { botId: 'aib2' } } } }, \
         bindings: [{ agentId: 'main', match: { channel: 'wecom', accountId: '*' } }] }",
    )
    .await;
    house.write(".env", "UNUSED=canary-env\n");
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let env = house
        .run(&["config", "file"])
        .out
        .trim()
        .replace("wecom.json", ".env");
    std::fs::set_permissions(&env, open).unwrap();
    let answer = house.run(&["doctor"]);
    assert_eq!(answer.status, 1, "{}", answer.all());
    for part in [
        "error   config   channels.wecom.accounts.half.secret: ",
        "error   network  hq: ws://127.0.0.1:9: cannot connect: tcp: Connection refused",
        "fix: chmod 600 ",
        "proxy    hq: direct: the address is this machine's",
        "warning daemon   ",
        "fix: wecom run",
    ] {
        assert!(answer.out.contains(part), "{part}: {}", answer.out);
    }
    // Whatever is bad has a way out.
    let report = house.run(&["doctor", "--json"]).json();
    for level in ["error", "warning"] {
        for one in findings(&report, level) {
            assert!(one["fix"].is_string(), "{one}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_reads_a_file_that_nothing_else_reads() {
    let house = House::with("{ channels: { wecom: ").await;
    let answer = house.run(&["doctor"]);
    assert_eq!(answer.status, 1, "{}", answer.all());
    assert!(answer.out.starts_with("error   config"), "{}", answer.out);
    let none = House::bare().await.run(&["doctor"]);
    assert_eq!(none.status, 0, "{}", none.all());
    assert!(none.out.contains("wecom channels add"), "{}", none.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_asks_the_api_and_says_what_it_found() {
    let house = House::with(
        "{ channels: { wecom: { enabled: true, dmPolicy: 'pairing', \
         network: { apiBaseUrl: 'http://127.0.0.1:9', retries: 0 }, \
         agent: { corpId: 'ww00112233445566aa', corpSecret: 'canary-corp', agentId: 1000002 } } } }",
    )
    .await;
    let answer = house.run(&["channels", "status", "--probe", "--json"]);
    assert_eq!(answer.status, 69, "{}", answer.all());
    let probe = answer.json()["channelAccounts"]["wecom"][0]["probe"].clone();
    assert_eq!(probe["api"]["ok"], json!(false), "{probe}");
    assert!(
        probe["api"]["seen"]
            .as_str()
            .unwrap()
            .contains("127.0.0.1 cannot be asked"),
        "{probe}"
    );
}
