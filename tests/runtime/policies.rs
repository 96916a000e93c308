//! Who may speak: one table of cases, which the decision and the running channel both obey.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wecom::channel::Backends;
use wecom::channel::policy::{Check, Facts, Outcome, decide};
use wecom::config::Config;
use wecom::ids::{AccountId, BotId, Chat, ChatId, ChatKind, UserId};
use wecom::sim::{Entry, Injection, Seed, Sim, SimChat, SimOptions};
use wecom::store::ApprovedSender;

use crate::support::{PATIENCE, SECRET, configuration, eventually, open_store, start};

const TABLE: &str = include_str!("policies.txt");

/// Settings, and what becomes of messages under them.
struct Block {
    settings: Value,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    account: String,
    /// `None`: a direct chat.
    group: Option<String>,
    sender: String,
    paired: bool,
    outcome: String,
    key: String,
    reason: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in TABLE.lines() {
        if line.starts_with('{') {
            let settings = serde_json::from_str(line).unwrap();
            let rows = Vec::new();
            blocks.push(Block { settings, rows });
        } else if !line.is_empty() && !line.starts_with('#') {
            blocks.last_mut().unwrap().rows.push(Row::read(line));
        }
    }
    for block in &blocks {
        let senders: BTreeSet<&String> = block.rows.iter().map(|row| &row.sender).collect();
        assert_eq!(senders.len(), block.rows.len(), "{}", block.settings);
    }
    blocks
}

impl Row {
    fn read(line: &str) -> Self {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [account, place, sender, paired, outcome, key, reason] = cells[..] else {
            panic!("{line}")
        };
        assert!(matches!(paired, "paired" | "-"), "{line}");
        Self {
            account: account.to_owned(),
            group: (place != "direct").then(|| place.to_owned()),
            sender: sender.to_owned(),
            paired: paired == "paired",
            outcome: outcome.to_owned(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        }
    }

    fn chat(&self) -> Chat {
        Chat {
            account: AccountId::new(&self.account),
            kind: match self.group {
                Some(_) => ChatKind::Group,
                None => ChatKind::Direct,
            },
            id: ChatId::new(self.group.as_ref().unwrap_or(&self.sender)),
        }
    }

    fn bot(&self) -> BotId {
        BotId::new(format!("aib-{}", self.account))
    }

    fn sim_chat(&self) -> SimChat {
        match &self.group {
            Some(group) => SimChat::group(self.bot(), group.as_str()),
            None => SimChat::direct(self.bot(), self.sender.as_str()),
        }
    }

    /// The deciding key in full.
    fn full_key(&self, config: &Config) -> String {
        if config.multi_account {
            format!("channels.wecom.accounts.{}.{}", self.account, self.key)
        } else {
            format!("channels.wecom.{}", self.key)
        }
    }
}

impl Block {
    fn accounts(&self) -> BTreeSet<&str> {
        self.rows.iter().map(|row| row.account.as_str()).collect()
    }

    /// The settings with credentials of every account.
    fn whole(&self, url: &str) -> Value {
        let mut channel = self.settings.clone();
        channel["enabled"] = json!(true);
        channel["websocketUrl"] = json!(url);
        for account in self.accounts() {
            let place = match channel.get_mut("accounts") {
                Some(accounts) => &mut accounts[account],
                None => &mut channel,
            };
            place["botId"] = json!(format!("aib-{account}"));
            place["secret"] = json!(SECRET);
        }
        json!({ "channels": { "wecom": channel } })
    }

    async fn simulator(&self) -> Sim {
        let sim = Sim::start(SimOptions {
            seed: Seed::empty(),
            ..SimOptions::default()
        })
        .await
        .unwrap();
        let bots: Vec<BotId> = self.rows.iter().map(Row::bot).collect();
        for account in self.accounts() {
            sim.add_bot(format!("aib-{account}").as_str(), SECRET, account)
                .unwrap();
        }
        for row in &self.rows {
            sim.add_user(row.sender.as_str(), &row.sender).unwrap();
        }
        let users: Vec<UserId> = self
            .rows
            .iter()
            .map(|row| UserId::new(&row.sender))
            .collect();
        let groups: BTreeSet<&String> = self
            .rows
            .iter()
            .filter_map(|row| row.group.as_ref())
            .collect();
        for group in groups {
            sim.add_group(group.as_str(), group, &users, &bots).unwrap();
        }
        sim
    }
}

#[test]
fn the_decision_obeys_the_table() {
    let home = tempfile::tempdir().unwrap();
    for block in blocks() {
        let config = configuration(&home, &block.whole("ws://127.0.0.1:1"));
        for row in &block.rows {
            let decision = decide(&Facts {
                config: &config,
                account: config.account(&row.account).unwrap(),
                chat: &row.chat(),
                sender: &UserId::new(&row.sender),
                text: "hello",
                paired: row.paired,
                backend: &[],
            });
            let outcome = match decision.outcome {
                Outcome::Admitted(_) => "admitted",
                Outcome::Dropped => "dropped",
                Outcome::Pairing => "pairing",
                other => panic!("{row:?}: {other:?}"),
            };
            let step = decision
                .steps
                .iter()
                .find(|step| matches!(step.check, Check::Direct | Check::Group))
                .unwrap();
            let seen = (outcome, step.key.as_deref(), step.reason.as_str());
            let key = row.full_key(&config);
            let expected = (
                row.outcome.as_str(),
                Some(key.as_str()),
                row.reason.as_str(),
            );
            assert_eq!(seen, expected, "{} {row:?}", block.settings);
            assert_eq!(step.passed, outcome == "admitted");
        }
    }
}

#[tokio::test]
async fn the_channel_obeys_the_table() {
    for block in blocks() {
        obeys(&block).await;
    }
}

async fn obeys(block: &Block) {
    let sim = block.simulator().await;
    let home = tempfile::tempdir().unwrap();
    let config = configuration(&home, &block.whole(&sim.bot_url()));
    let store = open_store(&home.path().join("state.db"));
    let approved = block.rows.iter().filter(|row| row.paired);
    let approved = approved.map(|row| ApprovedSender {
        account: AccountId::new(&row.account),
        sender: UserId::new(&row.sender),
        approved_at_ms: 1,
    });
    store.add_paired(approved.collect()).await.unwrap();
    let runtime = start(&config, store.clone(), Backends::Configured).await;
    for account in block.accounts() {
        let bot = BotId::new(format!("aib-{account}"));
        sim.wait_subscribed(&bot, PATIENCE).await.unwrap();
    }

    for row in &block.rows {
        let said = format!("from {}", row.sender);
        let mut message = Injection::text(row.bot(), row.sender.as_str(), &said);
        message.group = row.group.as_deref().map(Into::into);
        assert!(sim.inject(message).unwrap().delivered, "{row:?}");
    }
    let refused = block.rows.iter().filter(|row| row.outcome != "admitted");
    let refused = u64::try_from(refused.count()).unwrap();
    eventually("every refusal", || async {
        let accounts = runtime.status().await;
        let seen: u64 = accounts.iter().map(|account| account.refused).sum();
        assert!(seen <= refused, "{}: {seen}", block.settings);
        (seen == refused).then_some(())
    })
    .await;
    for row in &block.rows {
        let place = format!("{} {row:?}", block.settings);
        match row.outcome.as_str() {
            "admitted" => {
                let echo = |entry: &Entry| {
                    entry.finished
                        && entry.text() == format!("from {}", row.sender)
                        && entry.from.id == row.bot().as_str()
                };
                let answered = sim.wait_for(&row.sim_chat(), PATIENCE, echo).await;
                answered.unwrap_or_else(|error| panic!("{place}: {error}"));
            }
            "pairing" => {
                let told = |entry: &Entry| entry.from.id == row.bot().as_str();
                let told = sim.wait_for(&row.sim_chat(), PATIENCE, told).await.unwrap();
                let requests = runtime.pairings().pending().await.unwrap();
                let request = requests
                    .iter()
                    .find(|request| request.sender.as_str() == row.sender)
                    .unwrap_or_else(|| panic!("{place}"));
                assert!(
                    told.text().contains(&request.code),
                    "{place}: {}",
                    told.text()
                );
            }
            _ => {}
        }
    }
    // Nobody is answered after the last of those who are.
    let left = runtime.shutdown(PATIENCE, &CancellationToken::new()).await;
    assert_eq!(left, 0);
    for row in block.rows.iter().filter(|row| row.outcome == "dropped") {
        let answers = sim.transcript(&row.sim_chat());
        let own = format!("from {}", row.sender);
        let answered = answers.iter().any(|entry| {
            entry.from.id == row.bot().as_str() && (row.group.is_none() || entry.text() == own)
        });
        assert!(!answered, "{} {row:?}: {answers:?}", block.settings);
    }
    assert_eq!(sim.violations(), []);
    sim.stop().await;
}
