//! A sender, the WeCom it talks to, and a machine with files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wecom::channel::media::outbound::{Loader, MediaOutcome, MediaSender, closing_notes};
use wecom::channel::outbound::Budgets;
use wecom::clock::{ManualClock, SystemClock};
use wecom::config::{Account, BotSocket, Config, LiveConfig, SocketTiming, TlsFiles};
use wecom::egress::guard::{GuardOptions, GuardedClient, Route};
use wecom::files::{FileGrant, FileRoots, MediaScope, MediaStore};
use wecom::identity::TurnChat;
use wecom::ids::{Chat, ChatKind, UserId};
use wecom::sim::{
    DEMO_BOT, DEMO_SECRET, Entry, FaultRequest, RecordedFrame, Seed, Sim, SimChat, SimOptions,
};
use wecom::wecom::bot::{BotClient, BotSettings, ConnectionState, PushFrame};

/// How long anything may take on a busy machine before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) const MIB: usize = 1024 * 1024;

/// A picture's first bytes.
pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

const USER: &str = "LiNa";

/// `<dir>/state` is the state directory, `<dir>/work` the agent's workspace.
pub(crate) struct House {
    pub(crate) sim: Sim,
    pub(crate) sender: MediaSender,
    pub(crate) chat: Chat,
    pub(crate) config: Config,
    pub(crate) grant: FileGrant,
    pub(crate) dir: TempDir,
    client: BotClient,
    _pushes: mpsc::Receiver<PushFrame>,
}

impl House {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Account)) -> Self {
        let options = SimOptions {
            seed: Seed::demo(),
            ..SimOptions::default()
        };
        let sim = Sim::start(options).await.unwrap();
        sim.open_chat(&SimChat::direct(DEMO_BOT, USER)).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        let mut config = Config::unconfigured(&dir.path().join("state"));
        let id = config.default_account.clone();
        let account = config.accounts.get_mut(&id).unwrap();
        let socket = BotSocket {
            bot_id: DEMO_BOT.into(),
            secret: DEMO_SECRET.into(),
            url: sim.bot_url().parse().unwrap(),
            tls: TlsFiles::default(),
            proxy: None,
            timing: SocketTiming::default(),
            compat_version: None,
            reclaim: None,
        };
        change(account);
        let account = account.clone();

        let settings = BotSettings::load(id.clone(), &socket).unwrap();
        let (client, pushes) = BotClient::start(
            settings,
            SystemClock::shared(),
            &TaskTracker::new(),
            CancellationToken::new(),
        );
        let mut state = client.state();
        tokio::time::timeout(DEADLINE, state.wait_for(ConnectionState::is_live))
            .await
            .unwrap()
            .unwrap();
        // Only what is on the open Internet, unless the account says more.
        let guard = GuardedClient::new(GuardOptions::of_account(&account, Route::Internet));
        let loader = Loader::new(
            &account.media,
            guard.unwrap(),
            ManualClock::at(1_767_225_600_000),
        );
        let sender = MediaSender::new(client.clone(), loader, Arc::new(Budgets::default()));
        Self {
            sim,
            sender,
            chat: Chat {
                account: id,
                kind: ChatKind::Direct,
                id: USER.into(),
            },
            config,
            grant: FileGrant {
                workspace: Some(dir.path().join("work")),
                roots: Vec::new(),
            },
            dir,
            client,
            _pushes: pushes,
        }
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    /// Writes a file below the house's folder; its whole path.
    pub(crate) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn store(&self) -> MediaStore {
        MediaStore::new(LiveConfig::new(self.config.clone()), ManualClock::at(0))
    }

    /// The shelf of a member's direct chat.
    pub(crate) fn shelf(&self, user: &str) -> MediaScope {
        MediaScope::of_chat(&self.chat.account, &TurnChat::Direct(UserId::new(user)))
    }

    pub(crate) fn roots(&self) -> FileRoots {
        FileRoots::of_delivery(
            &self.config,
            &self.store(),
            &self.shelf(USER),
            &self.grant,
            Some(self.path("home")),
        )
    }

    pub(crate) async fn send(&self, text: &str) -> MediaOutcome {
        self.sender.send_text(text, &self.roots(), &self.chat).await
    }

    /// The class of the error that `text` ends in; `ok` without one. What the chat is told
    /// of it never has a path.
    pub(crate) async fn class(&self, text: &str) -> &'static str {
        let outcome = self.send(text).await;
        let notes = closing_notes(std::slice::from_ref(&outcome)).unwrap_or_default();
        let house = self.dir.path().to_str().unwrap();
        assert!(
            !notes.contains(house) && !notes.contains("/etc/"),
            "{notes}"
        );
        class_of(&outcome)
    }

    pub(crate) fn faults(&self, json: Value) {
        let request: FaultRequest = serde_json::from_value(json).unwrap();
        self.sim.faults(DEMO_BOT).apply(&request).unwrap();
    }

    /// What the person sees.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.sim.transcript(&SimChat::direct(DEMO_BOT, USER))
    }

    /// The media that the person sees: kind, name and size.
    pub(crate) fn seen(&self) -> Vec<(String, String, u64)> {
        let media = self.entries().into_iter().filter_map(|entry| entry.media);
        media
            .map(|media| (media.kind, media.name, media.size))
            .collect()
    }

    pub(crate) fn frames(&self, cmd: &str) -> Vec<RecordedFrame> {
        let mut frames = self.sim.frames(&DEMO_BOT.into());
        frames.retain(|frame| frame.cmd == cmd);
        frames
    }

    /// Ends it; a correct client has broken no rule.
    pub(crate) async fn close(self) {
        self.client.close().await;
        assert_eq!(self.sim.violations(), []);
    }
}

pub(crate) fn class_of(outcome: &MediaOutcome) -> &'static str {
    use wecom::channel::media::outbound::MediaFailure;
    match outcome.failure() {
        None => "ok",
        Some(MediaFailure::Load(error)) => error.class(),
        Some(MediaFailure::Rejected(_)) => "rejected",
        Some(MediaFailure::Upload(_)) => "upload",
        Some(MediaFailure::Send(_)) => "send",
        Some(_) => "other",
    }
}

/// Notes of one outcome.
pub(crate) fn notes(outcome: &MediaOutcome) -> String {
    closing_notes(std::slice::from_ref(outcome)).unwrap_or_default()
}

/// So many bytes that begin with `head`.
pub(crate) fn bytes(head: &[u8], size: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0_u8..=250).cycle().take(size).collect();
    bytes[..head.len()].copy_from_slice(head);
    bytes
}
