//! The seat of an agent app: callbacks in, messages of the API out.

mod inbound;
mod outlet;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;

use super::event;
use super::gate::{self, Gate};
use super::intake::{self, Accepted, Candidate, Click};
use super::notice::{Asked, NotTold};
use super::seat::{Answering, CardChange, Seat};
use super::{Core, spawn};
use crate::agent::Attachment;
use crate::channel::app_way::AppWay;
use crate::channel::cards;
use crate::channel::exchange::Exchange;
use crate::channel::inbound::Inbound;
use crate::channel::mailbox::{Slot, Work};
use crate::channel::media::inbound::{Cause, FetchError, FetchLimits, Wanted};
use crate::channel::reply::{AppReply, LostReply};
use crate::channel::webhook::Address;
use crate::config::{Access, Account};
use crate::failpoint;
use crate::files::MediaScope;
use crate::ids::{Chat, ChatId, ChatKind, MessageId, ReqId, StreamId, UserId, generate};
use crate::store::{NewMessage, Outcome, Recorded, RouteVia, StoreError};
use crate::wecom::bot::Envelope;
use crate::wecom::callback::{AppCallback, AppContent, AppEvent, CallbackCipher};

use inbound::{Unheard, hear};
use outlet::AppOutlet;

/// China Standard Time, by which WeCom's days are counted: hours before UTC.
const CHINA_OFFSET_HOURS: i64 = 8;

/// An agent app's callbacks and messages.
#[derive(Debug, Default)]
pub(super) struct AppSeat {
    /// The numbers that differed from the configured one, logged once.
    other_number: RwLock<Option<u64>>,
}

/// Takes what WeCom calls an agent app with.
#[async_trait]
pub(in crate::channel) trait AppCallbacks:
    Send + Sync + std::fmt::Debug
{
    /// Records a callback, or finds that there is nothing to record. What follows from it
    /// happens afterwards.
    ///
    /// # Errors
    /// It could not be recorded: it must not be acknowledged.
    async fn receive(&self, callback: AppCallback, document: String) -> Result<(), StoreError>;
}

/// The account as its agent app sees it: with the app's own rules for direct messages, and
/// its own greeting.
pub(super) fn seen_by_app(account: &Account) -> Account {
    let mut seen = account.clone();
    if let Some(app) = &account.agent_app {
        seen.access = Access {
            dm_policy: app.dm_policy,
            allow_from: app.allow_from.clone(),
            ..account.access.clone()
        };
        seen.welcome_text.clone_from(&app.welcome_text);
    }
    seen
}

impl AppSeat {
    /// Lets WeCom call.
    pub(super) fn open(self: &Arc<Self>, core: &Arc<Core>) {
        let desk = &core.shared.desk;
        let calls = Arc::new(Intake {
            core: core.clone(),
            seat: self.clone(),
        });
        if let Some(address) = address(&core.settings(), calls) {
            desk.put_app(address);
        }
    }

    fn way(&self, core: &Core, user: &UserId, agent_id: Option<u64>) -> Option<AppWay> {
        let (shared, account) = (&core.shared, core.settings());
        AppWay::to(&shared.planner, &shared.apps, &account, user, agent_id)
    }

    fn note_number(&self, core: &Core, callback: &AppCallback) {
        let settings = core.settings();
        let own = settings.agent_app.as_ref().and_then(|app| app.agent_id);
        let (Some(own), Some(other)) = (own, callback.agent_id) else {
            return;
        };
        let mut seen = self
            .other_number
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if own != other && *seen != Some(other) {
            *seen = Some(other);
            tracing::warn!(account = %core.id, own, other, "a callback names another app than `agent.agentId`");
        }
    }
}

fn address(account: &Account, calls: Arc<dyn AppCallbacks>) -> Option<Address<dyn AppCallbacks>> {
    let app = account.agent_app.as_ref()?;
    let keys = app.receive.as_ref()?;
    Some(Address {
        account: account.id.clone(),
        cipher: CallbackCipher::new(keys, Some(&app.corp_id)),
        identity: app.agent_id.map(|number| number.to_string()),
        max_skew: app.max_clock_skew,
        calls,
    })
}

/// Takes callbacks for one account.
#[derive(Debug)]
struct Intake {
    core: Arc<Core>,
    seat: Arc<AppSeat>,
}

#[async_trait]
impl AppCallbacks for Intake {
    async fn receive(&self, callback: AppCallback, document: String) -> Result<(), StoreError> {
        let core = &self.core;
        failpoint::reach("received");
        core.activity.inbound(core.shared.clock.now_ms());
        self.seat.note_number(core, &callback);
        if matches!(callback.content, AppContent::Event(AppEvent::EnterAgent)) {
            return self.entered(&callback, document).await;
        }
        let (config, settings) = (core.shared.config.get(), core.settings());
        let gate = Gate {
            core,
            config: &config,
            settings: &settings,
            exchange: Exchange::default(),
        };
        let Some(mut candidate) = consider(&gate, &callback, &document) else {
            return Ok(());
        };
        let click = candidate.click.take();
        let accepted = intake::record(core, vec![candidate]).await;
        for accepted in accepted.map_err(|(_, error)| error)? {
            if let Accepted::New(new) = accepted {
                let (work, slot) = *new;
                self.begin(work, slot, click.as_ref()).await?;
            }
        }
        Ok(())
    }
}

impl Intake {
    /// Puts recorded work into its mailbox. A click changes its card before that, once: WeCom
    /// may call a second time.
    async fn begin(
        &self,
        mut work: Work,
        slot: Slot,
        click: Option<&Click>,
    ) -> Result<(), StoreError> {
        let core = &self.core;
        if let Some(click) = click
            && !event::resolve_click(core, &mut work.inbound, click).await
        {
            let now_ms = core.shared.clock.now_ms();
            let store = &core.shared.store;
            return store.close(work.id, Outcome::Silent, now_ms).await;
        }
        intake::place(core, work, slot);
        Ok(())
    }

    /// Greets a member who opened the app, once a day. The day is recorded like a message, so
    /// that a restart greets nobody twice.
    async fn entered(&self, callback: &AppCallback, document: String) -> Result<(), StoreError> {
        let core = &self.core;
        let settings = core.settings();
        let (Some(text), Some(sender)) = (settings.welcome_text.clone(), callback.sender.clone())
        else {
            return Ok(());
        };
        let chat = Chat {
            account: core.id.clone(),
            kind: ChatKind::Direct,
            id: ChatId::new(sender.as_str()),
        };
        let config = core.shared.config.get();
        let gate = Gate {
            core,
            config: &config,
            settings: &settings,
            exchange: Exchange::default(),
        };
        if !gate::may_speak(&gate, &chat, &sender) {
            return Ok(());
        }
        let now_ms = core.shared.clock.now_ms();
        let day = (now_ms / 3_600_000 + CHINA_OFFSET_HOURS).div_euclid(24);
        let mark = NewMessage {
            chat: chat.clone(),
            sender: sender.clone(),
            via: RouteVia::Agent,
            message_id: MessageId::new(format!("welcome:{sender}:{day}")),
            req_id: ReqId::new(generate("enter", now_ms)),
            stream_id: StreamId::new(generate("stream", now_ms)),
            payload: document,
            received_at_ms: now_ms,
            begins: true,
        };
        let recorded = core.shared.store.record(vec![mark]).await?;
        if let Some(Recorded::New(id)) = recorded.first() {
            let store = &core.shared.store;
            store.close(*id, Outcome::Delivered, now_ms).await?;
            let greeted = Asked {
                agent_id: callback.agent_id,
                ..Asked::event(chat, sender, ReqId::new(generate("enter", now_ms)))
            };
            core.seat.welcome(core, greeted, text);
        }
        Ok(())
    }
}

/// Applies the rules to one callback. `Some`: it is to be recorded and answered.
fn consider(gate: &Gate<'_>, callback: &AppCallback, document: &str) -> Option<Candidate> {
    let heard = hear(&gate.core.id, callback);
    match heard {
        Ok((inbound, None)) => gate::message_of(gate, inbound, document),
        Ok((inbound, Some(click))) => {
            if !gate::admitted(gate, &inbound) {
                return None;
            }
            event::clicked(gate, inbound, click, document)
        }
        Err(Unheard::Event(name)) => {
            tracing::debug!(event = name, "an event was ignored");
            None
        }
        Err(Unheard::NotAMessage(reason)) => {
            tracing::warn!(%reason, "a message was dropped");
            None
        }
    }
}

#[async_trait]
impl Seat for AppSeat {
    fn via(&self) -> RouteVia {
        RouteVia::Agent
    }

    fn is_up(&self) -> bool {
        true
    }

    async fn read(&self, core: &Core, payload: &str) -> Option<Inbound> {
        let callback = AppCallback::parse(payload).ok()?;
        let (mut inbound, click) = hear(&core.id, &callback).ok()?;
        if let Some(click) = click {
            let card = event::find_card(core, &click.event).await;
            inbound.text = cards::event_text(&click.envelope, &click.event, card.as_ref());
        }
        Some(inbound)
    }

    async fn fetch(
        &self,
        core: &Core,
        wanted: &[Wanted],
        scope: &MediaScope,
        _pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>> {
        match core.shared.apps.client(&core.settings()) {
            Ok(client) => {
                let ways = core.ways();
                let fetching = ways.fetcher.fetch_uploads(&client, wanted, scope, limits);
                fetching.await
            }
            Err(error) => {
                tracing::error!(account = %core.id, %error, "files can't be fetched");
                let unreadable = |wanted: &Wanted| {
                    Err(FetchError::Unreadable {
                        kind: wanted.kind,
                        cause: Cause::NoAddress,
                    })
                };
                wanted.iter().map(unreadable).collect()
            }
        }
    }

    async fn tell(&self, core: &Core, asked: Asked, text: String) -> Result<(), NotTold> {
        let way = self.way(core, &asked.sender, asked.agent_id);
        let way = way.ok_or_else(|| NotTold::NoWay(LostReply::NO_APP.to_owned()))?;
        way.text(&text)
            .await
            .map_err(|error| NotTold::NoWay(error.to_string()))
    }

    /// A message of its own for each that waits would be in the way of the answers.
    fn tell_queued(&self, _core: &Arc<Core>, _work: &Work) {}

    fn answering(&self, core: &Arc<Core>, _settings: &Account, work: &Work) -> Answering {
        let way = self.way(core, &work.inbound.sender, work.inbound.agent_id);
        let outlet = AppOutlet {
            core: core.clone(),
            way: way.clone(),
            chat: work.inbound.chat.clone(),
            session: work.route.session.clone(),
        };
        Answering {
            reply: match way {
                Some(way) => Box::new(AppReply::new(way, core.hard_stop.clone())),
                None => Box::new(LostReply),
            },
            outlet: Arc::new(outlet),
        }
    }

    fn change_card(&self, core: &Arc<Core>, change: CardChange<'_>) {
        let CardChange {
            inbound,
            before,
            click,
            ..
        } = change;
        let way = self.way(core, &inbound.sender, inbound.agent_id);
        let (Some(way), Some(code)) = (way, inbound.card_code.clone()) else {
            return;
        };
        let label = cards::closed_label(before, click);
        spawn(core, "card update", async move {
            if let Err(error) = way.close_card(code, &label).await {
                tracing::warn!(%error, "a card's update was not taken");
            }
        });
    }

    fn welcome(&self, core: &Arc<Core>, greeted: Asked, text: String) {
        super::notice::say(core, greeted, text);
    }

    /// WeCom does not ask apps.
    fn tell_version(&self, _core: &Arc<Core>, _envelope: Envelope) {}

    fn updated(&self, core: &Core) {
        let calls = core.shared.desk.calls_of_app(&core.id);
        let settings = core.settings();
        let address = calls.and_then(|calls| address(&settings, calls));
        if let Some(address) = address {
            core.shared.desk.put_app(address);
        }
    }

    async fn close(&self, core: &Core) {
        core.shared.desk.remove_app(&core.id);
    }
}
