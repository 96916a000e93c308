//! Who may do what with which job.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::agent::ToolTurn;
use crate::channel::command::is_owner;
use crate::channel::outbound::{Target, TargetKind};
use crate::channel::policy::aim::{AimRefusal, Aimer, may_aim};
use crate::config::{Account, Config};
use crate::cron::job::{DeliveryMode, Job, Schedule};
use crate::cron::schedule;
use crate::identity::Source;
use crate::ids::{Chat, ChatKind, UserId};
use crate::store::RouteVia;

/// Characters of a prompt that a chat may store.
const MAX_PROMPT: usize = 8_000;

/// Shortest interval of a job that writes to many.
const MIN_BROADCAST: Duration = Duration::from_mins(15);

/// Next times that are compared with the shortest interval.
const LOOKED_AT: usize = 8;

/// Key of the owner that names the job whose run made this one.
const PARENT: &str = "parentJob";

/// Who calls, and from where.
#[derive(Debug)]
pub(super) struct Caller<'a> {
    pub(super) config: &'a Config,
    pub(super) account: &'a Account,
    pub(super) sender: &'a UserId,
    pub(super) turn: &'a ToolTurn,
    is_owner: bool,
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error(transparent)]
    Aim(#[from] AimRefusal),
    #[error("you have {limit} jobs, which is as many as a member may have")]
    TooMany { limit: u32 },
    #[error("it would run more often than every {} s", .0.as_secs())]
    TooOften(Duration),
    #[error("the text is longer than {MAX_PROMPT} characters")]
    TooLong,
    #[error("a job's run may only make a one-shot for its own target, and not twice in a row")]
    Multiplies,
    #[error("the account may only be the one of this chat")]
    OtherAccount,
    #[error("results of jobs made in a chat are sent as messages, not to a web address")]
    Webhook,
    #[error("only an owner may wake the agent's main session")]
    MainSession,
}

impl Refused {
    /// What the model does next.
    pub(super) fn next(&self) -> &'static str {
        match self {
            Self::Aim(_) => {
                "Do not repeat the call. Tell the person that the operator can allow it."
            }
            Self::TooMany { .. } => "List the person's jobs and ask which may go.",
            Self::TooOften(_) => "Ask the person for a longer interval.",
            Self::TooLong => "Shorten it.",
            Self::Multiplies => "Do not make further jobs.",
            Self::OtherAccount => "Leave `accountId` out.",
            Self::Webhook => "Use mode announce, or leave `delivery` out.",
            Self::MainSession => "Use an agentTurn or a text.",
        }
    }
}

impl<'a> Caller<'a> {
    /// The member who asks; `None` where nobody in particular does.
    pub(super) fn of(config: &'a Config, turn: &'a ToolTurn) -> Option<Self> {
        let sender = turn.identity.requester()?;
        let account = config.accounts.get(turn.identity.account())?;
        Some(Self {
            config,
            account,
            sender,
            turn,
            is_owner: is_owner(&config.commands, &account.access, sender),
        })
    }

    /// The job whose run calls.
    pub(super) fn parent(&self) -> Option<&str> {
        match self.turn.identity.source() {
            Source::Job { id } => Some(id),
            _ => None,
        }
    }

    /// The chat of the turn as a target that keeps its letters.
    pub(super) fn here(&self) -> String {
        let Chat { kind, id, .. } = &self.turn.chat;
        let channel = match self.turn.via {
            RouteVia::Bot => "wecom",
            RouteVia::Agent => "wecom-agent",
        };
        match kind {
            ChatKind::Direct => format!("{channel}:user:{id}"),
            ChatKind::Group => format!("{channel}:group:{id}"),
        }
    }

    /// Whether the caller made the job.
    pub(super) fn made(&self, job: &Job) -> bool {
        let owner = job.owner.as_ref();
        let account = owner.and_then(|owner| owner.account.as_deref());
        let user = owner.and_then(|owner| owner.user_id.as_deref());
        account.is_none_or(|account| account == self.account.id.as_str())
            && user.is_some_and(|user| UserId::new(user).folded() == self.sender.folded())
    }

    /// Whether the caller may see and change the job.
    pub(super) fn may_see(&self, job: &Job) -> bool {
        self.is_owner || self.made(job)
    }

    /// Whether the caller may have such a job, with so many others.
    pub(super) fn may_make(
        &self,
        job: &Job,
        others: u32,
        default_zone: &TimeZone,
        now_ms: i64,
    ) -> Result<(), Refused> {
        let limit = self.config.cron.max_jobs_per_creator;
        if !self.is_owner && others >= limit {
            return Err(Refused::TooMany { limit });
        }
        if job.payload.words().chars().count() > MAX_PROMPT {
            return Err(Refused::TooLong);
        }
        if job.payload.kind() == "systemEvent" && !self.is_owner {
            return Err(Refused::MainSession);
        }
        let target = self.target_of(job)?;
        let is_broadcast = target.as_ref().is_some_and(|target| {
            matches!(
                target.kind,
                TargetKind::Party(_) | TargetKind::Tag(_) | TargetKind::All
            )
        });
        if let Some(target) = &target {
            let aimer = Aimer {
                account: self.account,
                sender: Some(self.sender),
                chat: &self.turn.chat,
            };
            may_aim(self.config, aimer, target)?;
        }
        let own = self.config.cron.min_interval;
        let shortest = if is_broadcast {
            own.max(MIN_BROADCAST)
        } else {
            own
        };
        if runs_sooner(job, shortest, default_zone, now_ms) {
            return Err(Refused::TooOften(shortest));
        }
        Ok(())
    }

    fn target_of(&self, job: &Job) -> Result<Option<Target>, Refused> {
        let Some(delivery) = &job.delivery else {
            return Ok(None);
        };
        let other = |account: &String| account != self.account.id.as_str();
        if !self.is_owner && delivery.account_id.as_ref().is_some_and(other) {
            return Err(Refused::OtherAccount);
        }
        match delivery.mode {
            DeliveryMode::Webhook if !self.is_owner => Err(Refused::Webhook),
            DeliveryMode::None | DeliveryMode::Webhook => Ok(None),
            // What can't be read the desk refuses, with what to write instead.
            DeliveryMode::Announce => {
                Ok(delivery.to.as_deref().and_then(|to| Target::parse(to).ok()))
            }
        }
    }

    /// Whether a run of `parent` may make `job`: jobs must not multiply.
    pub(super) fn may_follow(parent: &Job, job: &mut Job) -> Result<(), Refused> {
        let target = |job: &Job| {
            job.delivery
                .as_ref()
                .and_then(|delivery| delivery.to.clone())
        };
        let is_child =
            (parent.owner.as_ref()).is_some_and(|owner| owner.extra.contains_key(PARENT));
        if is_child || !job.is_one_shot() || target(parent) != target(job) {
            return Err(Refused::Multiplies);
        }
        if let Some(owner) = &mut job.owner {
            owner
                .extra
                .insert(PARENT.to_owned(), parent.id.as_str().into());
        }
        Ok(())
    }
}

/// Whether two of the next times are closer than `shortest`.
fn runs_sooner(job: &Job, shortest: Duration, default_zone: &TimeZone, now_ms: i64) -> bool {
    let shortest_ms = i64::try_from(shortest.as_millis()).unwrap_or(i64::MAX);
    if let Schedule::Every(every) = &job.schedule {
        return u128::from(every.every_ms) < shortest.as_millis();
    }
    let mut last: Option<i64> = None;
    let mut after = now_ms;
    for _ in 0..LOOKED_AT {
        let Ok(Some(next)) = schedule::next_run(job, after, default_zone) else {
            return false;
        };
        if last.is_some_and(|last| next.saturating_sub(last) < shortest_ms) {
            return true;
        }
        (last, after) = (Some(next), next);
    }
    false
}
