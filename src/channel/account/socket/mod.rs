//! The seat of a bot with a long connection.

mod media;
mod outlet;

use std::sync::Arc;

use async_trait::async_trait;

use super::event::EVENT_BUDGET;
use super::notice::{Asked, NotTold};
use super::seat::{Answering, CardChange, Seat};
use super::ways::Ways;
use super::{Core, frames, spawn};
use crate::agent::Attachment;
use crate::channel::inbound::{Inbound, Origin};
use crate::channel::mailbox::Work;
use crate::channel::media::inbound::{FetchError, FetchLimits, Wanted};
use crate::channel::outbound::doors::BotLine;
use crate::channel::outbound::{Budgets, Priority};
use crate::channel::reply::{LateWay, Messenger, SocketReply, SocketReplySettings};
use crate::config::Account;
use crate::files::MediaScope;
use crate::ids::{StreamId, generate};
use crate::store::RouteVia;
use crate::texts;
use crate::wecom::bot::{BotClient, Command, Envelope, MessageBody, StreamFrame, WelcomeBody};

use media::{CurrentFiles, FilesOut, PlannedMedia};
use outlet::SocketOutlet;

/// A bot over its long connection.
#[derive(Debug)]
pub(super) struct SocketSeat {
    client: BotClient,
    budgets: Arc<Budgets>,
    files: Arc<CurrentFiles>,
}

impl SocketSeat {
    /// A seat over a connection.
    pub(super) fn new(client: BotClient, ways: &Ways) -> Self {
        let budgets = Arc::<Budgets>::default();
        let files = FilesOut::new(client.clone(), ways, budgets.clone());
        Self {
            client,
            budgets,
            files: Arc::new(CurrentFiles::new(files)),
        }
    }

    /// The connection.
    pub(super) fn client(&self) -> &BotClient {
        &self.client
    }

    /// What sending of our own accord needs of it.
    pub(super) fn line(&self) -> BotLine {
        BotLine {
            client: self.client.clone(),
            budgets: self.budgets.clone(),
            media: Arc::new(PlannedMedia(self.files.clone())),
        }
    }
}

#[async_trait]
impl Seat for SocketSeat {
    fn via(&self) -> RouteVia {
        RouteVia::Bot
    }

    fn is_up(&self) -> bool {
        self.client.state().borrow().is_live()
    }

    async fn read(&self, core: &Core, payload: &str) -> Option<Inbound> {
        frames::read(core, payload).await
    }

    async fn fetch(
        &self,
        core: &Core,
        wanted: &[Wanted],
        scope: &MediaScope,
        pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>> {
        let ways = core.ways();
        let fetching = ways.fetcher.fetch_all(wanted, scope, pushed_at_ms, limits);
        fetching.await
    }

    async fn tell(&self, core: &Core, asked: Asked, text: String) -> Result<(), NotTold> {
        let Asked {
            chat,
            req_id,
            origin,
            ..
        } = asked;
        if self.budgets.take(&chat, Priority::Status).is_err() {
            return Err(NotTold::NoRoom);
        }
        let command = match origin {
            Origin::Message => Command::RespondStream {
                req_id,
                stream: StreamFrame {
                    id: StreamId::new(generate("stream", core.shared.clock.now_ms())),
                    finish: true,
                    content: text,
                    feedback_id: None,
                },
            },
            // WeCom takes no stream for an event.
            Origin::Event => Command::Send {
                chat: chat.id,
                kind: Some(chat.kind),
                body: MessageBody::Markdown(text),
            },
        };
        self.client.send(command).await?;
        Ok(())
    }

    fn tell_queued(&self, core: &Arc<Core>, work: &Work) {
        if work.inbound.origin == Origin::Event {
            return;
        }
        let chat = &work.inbound.chat;
        if self.budgets.take(chat, Priority::Status).is_err() {
            return;
        }
        work.opened.mark();
        let (client, req_id) = (self.client.clone(), work.inbound.req_id.clone());
        let frame = StreamFrame {
            id: work.stream_id.clone(),
            finish: false,
            content: texts::QUEUED.to_owned(),
            feedback_id: None,
        };
        spawn(core, "queued notice", async move {
            if let Err(error) = client.update_stream(&req_id, frame).await {
                tracing::debug!(%error, "the queued notice was not taken");
            }
        });
    }

    fn answering(&self, core: &Arc<Core>, settings: &Account, work: &Work) -> Answering {
        let messenger = Messenger {
            client: self.client.clone(),
            chat: work.inbound.chat.clone(),
            budgets: self.budgets.clone(),
            patience: settings.undelivered_ttl,
            late: late_way(core, settings, work),
        };
        let outlet = SocketOutlet {
            core: core.clone(),
            files: self.files.clone(),
            messenger: messenger.clone(),
            session: work.route.session.clone(),
        };
        let reply = SocketReply {
            messenger,
            req_id: work.inbound.req_id.clone(),
            stream_id: work.stream_id.clone(),
            opened: work.opened.clone(),
            settings: SocketReplySettings {
                stream: work.inbound.origin == Origin::Message,
                thinking: settings.send_thinking_message && work.decided.is_none(),
                handover: settings.stream_handover,
            },
            hard_stop: core.hard_stop.clone(),
        };
        Answering {
            reply: Box::new(reply),
            outlet: Arc::new(outlet),
        }
    }

    fn change_card(&self, core: &Arc<Core>, change: CardChange<'_>) {
        let inbound = change.inbound;
        let command = Command::UpdateCard {
            req_id: inbound.req_id.clone(),
            users: vec![inbound.sender.clone()],
            card: change.card,
        };
        self.answer_event(core, "a card's update", command);
    }

    fn welcome(&self, core: &Arc<Core>, greeted: Asked, text: String) {
        let command = Command::Welcome {
            req_id: greeted.req_id,
            body: WelcomeBody::Text(text),
        };
        self.answer_event(core, "the welcome", command);
    }

    fn tell_version(&self, core: &Arc<Core>, envelope: Envelope) {
        let command = Command::EnterCheck {
            req_id: envelope.req_id,
        };
        self.answer_event(core, "the version", command);
    }

    fn updated(&self, core: &Core) {
        let files = FilesOut::new(self.client.clone(), &core.ways(), self.budgets.clone());
        self.files.replace(files);
    }

    async fn close(&self, core: &Core) {
        core.shared.bots.remove(&core.id);
        self.client.close().await;
    }
}

impl SocketSeat {
    /// Answers an event while WeCom still takes it.
    fn answer_event(&self, core: &Arc<Core>, what: &'static str, command: Command) {
        let client = self.client.clone();
        spawn(core, "event answer", async move {
            match tokio::time::timeout(EVENT_BUDGET, client.send(command)).await {
                Ok(Ok(_)) => tracing::debug!(what, "an event was answered"),
                Ok(Err(error)) => tracing::warn!(what, %error, "was not taken"),
                Err(_) => tracing::warn!(what, "was too late"),
            }
        });
    }
}

fn late_way(core: &Core, settings: &Account, work: &Work) -> Option<Arc<LateWay>> {
    let address = work.inbound.response_url.clone()?;
    Some(Arc::new(LateWay::new(
        core.ways().http.clone(),
        address,
        settings.network.api_base_url.clone(),
        work.received_at_ms,
        core.shared.clock.clone(),
    )))
}
