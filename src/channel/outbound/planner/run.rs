//! Sends a message, part after part, by one way and then perhaps another.

use std::borrow::Cow;

use tokio::time::Instant;

use super::resolve::{Resolved, prepared, text_limits};
use super::tally::Tally;
use super::{Planner, SendError};
use crate::channel::outbound::chunk::{self, Piece, Pieces};
use crate::channel::outbound::doors::{
    AppReceiver, DoorError, Limits, MediaAnswer, MediaItem, MediaProblem, NotSent, Receipt,
    RefusalClass, take,
};
use crate::channel::outbound::report::{DeliveryReport, Door, Fallback};
use crate::channel::outbound::request::SendRequest;
use crate::channel::outbound::target::TargetKind;
use crate::config::{Account, Config};
use crate::ids::{AccountId, Chat, ChatId, ChatKind};
use crate::texts::outbound as texts;

/// Members in one call of the agent app.
const USERS_A_CALL: usize = 1_000;

/// Departments or tags in one call of the agent app.
const GROUPS_A_CALL: usize = 100;

/// A door and who is behind it.
#[derive(Debug, Clone)]
enum Way {
    Bot(Chat),
    App(AppReceiver),
}

/// What is not out yet: media, then the text with what is to be said about them.
#[derive(Debug, Clone)]
struct Rest {
    media: Vec<MediaItem>,
    text: String,
}

/// A way ended before everything was out.
struct Stop {
    rest: Rest,
    error: DoorError,
}

struct Run<'a> {
    planner: &'a Planner,
    account: &'a Account,
    /// The account that stands for all that share the agent app.
    app_of: AccountId,
    limits: Limits,
    tally: Tally,
}

/// Sends what `request` asks for, as `resolved` says.
pub(super) async fn run(
    planner: &Planner,
    config: &Config,
    mut resolved: Resolved,
    request: &SendRequest,
) -> Result<DeliveryReport, SendError> {
    let account = &with_number(config.account(resolved.account.as_str())?, request.agent_id);
    let Some(target) = resolved.parsed.take() else {
        return Err(SendError::Nothing);
    };
    if let Some(reason) = &resolved.broadcast {
        tracing::info!(account = %account.id, kind = target.kind.name(), reason, "a broadcast goes out");
    }
    let origin = request.origin;
    let mut run = Run {
        planner,
        account,
        app_of: app_of(config, account),
        limits: Limits {
            reconnect: origin.reconnect_patience(),
            until: Instant::now() + origin.patience(),
            duplicate_check: origin.duplicate_check(),
        },
        tally: Tally::default(),
    };
    let rest = Rest {
        media: request
            .media
            .iter()
            .map(|reference| MediaItem::Reference {
                reference: reference.clone(),
                grant: request.grant.clone(),
            })
            .collect(),
        text: request.text.clone().unwrap_or_default(),
    };
    run.by(&target.kind, resolved.via, resolved.fallback, rest)
        .await;
    let report = run.tally.report(resolved, receivers(&target.kind));
    tracing::info!(
        account = %report.account,
        kind = target.kind.name(),
        via = report.via.map_or("none", Door::as_str),
        status = report.status.as_str(),
        parts = report.parts,
        "a message of our own accord"
    );
    Ok(report)
}

impl Run<'_> {
    /// Sends `rest` by the first door, and what certainly is not out by the second.
    async fn by(&mut self, kind: &TargetKind, first: Door, second: Option<Door>, rest: Rest) {
        let mut stopped = None;
        for way in self.ways(kind, first).await {
            if let Some(stop) = self.deliver(&way, rest.clone()).await {
                stopped = Some(stop);
                break;
            }
        }
        let Some(stop) = stopped else { return };
        let next = second.filter(|_| may_go_another_way(first, kind, &stop.error));
        let Some(second) = next else {
            self.tally.stopped(&stop.error);
            return;
        };
        tracing::warn!(account = %self.account.id, from = first.as_str(), to = second.as_str(), error = %stop.error, "the other way is taken");
        self.tally.fallback = Some(Fallback {
            from: first,
            reason: stop.error.code(),
        });
        let one_by_one = second == Door::Bot;
        for way in self.ways(kind, second).await {
            let Some(failed) = self.deliver(&way, stop.rest.clone()).await else {
                continue;
            };
            match (&way, &failed.error) {
                (
                    Way::Bot(chat),
                    DoorError::Refused {
                        class: RefusalClass::Receiver,
                        ..
                    },
                ) if one_by_one => {
                    self.tally.warn(format!("{}: {}", chat.id, failed.error));
                    self.tally.unreached(chat.id.to_string());
                }
                _ => {
                    self.tally.stopped(&failed.error);
                    self.tally
                        .warn(format!("the first way failed: {}", stop.error));
                }
            }
        }
    }

    /// The calls or chats that reach `kind` through `door`.
    async fn ways(&mut self, kind: &TargetKind, door: Door) -> Vec<Way> {
        let bot = |id: ChatId, kind| {
            let account = self.account.id.clone();
            Way::Bot(Chat { account, kind, id })
        };
        match (door, kind) {
            (Door::Bot, TargetKind::Chat(chat)) => vec![bot(chat.clone(), ChatKind::Group)],
            (Door::Bot, TargetKind::User(users)) => users
                .iter()
                .map(|user| bot(ChatId::new(user.as_str()), ChatKind::Direct))
                .collect(),
            (_, TargetKind::Chat(chat)) => vec![Way::App(AppReceiver::Chat(chat.clone()))],
            (_, TargetKind::User(users)) => users
                .chunks(USERS_A_CALL)
                .map(|users| Way::App(AppReceiver::Users(users.to_vec())))
                .collect(),
            (_, TargetKind::Party(parties)) => parties
                .chunks(GROUPS_A_CALL)
                .map(|parties| Way::App(AppReceiver::Parties(parties.to_vec())))
                .collect(),
            (_, TargetKind::Tag(tags)) => {
                let mut numbers = Vec::with_capacity(tags.len());
                for tag in tags {
                    let app = &*self.planner.app;
                    let names = &self.planner.tags;
                    let (number, warning) = names.resolve(app, self.account, tag).await;
                    if let Some(warning) = warning {
                        self.tally.warn(warning);
                    }
                    numbers.push(number);
                }
                numbers
                    .chunks(GROUPS_A_CALL)
                    .map(|tags| Way::App(AppReceiver::Tags(tags.to_vec())))
                    .collect()
            }
            (_, TargetKind::All) => vec![Way::App(AppReceiver::All)],
        }
    }

    /// Sends all of `rest` by one way; `Some` is what certainly, or perhaps, is not out.
    async fn deliver(&mut self, way: &Way, mut rest: Rest) -> Option<Stop> {
        self.tally.via = Some(way.door());
        while let Some(item) = rest.media.first() {
            let answer = self.send_media(way, item).await;
            let name = answer.name;
            match answer.result {
                Ok(receipt) => {
                    self.tally.sent(receipt);
                    if let Some(note) = answer.note {
                        self.tally
                            .warn(format!("{name} did not go out as it is: {note}"));
                        rest.say(&note);
                    }
                }
                Err(MediaProblem::Door(error)) if !is_about_content(&error) => {
                    return Some(Stop { rest, error });
                }
                Err(problem) => {
                    self.tally
                        .failed("media_failed".to_owned(), format!("{name}: {problem}"));
                    let note = answer.note.unwrap_or_else(|| texts::media_failed(&name));
                    rest.say(&note);
                }
            }
            rest.media.remove(0);
        }
        self.deliver_text(way, rest.text).await
    }

    async fn deliver_text(&mut self, way: &Way, text: String) -> Option<Stop> {
        let text = prepared(self.account, way.door(), &text);
        let limits = text_limits(self.account, way.door());
        let pieces = match chunk::pieces(&text, limits) {
            Pieces::All(pieces) => pieces,
            Pieces::FirstAndFile { first, .. } => {
                return self.deliver_file(way, &first, text).await;
            }
        };
        for piece in pieces {
            if let Err(error) = self.send_piece(way, &piece.text, limits).await {
                let rest = Rest::of_text(piece.rest_of(&text));
                return Some(Stop { rest, error });
            }
        }
        None
    }

    /// A text of too many messages: its beginning, and the whole as a file.
    async fn deliver_file(&mut self, way: &Way, first: &Piece, text: String) -> Option<Stop> {
        let limits = text_limits(self.account, way.door());
        if let Err(error) = self.send_piece(way, &first.text, limits).await {
            let rest = Rest::of_text(text);
            return Some(Stop { rest, error });
        }
        let item = MediaItem::Document {
            name: texts::FULL_TEXT_FILE.to_owned(),
            content: text,
        };
        let answer = self.send_media(way, &item).await;
        match answer.result {
            Ok(receipt) => self.tally.sent(receipt),
            Err(MediaProblem::Door(error)) => {
                let rest = Rest {
                    media: vec![item],
                    text: String::new(),
                };
                return Some(Stop { rest, error });
            }
            Err(problem) => {
                self.tally.failed(
                    "media_failed".to_owned(),
                    format!("the whole text: {problem}"),
                );
            }
        }
        None
    }

    /// Sends one piece; one that WeCom finds too long is cut once more. What then fails in
    /// its middle may have arrived in part and is not repeated.
    async fn send_piece(
        &mut self,
        way: &Way,
        text: &str,
        limits: chunk::Limits,
    ) -> Result<(), DoorError> {
        let error = match self.send_text(way, text).await {
            Ok(receipt) => {
                self.tally.sent(receipt);
                return Ok(());
            }
            Err(error) => error,
        };
        let is_too_long = matches!(
            error,
            DoorError::Refused {
                class: RefusalClass::TooLong,
                ..
            }
        );
        let smaller = chunk::chunk(text, limits.halved());
        if !is_too_long || smaller.len() < 2 {
            return Err(error);
        }
        self.tally
            .warn("WeCom found a piece too long; it went out in smaller ones".to_owned());
        for (n, piece) in smaller.iter().enumerate() {
            match self.send_text(way, &piece.text).await {
                Ok(receipt) => self.tally.sent(receipt),
                Err(error) if n == 0 => return Err(error),
                Err(error) => {
                    self.tally.failed(error.code(), error.to_string());
                    return Err(DoorError::Unknown);
                }
            }
        }
        Ok(())
    }

    async fn send_text(&self, way: &Way, text: &str) -> Result<Receipt, DoorError> {
        self.check_time()?;
        match way {
            Way::Bot(chat) => self.planner.bot.send(chat, text, self.limits).await,
            Way::App(to) => {
                self.take_app_budget(to).await?;
                let app = &self.planner.app;
                app.send(self.account, to, text, self.limits).await
            }
        }
    }

    async fn send_media(&self, way: &Way, item: &MediaItem) -> MediaAnswer {
        let failed = |error: DoorError| MediaAnswer {
            name: item.name(),
            note: None,
            result: Err(error.into()),
        };
        if let Err(error) = self.check_time() {
            return failed(error);
        }
        match way {
            Way::Bot(chat) => self.planner.bot.send_media(chat, item, self.limits).await,
            Way::App(to) => {
                if let Err(error) = self.take_app_budget(to).await {
                    return failed(error);
                }
                let app = &self.planner.app;
                app.send_media(self.account, to, item, self.limits).await
            }
        }
    }

    fn check_time(&self) -> Result<(), DoorError> {
        if Instant::now() < self.limits.until {
            return Ok(());
        }
        Err(DoorError::NotSent {
            reason: NotSent::OutOfTime,
            message: "the time for this request is over before all of it could be sent".to_owned(),
        })
    }

    async fn take_app_budget(&self, to: &AppReceiver) -> Result<(), DoorError> {
        take_budget(self.planner, &self.app_of, to, self.limits.until).await
    }
}

impl Planner {
    /// Takes a message of an agent app from the quota of each member, waiting for it until
    /// `until`: WeCom drops what is beyond it without a word.
    ///
    /// # Errors
    /// It is used up for longer.
    pub(in crate::channel) async fn take_app_budget(
        &self,
        account: &Account,
        to: &AppReceiver,
        until: Instant,
    ) -> Result<(), DoorError> {
        let app_of = app_of(&self.config.get(), account);
        take_budget(self, &app_of, to, until).await
    }
}

async fn take_budget(
    planner: &Planner,
    app_of: &AccountId,
    to: &AppReceiver,
    until: Instant,
) -> Result<(), DoorError> {
    let (kind, ids) = match to {
        AppReceiver::Users(users) => {
            let ids = users.iter().map(|user| user.as_str().to_ascii_lowercase());
            (ChatKind::Direct, ids.collect())
        }
        AppReceiver::Chat(chat) => (ChatKind::Group, vec![chat.to_string()]),
        // Whoever is in them has a quota too, which is not known here.
        AppReceiver::Parties(_) | AppReceiver::Tags(_) | AppReceiver::All => return Ok(()),
    };
    for id in ids {
        let account = app_of.clone();
        let id = ChatId::new(id);
        let chat = Chat { account, kind, id };
        take(&planner.app_budgets, &chat, until).await?;
    }
    Ok(())
}

impl Way {
    fn door(&self) -> Door {
        match self {
            Self::Bot(_) => Door::Bot,
            Self::App(AppReceiver::Chat(_)) => Door::Appchat,
            Self::App(_) => Door::Agent,
        }
    }
}

impl Rest {
    fn of_text(text: String) -> Self {
        let media = Vec::new();
        Self { media, text }
    }

    /// Adds a paragraph to the text.
    fn say(&mut self, note: &str) {
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
        self.text.push_str(note);
    }
}

/// Whether what `error` left unsent may go by the second door.
fn may_go_another_way(first: Door, kind: &TargetKind, error: &DoorError) -> bool {
    match error {
        DoorError::Unknown
        | DoorError::NotSent {
            reason: NotSent::OutOfTime,
            ..
        } => false,
        // A chat's quota is the chat's, whoever writes.
        DoorError::NotSent {
            reason: NotSent::Quota,
            ..
        } => matches!(kind, TargetKind::User(_)),
        DoorError::NotSent { .. } => true,
        DoorError::Refused { class, .. } => match class {
            RefusalClass::Content | RefusalClass::TooLong => false,
            RefusalClass::RateLimited => matches!(kind, TargetKind::User(_)),
            // Of the app it means that none of them is in its scope.
            RefusalClass::Receiver => first == Door::Bot,
            RefusalClass::Configuration => true,
        },
    }
}

fn is_about_content(error: &DoorError) -> bool {
    matches!(
        error,
        DoorError::Refused {
            class: RefusalClass::Content | RefusalClass::TooLong,
            ..
        }
    )
}

/// How many receivers can be told apart in WeCom's answer.
fn receivers(kind: &TargetKind) -> Option<usize> {
    match kind {
        TargetKind::User(users) => Some(users.len()),
        TargetKind::Party(parties) => Some(parties.len()),
        TargetKind::Tag(tags) => Some(tags.len()),
        TargetKind::Chat(_) | TargetKind::All => None,
    }
}

/// The account, with the number of its app where the configuration has none.
fn with_number(account: &Account, agent_id: Option<u64>) -> Cow<'_, Account> {
    match &account.agent_app {
        Some(app) if app.agent_id.is_none() && agent_id.is_some() => {
            let mut filled = account.clone();
            if let Some(app) = &mut filled.agent_app {
                app.agent_id = agent_id;
            }
            Cow::Owned(filled)
        }
        _ => Cow::Borrowed(account),
    }
}

/// The first account with the same agent app: quotas are the app's.
fn app_of(config: &Config, account: &Account) -> AccountId {
    let app = |account: &Account| {
        let app = account.agent_app.as_ref()?;
        Some((app.corp_id.clone(), app.agent_id))
    };
    let own = app(account);
    let mut accounts = config.accounts.values();
    let first = accounts.find(|other| own.is_some() && app(other) == own);
    first.unwrap_or(account).id.clone()
}
