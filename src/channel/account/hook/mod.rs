//! The seat of a bot in webhook mode: callbacks in, answers that WeCom fetches out.

mod batch;
mod conversation;
mod intake;
mod outlet;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::notice::{Asked, NotTold};
use super::seat::{Answering, CardChange, Seat};
use super::{Core, frames};
use crate::agent::Attachment;
use crate::channel::app_way::AppWay;
use crate::channel::exchange::Immediate;
use crate::channel::inbound::{Inbound, Origin};
use crate::channel::mailbox::Work;
use crate::channel::media::inbound::{Cause, FetchError, FetchLimits, Wanted, WantedMedia};
use crate::channel::polled::{PolledStream, Streams, Window};
use crate::channel::reply::{Elsewhere, ElsewhereReply, LateWay, PolledReply, Reply};
use crate::channel::webhook::Address;
use crate::config::{Account, BotWebhook};
use crate::files::MediaScope;
use crate::ids::{Chat, ChatKind, StreamId, UserId};
use crate::secret::Secret;
use crate::store::RouteVia;
use crate::texts;
use crate::wecom::bot::Envelope;
use crate::wecom::callback::CallbackCipher;

use batch::Waiting;
pub(super) use batch::merged;
use conversation::Conversations;
use intake::Intake;
use outlet::HookOutlet;

/// What is shown before an answer begins, where the configuration says nothing.
const PLACEHOLDER: &str = "1";

/// How much earlier than its callback a message may have been sent.
const OLDEST: Duration = Duration::from_mins(10);

/// A bot in webhook mode.
#[derive(Debug, Default)]
pub(super) struct HookSeat {
    streams: Streams,
    conversations: Mutex<Conversations<Waiting>>,
    /// Immediate answers to clicks, for WeCom's second asking.
    answered: intake::Answered,
}

/// Takes what WeCom calls a bot with.
#[async_trait]
pub(in crate::channel) trait HookCallbacks:
    Send + Sync + std::fmt::Debug
{
    /// Records a callback, or finds that there is nothing to record, and says what it is
    /// answered with. What follows from it happens afterwards.
    async fn receive(&self, callback: Map<String, Value>) -> Value;
}

impl HookSeat {
    /// Lets WeCom call.
    pub(super) fn open(self: &Arc<Self>, core: &Arc<Core>) {
        let calls = Arc::new(Intake {
            core: core.clone(),
            seat: self.clone(),
        });
        if let Some(address) = address(&core.settings(), calls) {
            core.shared.desk.put_bot(address);
        }
    }

    fn conversations(&self) -> MutexGuard<'_, Conversations<Waiting>> {
        // A conversation is whole at each step.
        (self.conversations.lock()).unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the stream of a message; `None`: there are too many.
    fn open_stream(
        &self,
        core: &Core,
        id: StreamId,
        inbound: &Inbound,
        placeholder: String,
        received_at_ms: i64,
    ) -> Option<Arc<PolledStream>> {
        let age = age_of(core, inbound.sent_at, received_at_ms);
        let stream = PolledStream::open(id, placeholder, Window::of_age(age));
        let stream = self.streams.keep(stream, inbound.message_id.clone())?;
        let late = inbound.response_url.clone();
        if let Some(late) = late {
            stream.add_response(late_way(core, late, received_at_ms));
        }
        let ways = Self::elsewhere(core, &inbound.chat, &inbound.sender, stream.responses());
        if !ways.is_there() {
            stream.part_with(texts::webhook::CANNOT_FOLLOW);
        }
        Some(stream)
    }

    /// The ways that are left for an answer to this member in this chat.
    fn elsewhere(
        core: &Core,
        chat: &Chat,
        sender: &UserId,
        responses: Vec<Arc<LateWay>>,
    ) -> Elsewhere {
        let (shared, account) = (&core.shared, core.settings());
        Elsewhere {
            responses,
            app: AppWay::to(&shared.planner, &shared.apps, &account, sender, None),
            is_direct: chat.kind == ChatKind::Direct,
        }
    }
}

/// What is shown before an answer begins.
fn placeholder(settings: &Account) -> String {
    let configured = settings.bot_webhook.as_ref();
    let text = configured.map_or("", |webhook| webhook.stream_placeholder.trim());
    if text.is_empty() { PLACEHOLDER } else { text }.to_owned()
}

/// How long ago a message was sent, as far as WeCom's word for it can be right.
fn age_of(core: &Core, sent_at: Option<i64>, received_at_ms: i64) -> Duration {
    let elapsed = |since_ms: i64| {
        let ms = core.shared.clock.now_ms().saturating_sub(since_ms);
        Duration::from_millis(u64::try_from(ms).unwrap_or_default())
    };
    let sent_ms = sent_at.map(|seconds| seconds.saturating_mul(1_000));
    let oldest_ms = received_at_ms.saturating_sub(i64::try_from(OLDEST.as_millis()).unwrap_or(0));
    match sent_ms {
        Some(sent) if (oldest_ms..=received_at_ms).contains(&sent) => elapsed(sent),
        _ => elapsed(received_at_ms),
    }
}

fn late_way(core: &Core, address: Secret, received_at_ms: i64) -> Arc<LateWay> {
    let settings = core.settings();
    Arc::new(LateWay::new(
        core.ways().http.clone(),
        address,
        settings.network.api_base_url.clone(),
        received_at_ms,
        core.shared.clock.clone(),
    ))
}

fn address(account: &Account, calls: Arc<dyn HookCallbacks>) -> Option<Address<dyn HookCallbacks>> {
    let webhook = account.bot_webhook.as_ref()?;
    Some(Address {
        account: account.id.clone(),
        cipher: CallbackCipher::new(&webhook.callback, webhook.receive_id.as_deref()),
        identity: webhook.bot_id.as_ref().map(ToString::to_string),
        max_skew: webhook.max_clock_skew,
        calls,
    })
}

#[async_trait]
impl Seat for HookSeat {
    fn via(&self) -> RouteVia {
        RouteVia::Bot
    }

    fn is_up(&self) -> bool {
        true
    }

    async fn read(&self, core: &Core, payload: &str) -> Option<Inbound> {
        frames::read(core, payload).await
    }

    fn revived(&self, core: &Core, work: &Work) {
        if work.inbound.origin == Origin::Message {
            let placeholder = placeholder(&core.settings());
            let (id, at) = (work.stream_id.clone(), work.received_at_ms);
            self.open_stream(core, id, &work.inbound, placeholder, at);
        }
    }

    async fn fetch(
        &self,
        core: &Core,
        wanted: &[Wanted],
        scope: &MediaScope,
        pushed_at_ms: i64,
        limits: &FetchLimits,
    ) -> Vec<Result<Attachment, FetchError>> {
        let settings = core.settings();
        let Some(webhook) = &settings.bot_webhook else {
            return Vec::new();
        };
        let ways = core.ways();
        let keyed: Vec<Wanted> = wanted
            .iter()
            .map(|wanted| with_key(wanted, webhook, KeyUse::WhereNone))
            .collect();
        let mut fetched = ways
            .fetcher
            .fetch_all(&keyed, scope, pushed_at_ms, limits)
            .await;
        for (result, wanted) in fetched.iter_mut().zip(wanted) {
            let other_key = matches!(
                result,
                Err(FetchError::Unreadable {
                    cause: Cause::Decrypt(_),
                    ..
                })
            );
            let again = with_key(wanted, webhook, KeyUse::Always);
            if other_key && again != *wanted {
                let mut results = ways
                    .fetcher
                    .fetch_all(&[again], scope, pushed_at_ms, limits)
                    .await;
                if let Some(second) = results.pop() {
                    *result = second;
                }
            }
        }
        fetched
    }

    async fn tell(&self, core: &Core, asked: Asked, text: String) -> Result<(), NotTold> {
        let text = match asked.origin {
            Origin::Message => match asked.exchange.answer(Immediate::Notice(text)) {
                Err(Immediate::Notice(text)) => text,
                _ => return Ok(()),
            },
            Origin::Event => text,
        };
        let now_ms = core.shared.clock.now_ms();
        let response = asked.response_url.clone();
        let response = response.map(|url| late_way(core, url, now_ms));
        let responses = response.into_iter().collect();
        let ways = Self::elsewhere(core, &asked.chat, &asked.sender, responses);
        ways.text(&text)
            .await
            .map_err(|error| NotTold::NoWay(error.to_string()))
    }

    /// Its stream says so from the beginning.
    fn tell_queued(&self, _core: &Arc<Core>, _work: &Work) {}

    fn answering(&self, core: &Arc<Core>, settings: &Account, work: &Work) -> Answering {
        let inbound = &work.inbound;
        let stream = match inbound.origin {
            Origin::Event => None,
            Origin::Message => self.streams.get(&work.stream_id).or_else(|| {
                let (id, at) = (work.stream_id.clone(), work.received_at_ms);
                self.open_stream(core, id, inbound, placeholder(settings), at)
            }),
        };
        let responses = match &stream {
            Some(stream) => stream.responses(),
            None => (inbound.response_url.clone())
                .map(|url| late_way(core, url, work.received_at_ms))
                .into_iter()
                .collect(),
        };
        let ways = Self::elsewhere(core, &inbound.chat, &inbound.sender, responses);
        let outlet = HookOutlet {
            core: core.clone(),
            stream: stream.clone(),
            ways: ways.clone(),
            chat: inbound.chat.clone(),
            session: work.route.session.clone(),
        };
        let hard_stop = core.hard_stop.clone();
        let reply: Box<dyn Reply> = match stream {
            Some(stream) => Box::new(PolledReply {
                stream,
                ways,
                hard_stop,
            }),
            None => Box::new(ElsewhereReply { ways, hard_stop }),
        };
        Answering {
            reply,
            outlet: Arc::new(outlet),
        }
    }

    fn change_card(&self, _core: &Arc<Core>, change: CardChange<'_>) {
        let update = serde_json::json!({
            "response_type": "update_template_card",
            "userids": [change.inbound.sender],
            "template_card": change.card,
        });
        if change
            .inbound
            .exchange
            .answer(Immediate::Card(update))
            .is_err()
        {
            tracing::warn!("a card's update was too late");
        }
    }

    fn welcome(&self, _core: &Arc<Core>, greeted: Asked, text: String) {
        if greeted.exchange.answer(Immediate::Welcome(text)).is_err() {
            tracing::warn!("a welcome was too late");
        }
    }

    /// WeCom does not ask in this mode.
    fn tell_version(&self, _core: &Arc<Core>, _envelope: Envelope) {}

    fn updated(&self, core: &Core) {
        let calls = core.shared.desk.calls_of_bot(&core.id);
        let settings = core.settings();
        if let Some(address) = calls.and_then(|calls| address(&settings, calls)) {
            core.shared.desk.put_bot(address);
        }
    }

    async fn close(&self, core: &Core) {
        core.shared.desk.remove_bot(&core.id);
    }
}

/// When the callback's own key opens a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyUse {
    /// Where the message names no other.
    WhereNone,
    /// Whatever the message says.
    Always,
}

fn with_key(wanted: &Wanted, webhook: &BotWebhook, how: KeyUse) -> Wanted {
    let mut wanted = wanted.clone();
    if let WantedMedia::Address(media) = &mut wanted.media
        && (how == KeyUse::Always || media.aes_key.is_none())
    {
        let key = STANDARD.encode(webhook.callback.aes_key.bytes());
        media.aes_key = Some(Secret::new(key));
    }
    wanted
}
