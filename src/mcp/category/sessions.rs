//! The sessions that are open.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use tokio::time::Instant;

use super::address::Address;
use super::exchange::{Bounds, Line};
use super::failure::Trouble;
use super::flights::Flights;
use super::handshake::{self, Session};
use super::place::{Holder, Place, Share};
use super::tasks::Tasks;
use crate::clock::SharedClock;
use crate::ids::{AccountId, UserId, generate};

/// Sessions of the process. WeCom has as many again of its own, so they are not for ever.
const CAPACITY: usize = 1_000;

/// A session that nobody used for so long is closed.
const IDLE: Duration = Duration::from_mins(30);

/// How long a handshake may take. It is shared, so no single call's limit holds.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);

/// How many bytes the answer to a handshake may have.
const WELCOME_LIMIT: u64 = 1024 * 1024;

/// The sessions that are open, by server and, where the server keeps sessions, by member.
#[derive(Debug)]
pub(super) struct Sessions {
    open: Arc<Flights<Share, Arc<Session>, Trouble>>,
    tasks: Tasks,
    clock: SharedClock,
}

/// For whom a session is wanted.
#[derive(Debug, Clone)]
pub(super) struct Member {
    /// The member.
    pub(super) requester: Option<UserId>,
    /// The member as a header, checked.
    pub(super) header: Option<HeaderValue>,
}

impl Sessions {
    pub(super) fn new(tasks: Tasks, clock: SharedClock) -> Self {
        let farewells = tasks.clone();
        let close = move |session: Arc<Session>| {
            if session.is_stateful() {
                farewells.see_through("farewell", async move { session.close().await });
            }
        };
        Self {
            open: Arc::new(Flights::new(CAPACITY, close)),
            tasks,
            clock,
        }
    }

    /// A session at `address` for `member`, opened where there is none.
    pub(super) async fn enter(
        &self,
        place: &Place,
        member: &Member,
        line: &Line,
        address: Arc<Address>,
        offered_version: &str,
    ) -> Result<Arc<Session>, Trouble> {
        for holder in [Holder::Everybody, Holder::One(member.requester.clone())] {
            let share = Share {
                place: place.clone(),
                holder,
            };
            let open = self.open.get(&share, |session, age| {
                session.address.generation == address.generation && age.idle < IDLE
            });
            if let Some((session, _)) = open {
                return Ok(session);
            }
        }
        self.open.sweep(|_, age| age.idle < IDLE);
        let one = Share {
            place: place.clone(),
            holder: Holder::One(member.requester.clone()),
        };
        let (line, header, share) = (line.clone(), member.header.clone(), one.clone());
        let offered_version = offered_version.to_owned();
        let id = generate("mcp_init", self.clock.now_ms());
        let opening = self
            .open
            .join(&self.tasks, "handshake", one, || async move {
                let bounds = Bounds {
                    limit: WELCOME_LIMIT,
                    deadline: Instant::now() + HANDSHAKE_TIMEOUT,
                };
                let session =
                    handshake::open(&line, address, header, &offered_version, &id, bounds).await?;
                let holder = if session.is_stateful() {
                    share.holder
                } else {
                    Holder::Everybody
                };
                Ok((Share { holder, ..share }, session))
            });
        opening.await
    }

    /// Drops a session that the server no longer knows under `id`, unless it has another
    /// one by now.
    pub(super) fn retire(
        &self,
        place: &Place,
        member: &Member,
        session: &Arc<Session>,
        id: Option<&str>,
    ) {
        let share = Share {
            place: place.clone(),
            holder: Holder::One(member.requester.clone()),
        };
        self.open.remove_if(&share, |open| {
            Arc::ptr_eq(open, session) && open.id().as_deref() == id
        });
    }

    /// Forgets the sessions of one server.
    pub(super) fn forget(&self, place: &Place) {
        self.open.retain(|share| share.place != *place);
    }

    /// Forgets the sessions of an account, or all.
    pub(super) fn forget_account(&self, account: Option<&AccountId>) {
        self.open
            .retain(|share| account.is_some_and(|account| share.place.account != *account));
    }

    /// Takes leave of all servers.
    pub(super) fn close_all(&self) {
        self.open.sweep(|_, _| false);
    }
}
