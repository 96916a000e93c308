//! `wecom message`: what is sent by hand arrives, or it is said why not.

use wecom::sim::{AckError, Entry, EntryKind, FaultRequest, Injection, SimChat};

use crate::house::{BOT, House, PATIENCE};

const ONE: &str = "\
{
  channels: {
    wecom: {
      enabled: true,
      websocketUrl: 'URL',
      botId: 'aibTEST01',
      secret: 'canary-secret-5e1f',
      dmPolicy: 'open',
    },
  },
  gateway: { port: 0 },
}
";

const GROUP: &str = "wrTESTGroup01";

/// With a daemon, and a member and a group that wrote before: a bot may not write to others.
async fn house() -> House {
    let mut house = House::with(ONE).await;
    house.sim.add_user("LiNa", "李娜").unwrap();
    house
        .sim
        .add_group(GROUP, "项目组", &["LiNa".into()], &[BOT.into()])
        .unwrap();
    house.start_daemon();
    house.wait_state("default", "connected");
    house
        .sim
        .inject(Injection::text(BOT, "LiNa", "hi"))
        .unwrap();
    let mut in_group = Injection::text(BOT, "LiNa", "@Helper hi");
    in_group.group = Some(GROUP.into());
    house.sim.inject(in_group).unwrap();
    let answered = |entry: &Entry| entry.kind == EntryKind::Stream && entry.finished;
    for chat in [direct(), SimChat::group(BOT, GROUP)] {
        house.sim.wait_for(&chat, PATIENCE, answered).await.unwrap();
    }
    house
}

fn direct() -> SimChat {
    SimChat::direct(BOT, "LiNa")
}

/// What was sent of the bot's own accord.
fn texts(house: &House, chat: &SimChat) -> Vec<String> {
    let entries = house.sim.transcript(chat);
    let sent = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::Markdown);
    sent.map(|entry| entry.text().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn members_and_groups_get_what_is_sent_and_a_dry_run_sends_nothing() {
    let house = house().await;
    let dry = house.run(&["message", "send", "-t", "LiNa", "-m", "早上好", "--dry-run"]);
    assert_eq!(dry.status, 0, "{}", dry.all());
    assert!(
        dry.out.contains("would send to user:LiNa by bot"),
        "{}",
        dry.out
    );
    assert_eq!(texts(&house, &direct()), Vec::<String>::new());

    // The id is spelt as WeCom does, whatever was typed.
    let sent = house.run(&[
        "message",
        "send",
        "-t",
        "user:LiNa",
        "-m",
        "早上好，**今天**有两个会",
        "--json",
    ]);
    assert_eq!(sent.status, 0, "{}", sent.all());
    let report = sent.json();
    assert_eq!(report["status"], "delivered");
    assert_eq!(
        (&report["to"], &report["via"]),
        (&"user:LiNa".into(), &"bot".into())
    );
    assert_eq!(texts(&house, &direct()), ["早上好，**今天**有两个会"]);

    let both = [
        "message",
        "broadcast",
        "--targets",
        "user:LiNa",
        "group:wrTESTGroup01",
        "-m",
        "服务器十点重启",
    ];
    let both = house.run(&both);
    assert_eq!(both.status, 0, "{}", both.all());
    assert_eq!(texts(&house, &direct()).last().unwrap(), "服务器十点重启");
    assert_eq!(
        texts(&house, &SimChat::group(BOT, GROUP)),
        ["服务器十点重启"]
    );
    assert_eq!(house.sim.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_text_arrives_whole_and_in_order_and_a_file_before_its_caption() {
    let house = house().await;
    let lines: Vec<String> = (0..1_500).map(|n| format!("第 {n} 行，企业微信")).collect();
    let text = lines.join("\n");
    let sent = house.run(&["message", "send", "-t", "user:LiNa", "-m", &text, "--json"]);
    assert_eq!(sent.status, 0, "{}", sent.err);
    let pieces = texts(&house, &direct());
    assert!(pieces.len() > 2, "{}", pieces.len());
    assert_eq!(sent.json()["parts"], pieces.len());
    assert!(pieces.iter().all(|piece| piece.len() <= 20_000));
    assert_eq!(pieces.join("\n"), text);

    let file = [
        "message",
        "send",
        "-t",
        "user:LiNa",
        "-m",
        "请看",
        "--media",
        "周报.txt",
    ];
    let sent = house.run_beside("周报.txt", "完成了三件事", &file);
    assert_eq!(sent.status, 0, "{}", sent.all());
    let entries = house.sim.transcript(&direct());
    let [.., file, caption] = entries.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(file.media.as_ref().unwrap().name, "周报.txt");
    assert_eq!(caption.text(), "请看");
    assert_eq!(house.sim.violations(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_arrive_is_said_and_shows_in_the_exit_status() {
    let mut house = house().await;
    for target in ["party:2", "tag:值班", "@all"] {
        let refused = house.run(&["message", "send", "-t", target, "-m", "x", "--yes"]);
        assert_eq!(refused.status, 1, "{target}: {}", refused.all());
        assert!(refused.err.contains("自建应用"), "{}", refused.err);
    }
    let at_home = [
        "message",
        "send",
        "-t",
        "user:LiNa",
        "-m",
        "x",
        "--media",
        "wecom.json",
    ];
    let at_home = house.run_at_home(&at_home);
    assert_eq!(at_home.status, 1, "{}", at_home.all());
    assert!(at_home.err.contains("mediaLocalRoots"), "{}", at_home.err);
    for (target, part) in [
        ("", "target"),
        ("user:a b/c", "user"),
        ("channel:general", "channel"),
    ] {
        let refused = house.run(&["message", "send", "-t", target, "-m", "x"]);
        assert_ne!(refused.status, 0, "{target}");
        assert!(refused.err.contains(part), "{target}: {}", refused.err);
    }
    let nobody = house.run(&[
        "message",
        "send",
        "-t",
        "LiNa",
        "-m",
        "x",
        "--account",
        "hq",
    ]);
    assert_ne!(nobody.status, 0);
    assert!(nobody.err.contains("default"), "{}", nobody.err);

    house
        .sim
        .faults(BOT)
        .apply(&FaultRequest {
            ack_errors: Some(vec![AckError {
                cmd: Some("aibot_send_msg".to_owned()),
                errcode: 93_006,
                errmsg: "invalid chatid".to_owned(),
                times: 1,
            }]),
            ..FaultRequest::default()
        })
        .unwrap();
    let refused = house.run(&["message", "send", "-t", "user:LiNa", "-m", "x", "--json"]);
    assert_eq!(refused.status, 1, "{}", refused.all());
    let report = refused.json();
    assert_eq!(
        (&report["ok"], &report["status"]),
        (&false.into(), &"failed".into())
    );
    assert!(
        report["error"]["message"]
            .as_str()
            .unwrap()
            .contains("93006"),
        "{report}"
    );
    let again = house.run(&["message", "send", "-t", "user:LiNa", "-m", "y"]);
    assert_eq!(again.status, 0, "{}", again.all());
    let arrived = |entry: &Entry| entry.text() == "y";
    house
        .sim
        .wait_for(&direct(), PATIENCE, arrived)
        .await
        .unwrap();
    assert_eq!(texts(&house, &direct()), ["y"]);

    house.stop_daemon();
    let down = house.run(&["message", "send", "-t", "user:LiNa", "-m", "x"]);
    assert_eq!(down.status, 69, "{}", down.all());
    assert!(down.err.contains("wecom run"), "{}", down.err);
}
