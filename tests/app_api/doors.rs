//! The planner's way through an agent app.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use wecom::channel::outbound::doors::{ApiDoor, BotLine, BotLines, SocketDoor};
use wecom::channel::outbound::{DeliveryReport, Door, Planner, SendRequest, Status};
use wecom::clock::SystemClock;
use wecom::config::{Account, Config, LiveConfig};
use wecom::files::{FileGrant, MediaStore};
use wecom::ids::{AccountId, UserId};
use wecom::sim::{ApiFault, ApiFaultKind, AppEntry, Sim};
use wecom::store::SqliteStore;

use super::{AGENT, account, start};

/// A planner without bots, whose files lie in a folder of its own.
struct House {
    sim: Sim,
    planner: Planner,
    config: LiveConfig,
    folder: TempDir,
}

#[derive(Debug)]
struct NoBots;

impl BotLines for NoBots {
    fn line(&self, _: &AccountId) -> Option<BotLine> {
        None
    }
}

impl House {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl Fn(&mut Account)) -> Self {
        let sim = start().await;
        let folder = TempDir::new().unwrap();
        let mut account = account(&sim);
        account.media.temp_dir = folder.path().join("media");
        account.enabled = true;
        change(&mut account);
        let config = LiveConfig::new(with_account(folder.path(), account));
        let clock = SystemClock::shared();
        let store = MediaStore::new(config.clone(), clock.clone());
        let app = ApiDoor::new(config.clone(), store, clock, None);
        let planner = Planner::new(
            config.clone(),
            Arc::new(SqliteStore::in_memory().unwrap()),
            Arc::new(SocketDoor::new(Arc::new(NoBots))),
            Arc::new(app),
        );
        Self {
            sim,
            planner,
            config,
            folder,
        }
    }

    async fn send(&self, request: SendRequest) -> DeliveryReport {
        self.planner.send(&request).await.unwrap()
    }

    /// Sends a file of these bytes, with a caption.
    async fn send_file(&self, target: &str, name: &str, bytes: &[u8]) -> DeliveryReport {
        let workspace = self.folder.path().join("workspace");
        std::fs::create_dir_all(&workspace).unwrap();
        let path = workspace.join(name);
        std::fs::write(&path, bytes).unwrap();
        self.send(SendRequest {
            media: vec![path.to_string_lossy().into_owned()],
            grant: FileGrant {
                workspace: Some(workspace),
                ..FileGrant::default()
            },
            ..text(target, "见附件")
        })
        .await
    }
}

fn with_account(home: &Path, account: Account) -> Config {
    let mut config = Config::unconfigured(home);
    config.accounts.insert(account.id.clone(), account);
    config
}

fn text(target: &str, text: &str) -> SendRequest {
    SendRequest {
        target: target.to_owned(),
        text: Some(text.to_owned()),
        ..SendRequest::default()
    }
}

#[tokio::test]
async fn every_target_of_the_app_is_reached() {
    let house = House::new().await;
    house
        .sim
        .apps()
        .set_chat("wrAPP01", AGENT, &["liuyang".into()]);
    for (target, members, via) in [
        ("party:1", vec!["zhangwei", "LiNa"], Door::Agent),
        ("tag:7", vec!["wangfang"], Door::Agent),
        ("tag:值班", vec!["wangfang"], Door::Agent),
        ("user:LiNa", vec!["LiNa"], Door::Agent),
        ("user:LiNa|zhangwei", vec!["LiNa", "zhangwei"], Door::Agent),
        ("chat:wrAPP01", vec!["liuyang"], Door::Appchat),
    ] {
        let report = house.send(text(target, "通知")).await;
        assert_eq!(report.status, Status::Delivered, "{target} {report:?}");
        assert_eq!(report.via, Some(via), "{target}");
        let entry = house.sim.apps().messages().pop().unwrap();
        let got: Vec<&str> = entry.members.iter().map(UserId::as_str).collect();
        assert_eq!(got, members, "{target}");
        let ids: Vec<String> = entry.msgid.into_iter().collect();
        assert_eq!(report.message_ids, ids, "{target}");
    }
}

#[tokio::test]
async fn texts_are_cut_at_2048_bytes_and_nothing_is_lost() {
    for (source, pieces) in [
        ("a".repeat(2_047), 1),
        ("a".repeat(2_048), 1),
        ("a".repeat(2_049), 2),
        (format!("{}ab", "企".repeat(682)), 1),
        (format!("{}abc", "企".repeat(682)), 2),
        (format!("{}😀{}", "a".repeat(2_046), "b".repeat(100)), 2),
        (format!("{}👨‍👩‍👧{}", "a".repeat(2_040), "b".repeat(100)), 2),
    ] {
        let house = House::new().await;
        let report = house.send(text("party:1", &source)).await;
        assert_eq!((report.status, report.parts), (Status::Delivered, pieces));
        let entries = house.sim.apps().messages();
        assert!(entries.iter().all(|entry| entry.cut == 0));
        let joined: String = entries.iter().map(AppEntry::text).collect();
        assert_eq!(joined, source);
    }
}

#[tokio::test]
async fn who_is_not_reached_is_named_and_the_others_are_not_told_twice() {
    let house = House::new().await;
    let report = house.send(text("user:LiNa|nobody", "x")).await;
    assert_eq!(report.status, Status::Partial);
    assert!(report.ok);
    assert_eq!(report.invalid.users, ["nobody"]);
    assert_eq!(house.sim.apps().count("message/send"), 1);
    let report = house.send(text("party:99", "x")).await;
    assert_eq!(report.status, Status::Failed);
    assert_eq!(report.error.unwrap().code, "81013");
}

#[tokio::test]
async fn a_message_without_answer_is_unknown_and_sent_once() {
    let house = House::with(|account| account.network.timeout = Duration::from_secs(1)).await;
    let fault = ApiFault::new(ApiFaultKind::Delay(3_000)).on("message/send");
    house.sim.apps().fault(fault).unwrap();
    let report = house.send(text("party:1", "x")).await;
    assert_eq!(report.status, Status::Unknown);
    assert_eq!(house.sim.apps().count("message/send"), 1);
}

#[tokio::test]
async fn an_address_that_is_not_trusted_is_told_with_the_remedy() {
    let house = House::new().await;
    let errmsg = "not allow to access from your ip, from ip: 203.0.113.7, more info";
    let fault = ApiFault::error(60_020, errmsg).on("message/send");
    house.sim.apps().fault(fault).unwrap();
    let report = house.send(text("party:1", "x")).await;
    let error = report.error.unwrap();
    assert_eq!(error.code, "60020");
    for part in ["203.0.113.7", "企业可信IP", "network.egressProxyUrl"] {
        assert!(error.message.contains(part), "{}", error.message);
    }
    assert_eq!(house.sim.apps().count("message/send"), 1);
}

#[tokio::test]
async fn files_go_out_with_their_names_and_are_uploaded_once() {
    let house = House::new().await;
    for uploads in [1, 1] {
        let report = house.send_file("party:1", "季度报告.txt", b"content").await;
        assert_eq!(report.status, Status::Delivered, "{report:?}");
        assert_eq!(house.sim.apps().uploads().len(), uploads);
    }
    assert_eq!(house.sim.apps().uploads()[0].name, "季度报告.txt");
    let entries = house.sim.apps().messages();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry.msgtype.as_str()).collect();
    assert_eq!(kinds, ["file", "text", "file", "text"]);
    // What WeCom has forgotten is uploaded again.
    house.sim.apps().forget_files();
    let report = house.send_file("tag:7", "季度报告.txt", b"content").await;
    assert_eq!(report.status, Status::Delivered, "{report:?}");
    assert_eq!(house.sim.apps().uploads().len(), 2);
}

#[tokio::test]
async fn a_picture_that_wecom_refuses_goes_out_as_a_file_and_says_so() {
    let house = House::new().await;
    let mut gif = b"GIF89a\x01\x00\x01\x00\x00\x00\x00;".to_vec();
    gif.resize(100, 0);
    let report = house.send_file("party:1", "动图.gif", &gif).await;
    assert_eq!(report.status, Status::Delivered, "{report:?}");
    assert_eq!(report.warnings.len(), 1, "{report:?}");
    let entries = house.sim.apps().messages();
    assert_eq!(entries[0].msgtype, "file");
    assert!(entries[1].text().contains("动图.gif"));
}

#[tokio::test]
async fn a_file_that_cannot_be_uploaded_is_not_said_to_be_out() {
    let house = House::with(|account| account.network.retries = 0).await;
    let drop = ApiFault::new(ApiFaultKind::Drop).on("media/upload");
    house.sim.apps().fault(drop.times(0)).unwrap();
    let report = house.send_file("party:1", "a.txt", b"content").await;
    assert_eq!(report.status, Status::Failed, "{report:?}");
    assert_eq!(report.error.unwrap().code, "unreachable");
    assert!(house.sim.apps().messages().is_empty());
}

#[tokio::test]
async fn new_settings_count_at_once() {
    let house = House::new().await;
    house.send(text("party:1", "before")).await;
    let mut account = account(&house.sim);
    account.enabled = true;
    account.agent_app.as_mut().unwrap().corp_secret = Some("wrong".into());
    let home = house.folder.path();
    house.config.replace(with_account(home, account));
    let report = house.send(text("party:1", "after")).await;
    assert_eq!(report.error.unwrap().code, "40001");
    assert_eq!(house.sim.apps().messages().len(), 1);
}
