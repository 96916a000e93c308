//! All of WeCom's MCP servers behind one handle.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::book::{Book, Renewed};
use super::exchange::{Bounds, Reply};
use super::failure::{Failure, Stage, Trouble};
use super::handshake::Session;
use super::jsonrpc::Request;
use super::lines::Lines;
use super::lists::{self, Listed, Lists, MAX_PAGES};
use super::outgoing::Outgoing;
use super::place::{Holder, Share};
use super::result;
use super::route::Route;
use super::sessions::Sessions;
use super::tasks::Tasks;
use super::verdict::{Attempts, Forget, Repeat, jittered, verdict};
use super::words::{self, Asked};
use crate::catalogue::{self, RetryClass};
use crate::clock::SharedClock;
use crate::config::LiveConfig;
use crate::identity::Identity;
use crate::ids::{AccountId, generate};
use crate::interceptors::{
    Answer, CategoryServers, Renewal, ToolCall, ToolError, ToolList, check_wire,
};
use crate::wecom::bot::Bots;

/// How long one page of a list may take.
const LIST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a list may take with all its pages, finding the server included.
const LIST_DEADLINE: Duration = Duration::from_secs(75);

/// How many bytes one page of a list may have.
const LIST_LIMIT: u64 = 16 * 1024 * 1024;

/// How long taking leave of the servers may hold a shutdown up.
const FAREWELL: Duration = Duration::from_secs(2);

/// WeCom's MCP servers, for all accounts; cheap to clone.
#[derive(Debug, Clone)]
pub struct Servers {
    core: Arc<Core>,
}

#[derive(Debug)]
struct Core {
    config: LiveConfig,
    clock: SharedClock,
    book: Book,
    sessions: Sessions,
    lists: Lists,
    lines: Lines,
    tasks: Tasks,
}

/// One request that is tried until a verdict ends it.
struct Operation<'a> {
    id: String,
    body: Outgoing,
    asked: Asked<'a>,
    timeout: Duration,
    limit: u64,
    deadline: Instant,
    /// Whether the request may have reached the server.
    left: &'a AtomicBool,
}

impl Servers {
    /// Servers as `config` says, or as WeCom says over `bots`. Must be made inside of a
    /// Tokio runtime, for it listens to what happens to the bots.
    pub fn new(config: LiveConfig, bots: Arc<dyn Bots>, clock: SharedClock) -> Self {
        let tasks = Tasks::default();
        let changes = bots.changes();
        let core = Arc::new(Core {
            config,
            book: Book::new(bots, tasks.clone()),
            sessions: Sessions::new(tasks.clone(), clock.clone()),
            lists: Lists::new(tasks.clone()),
            lines: Lines::default(),
            tasks: tasks.clone(),
            clock,
        });
        let watching = core.clone();
        tasks.spawn("bot changes", async move { watching.follow(changes).await });
        Self { core }
    }

    /// Takes leave of the servers that keep sessions, for 2 s at most, and ends every task.
    /// Calls that are under way are their callers' to end.
    pub async fn shutdown(&self) {
        self.core.sessions.close_all();
        self.core.tasks.end(FAREWELL).await;
    }
}

#[async_trait]
impl CategoryServers for Servers {
    async fn call(&self, call: &ToolCall) -> Result<Answer, ToolError> {
        let id = generate("mcp_rpc", self.core.clock.now_ms());
        let span = tracing::info_span!(
            "category call",
            account = %call.identity().account(),
            category = call.category,
            method = call.method,
            request_id = id,
        );
        self.core.call(call, id).instrument(span).await
    }

    async fn list(&self, identity: &Identity, category: &str) -> Result<Arc<ToolList>, ToolError> {
        self.core.list(identity, category).await
    }

    fn known(&self, identity: &Identity, category: &str) -> Option<Arc<ToolList>> {
        self.core.known(identity, category)
    }

    async fn renew(&self, account: &AccountId, category: &str, generation: u64) -> Renewal {
        let route = Route::of_account(&self.core.config, account, category);
        match self.core.renew(&route, generation).await {
            Renewed::Changed => Renewal::Changed,
            Renewed::Same | Renewed::NotAsked => Renewal::Unchanged,
        }
    }
}

impl Core {
    async fn call(&self, call: &ToolCall, id: String) -> Result<Answer, ToolError> {
        let route = Route::of_identity(&self.config, call.identity(), &call.category)?;
        // The last look at the arguments, which interceptors may have changed.
        let known = self.known(call.identity(), &call.category);
        let live = known.as_ref().and_then(|list| list.get(&call.method));
        check_wire(&call.category, &call.method, &call.args, live)?;
        let asked = Asked {
            category: &call.category,
            method: Some(&call.method),
            class: catalogue::retry_class(&call.category, &call.method),
            is_unauthorised: false,
        };
        let body = Outgoing::call(&id, &call.method, &call.args, call.upload.as_ref())
            .map_err(|_| ToolError::invalid_args("The arguments can't be written as JSON."))?;
        let left = AtomicBool::new(false);
        let operation = Operation {
            id,
            body,
            asked,
            timeout: call.timeout(),
            limit: call.response_limit(),
            deadline: call.deadline(),
            left: &left,
        };
        let run = timeout_at(call.deadline(), self.run(&route, &operation)).await;
        let (reply, session) =
            run.unwrap_or_else(|_| Err(words::of_deadline(left.load(Ordering::Relaxed), asked)))?;
        let address = &session.address;
        let account = route.place.account.clone();
        let answer = result::answer(reply.message, account, address.generation);
        let answer = answer.map_err(|failure| {
            let stage = Stage::Request {
                had_session: session.is_stateful(),
            };
            words::of_trouble(&Trouble { failure, stage }, asked)
        })?;
        if address.is_authed == Some(false) && answer.head().is_some_and(|head| head.errcode != 0) {
            call.notes.add(format!(
                "WeCom says that the bot is not authorised for `{}`.",
                call.category
            ));
        }
        Ok(answer)
    }

    async fn list(
        self: &Arc<Self>,
        identity: &Identity,
        category: &str,
    ) -> Result<Arc<ToolList>, ToolError> {
        let route = Route::of_identity(&self.config, identity, category)?;
        let address = self.book.find(&route.place, route.server()).await?;
        let requester = route.member.requester.clone();
        if let Some(list) = self
            .lists
            .get(&route.place, requester.as_ref(), address.generation)
        {
            return Ok(list);
        }
        let place = route.place.clone();
        let fetch = self.lists.fetch(&place, requester.as_ref(), || {
            let core = self.clone();
            async move { core.fetch_list(&route).await }
        });
        Ok(fetch.await?.list)
    }

    async fn fetch_list(&self, route: &Route) -> Result<(Share, Listed), ToolError> {
        let deadline = Instant::now() + LIST_DEADLINE;
        let asked = Asked {
            category: &route.place.category,
            method: None,
            class: RetryClass::Safe,
            is_unauthorised: false,
        };
        let mut list = ToolList::default();
        let mut cursor: Option<String> = None;
        let mut pages = 0;
        loop {
            let left = AtomicBool::new(false);
            let id = generate("mcp_rpc", self.clock.now_ms());
            let params = cursor.as_ref().map(|cursor| json!({ "cursor": cursor }));
            let text = Request::text(&id, "tools/list", params)
                .map_err(|_| ToolError::invalid_args("The request can't be written as JSON."))?;
            let operation = Operation {
                id,
                body: Outgoing::Text(text.into()),
                asked,
                timeout: LIST_TIMEOUT,
                limit: LIST_LIMIT,
                deadline,
                left: &left,
            };
            let run = timeout_at(deadline, self.run(route, &operation)).await;
            let (reply, session) = run.unwrap_or_else(|_| Err(words::of_deadline(true, asked)))?;
            let page = serde_json::from_str(reply.message.result()).map_err(|_| {
                let trouble = Trouble {
                    failure: Failure::Malformed("is no list of methods"),
                    stage: Stage::Request {
                        had_session: session.is_stateful(),
                    },
                };
                words::of_trouble(&trouble, asked)
            })?;
            pages += 1;
            let next = lists::add(&mut list, page);
            let is_new = next.is_some() && next != cursor;
            if is_new && pages < MAX_PAGES {
                cursor = next;
                continue;
            }
            list.cut |= is_new;
            let holder = if session.is_stateful() {
                Holder::One(route.member.requester.clone())
            } else {
                Holder::Everybody
            };
            let share = Share {
                place: route.place.clone(),
                holder,
            };
            let listed = Listed {
                list: Arc::new(list),
                generation: session.address.generation,
            };
            return Ok((share, listed));
        }
    }

    fn known(&self, identity: &Identity, category: &str) -> Option<Arc<ToolList>> {
        let route = Route::of_identity(&self.config, identity, category).ok()?;
        let address = self.book.peek(&route.place, route.server())?;
        let requester = route.member.requester.as_ref();
        self.lists.get(&route.place, requester, address.generation)
    }

    /// Tries a request until it is answered or the verdict on its failure is final.
    async fn run(
        &self,
        route: &Route,
        operation: &Operation<'_>,
    ) -> Result<(Reply, Arc<Session>), ToolError> {
        let mut attempts = Attempts::default();
        let mut may_have_run = false;
        loop {
            let address = self.book.find(&route.place, route.server()).await?;
            let generation = address.generation;
            let asked = Asked {
                is_unauthorised: address.is_authed == Some(false),
                ..operation.asked
            };
            let trouble = match self.attempt(route, operation, address).await {
                Ok(answered) => return Ok(answered),
                Err(trouble) => trouble,
            };
            may_have_run |=
                matches!(trouble.stage, Stage::Request { .. }) && trouble.failure.may_have_run();
            let verdict = verdict(&trouble, asked.class);
            tracing::debug!(error = %trouble.failure, stage = ?trouble.stage, ?verdict, "a request failed");
            let is_moved = match (verdict.forget, verdict.repeat) {
                (Forget::Category, Repeat::NewAddress) => {
                    self.renew(route, generation).await == Renewed::Changed
                }
                (Forget::Category, _) => {
                    self.forget(route);
                    self.book.forget(&route.place, generation);
                    true
                }
                _ => true,
            };
            let pause = attempts.take(verdict.repeat).filter(|_| is_moved);
            let pause = pause.map(|pause| match verdict.repeat {
                // What the server asked for is not shortened.
                Repeat::After(_) => pause,
                _ => jittered(pause),
            });
            match pause {
                Some(pause) if Instant::now() + pause < operation.deadline => sleep(pause).await,
                _ => {
                    let error = words::of_trouble(&trouble, asked);
                    return Err(if may_have_run && asked.method.is_some() {
                        error.maybe_executed()
                    } else {
                        error
                    });
                }
            }
        }
    }

    /// Makes a request once, in a session that is opened where it has to be.
    async fn attempt(
        &self,
        route: &Route,
        operation: &Operation<'_>,
        address: Arc<super::address::Address>,
    ) -> Result<(Reply, Arc<Session>), Trouble> {
        let Route { place, member, .. } = route;
        let at_handshake = |failure| Trouble {
            failure,
            stage: Stage::Handshake,
        };
        let account = route.account().map_err(at_handshake)?;
        let line = self.lines.of(account).map_err(at_handshake)?;
        let version = &account.mcp.protocol_version;
        let session = self
            .sessions
            .enter(place, member, &line, address, version)
            .await?;
        let heading = session.heading(member.header.clone());
        let bounds = Bounds {
            limit: operation.limit,
            deadline: operation.deadline.min(Instant::now() + operation.timeout),
        };
        let asked = line
            .ask(
                &heading,
                &operation.id,
                &operation.body,
                bounds,
                operation.left,
            )
            .await;
        match asked {
            Ok(mut reply) => {
                session.renamed(reply.session.take());
                if reply.tools_changed {
                    self.lists.forget(place);
                }
                Ok((reply, session))
            }
            Err(failure) => {
                let id = heading.session.as_deref();
                if matches!(failure, Failure::Status { status: 404, .. }) && id.is_some() {
                    self.sessions.retire(place, member, &session, id);
                }
                Err(Trouble {
                    failure,
                    stage: Stage::Request {
                        had_session: id.is_some(),
                    },
                })
            }
        }
    }

    /// Asks for an address again; what was known of the server goes with the old one.
    async fn renew(&self, route: &Route, generation: u64) -> Renewed {
        let renewed = self
            .book
            .renew(&route.place, route.server(), generation)
            .await;
        if renewed == Renewed::Same {
            self.forget(route);
        }
        renewed
    }

    fn forget(&self, route: &Route) {
        self.sessions.forget(&route.place);
        self.lists.forget(&route.place);
    }

    /// Forgets what was learnt about an account when something happens to its bot.
    async fn follow(&self, mut changes: broadcast::Receiver<AccountId>) {
        loop {
            // Cancel safe: a change that is not taken stays in the channel.
            let account = match changes.recv().await {
                Ok(account) => Some(account),
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            };
            tracing::debug!(
                account = account.as_ref().map(AccountId::as_str),
                "forgetting addresses"
            );
            self.book.forget_account(account.as_ref());
            self.sessions.forget_account(account.as_ref());
            self.lists.forget_account(account.as_ref());
            let config = self.config.get();
            self.lines
                .keep(|account| config.accounts.contains_key(account));
        }
    }
}
