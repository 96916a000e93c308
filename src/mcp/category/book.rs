//! The addresses of the servers: asked for once, remembered for hours, forgotten when they
//! stop working.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::address::{Address, AddressError};
use super::flights::{Age, Flight, Flights, Lost};
use super::place::Place;
use super::tasks::Tasks;
use super::words;
use crate::config::McpServer;
use crate::ids::AccountId;
use crate::interceptors::{ErrorKind, ToolError};
use crate::secret::Secret;
use crate::wecom::bot::{Bots, Command};

/// How long WeCom may take to say where a server is, waiting for the socket included.
const ASK_TIMEOUT: Duration = Duration::from_secs(10);

/// From this age on an address is asked for again while it is used.
const SOFT_LIFE: Duration = Duration::from_hours(6);

/// From this age on it is not used before it was asked for again.
const HARD_LIFE: Duration = Duration::from_hours(24);

/// How long it is remembered that a category is closed to the bot.
const CLOSED_LIFE: Duration = Duration::from_mins(1);

/// An address is not asked for again sooner: a bot that stays unauthorised must not ask at
/// every call.
const REFETCH_INTERVAL: Duration = Duration::from_secs(10);

/// Servers that are remembered, far more than accounts have categories; a model that makes
/// category names up must not fill the memory.
const CAPACITY: usize = 1_024;

/// The addresses of all servers.
#[derive(Debug)]
pub(super) struct Book {
    known: Arc<Flights<Place, Known, ToolError>>,
    /// What outlives a clearing. Taken before the lock of `known` where both are.
    history: Arc<Mutex<History>>,
    bots: Arc<dyn Bots>,
    tasks: Tasks,
}

/// What asking again came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewed {
    /// There is another address.
    Changed,
    /// WeCom names the same, or none.
    Same,
    /// It was asked not long ago.
    NotAsked,
}

/// What WeCom said about a server.
#[derive(Debug, Clone)]
enum Known {
    At(Arc<Address>),
    Closed(ToolError),
}

#[derive(Debug, Default)]
struct History {
    places: HashMap<Place, Seen>,
    generations: u64,
}

#[derive(Debug)]
struct Seen {
    /// The address that was in use last, and what of the configuration it was made of.
    last: Option<(Arc<Address>, Option<McpServer>)>,
    /// When it was asked for again.
    refetched: Option<Instant>,
    touched: Instant,
}

impl Book {
    pub(super) fn new(bots: Arc<dyn Bots>, tasks: Tasks) -> Self {
        Self {
            known: Arc::new(Flights::new(CAPACITY, drop)),
            history: Arc::default(),
            bots,
            tasks,
        }
    }

    /// Where a server is; `configured` is what the configuration says.
    pub(super) async fn find(
        &self,
        place: &Place,
        configured: Option<&McpServer>,
    ) -> Result<Arc<Address>, ToolError> {
        if let Some(server) = configured {
            return self.lock().configured(place, server);
        }
        match self.known.get(place, Known::is_worth_keeping) {
            Some((Known::At(address), age)) => {
                if age.stored >= SOFT_LIFE && self.lock().may_refetch(place) {
                    tracing::debug!(account = %place.account, category = place.category, "an old address is asked for again");
                    drop(self.ask(place));
                }
                Ok(address)
            }
            Some((Known::Closed(error), _)) => Err(error),
            None => match self.ask(place).await? {
                Known::At(address) => Ok(address),
                Known::Closed(error) => Err(error),
            },
        }
    }

    /// The address that is known without asking.
    pub(super) fn peek(
        &self,
        place: &Place,
        configured: Option<&McpServer>,
    ) -> Option<Arc<Address>> {
        if let Some(server) = configured {
            return self.lock().configured(place, server).ok();
        }
        match self.known.get(place, Known::is_worth_keeping)? {
            (Known::At(address), _) => Some(address),
            (Known::Closed(_), _) => None,
        }
    }

    /// Asks for an address again, because the one of `generation` does not work. Those who
    /// come while it is being asked for share the answer; those who come within 10 s after
    /// do not ask.
    pub(super) async fn renew(
        &self,
        place: &Place,
        configured: Option<&McpServer>,
        generation: u64,
    ) -> Renewed {
        let is_other = |address: &Address| address.generation != generation;
        if configured.is_some() {
            return match self.peek(place, configured) {
                Some(now) if is_other(&now) => Renewed::Changed,
                _ => Renewed::NotAsked,
            };
        }
        let flight = {
            let mut history = self.lock();
            if self.peek_known(place).is_some_and(|now| is_other(&now)) {
                return Renewed::Changed;
            }
            if history.may_refetch(place) {
                self.known.remove(place);
                self.ask(place)
            } else if let Some(flight) = self.known.flying(place) {
                flight
            } else {
                return Renewed::NotAsked;
            }
        };
        let renewed = match flight.await {
            Ok(Known::At(address)) if is_other(&address) => Renewed::Changed,
            _ => Renewed::Same,
        };
        tracing::info!(account = %place.account, category = place.category, ?renewed, "an address was asked for again");
        renewed
    }

    /// Forgets the address of `generation`, unless it was asked for again just now.
    pub(super) fn forget(&self, place: &Place, generation: u64) {
        let mut history = self.lock();
        let is_current = self
            .peek_known(place)
            .is_some_and(|now| now.generation == generation);
        if is_current && history.may_refetch(place) {
            self.known.remove(place);
        }
    }

    /// Forgets what WeCom said about the servers of an account, or of all.
    pub(super) fn forget_account(&self, account: Option<&AccountId>) {
        let is_kept = |place: &Place| account.is_some_and(|account| place.account != *account);
        let mut history = self.lock();
        for (place, seen) in &mut history.places {
            if !is_kept(place) {
                seen.refetched = None;
            }
        }
        self.known.retain(is_kept);
    }

    fn peek_known(&self, place: &Place) -> Option<Arc<Address>> {
        match self.known.get(place, |_, _| true)? {
            (Known::At(address), _) => Some(address),
            (Known::Closed(_), _) => None,
        }
    }

    fn ask(&self, place: &Place) -> Flight<Known, ToolError> {
        let (bots, history, asked) = (self.bots.clone(), self.history.clone(), place.clone());
        self.known
            .join(&self.tasks, "address", place.clone(), || async move {
                let known = ask(&*bots, &asked).await?;
                let known = match known {
                    Known::At(address) => {
                        let mut history = history.lock().unwrap_or_else(PoisonError::into_inner);
                        Known::At(history.numbered(&asked, address, None))
                    }
                    closed @ Known::Closed(_) => closed,
                };
                Ok((asked, known))
            })
    }

    fn lock(&self) -> MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_worth_keeping(&self, age: Age) -> bool {
        age.stored
            < match self {
                Self::At(_) => HARD_LIFE,
                Self::Closed(_) => CLOSED_LIFE,
            }
    }
}

impl History {
    /// Whether the address may be asked for again; if so, that counts as done.
    fn may_refetch(&mut self, place: &Place) -> bool {
        let now = Instant::now();
        let seen = self.seen(place);
        let may = seen
            .refetched
            .is_none_or(|before| now.duration_since(before) >= REFETCH_INTERVAL);
        if may {
            seen.refetched = Some(now);
        }
        may
    }

    /// The address of the configuration; the same one for as long as that does not change.
    fn configured(&mut self, place: &Place, server: &McpServer) -> Result<Arc<Address>, ToolError> {
        if let Some((address, Some(of))) = &self.seen(place).last
            && of == server
        {
            return Ok(address.clone());
        }
        let address = Address::configured(server).map_err(|error| {
            ToolError::new(
                ErrorKind::Internal,
                format!(
                    "The configured server for `{}` can't be used: {error}.",
                    place.category
                ),
            )
            .next("Tell the person that the operator has to correct the configuration.")
        })?;
        Ok(self.numbered(place, Arc::new(address), Some(server.clone())))
    }

    /// Gives an address its number: that of the one before if it leads to the same place.
    fn numbered(
        &mut self,
        place: &Place,
        address: Arc<Address>,
        of: Option<McpServer>,
    ) -> Arc<Address> {
        let last = self.seen(place).last.as_ref();
        let same = last.filter(|(last, _)| last.leads_where(&address));
        let generation = same.map(|(last, _)| last.generation);
        let generation = generation.unwrap_or_else(|| {
            self.generations += 1;
            if !address.is_wecoms() && of.is_none() {
                tracing::warn!(account = %place.account, category = place.category, %address, "WeCom named a server outside of its own domains");
            }
            self.generations
        });
        let address = Arc::new(Address {
            generation,
            ..Address::clone(&address)
        });
        self.seen(place).last = Some((address.clone(), of));
        address
    }

    fn seen(&mut self, place: &Place) -> &mut Seen {
        let now = Instant::now();
        if self.places.len() >= CAPACITY && !self.places.contains_key(place) {
            let oldest = self.places.iter().min_by_key(|(_, seen)| seen.touched);
            if let Some(oldest) = oldest.map(|(place, _)| place.clone()) {
                self.places.remove(&oldest);
            }
        }
        let seen = self.places.entry(place.clone()).or_insert(Seen {
            last: None,
            refetched: None,
            touched: now,
        });
        seen.touched = now;
        seen
    }
}

/// The answer to the question for an address; more members may come with it.
#[derive(Deserialize)]
struct Config {
    url: Option<String>,
    #[serde(rename = "type")]
    transport: Option<String>,
    is_authed: Option<bool>,
}

async fn ask(bots: &dyn Bots, place: &Place) -> Result<Known, ToolError> {
    let Place { account, category } = place;
    let command = Command::McpConfig {
        biz_type: category.clone(),
    };
    let ack = match timeout(ASK_TIMEOUT, bots.send(account, command)).await {
        Ok(Ok(ack)) => ack,
        Ok(Err(error)) => {
            tracing::debug!(%account, category, %error, "the address is not known");
            let error = words::of_bot(&error, account.as_str(), category);
            return match error.kind {
                ErrorKind::CategoryUnavailable => Ok(Known::Closed(error)),
                _ => Err(error),
            };
        }
        Err(_) => return Err(words::address_late(category)),
    };
    let unusable = |why: &str| {
        ToolError::new(
            ErrorKind::Protocol,
            format!("WeCom's answer to where the server for `{category}` is can't be used: {why}."),
        )
        .next("Tell the person; repeating the call will not help.")
    };
    let config: Option<Config> = ack.body.and_then(|body| serde_json::from_value(body).ok());
    let config = config.ok_or_else(|| unusable("it is not understood"))?;
    let url = config.url.map(Secret::new);
    let url = url.ok_or_else(|| unusable("it names no address"))?;
    let transport = config.transport.as_deref();
    match Address::handed_out(url.reveal(), transport, config.is_authed) {
        Ok(address) => {
            tracing::debug!(%account, category, %address, is_authed = address.is_authed, "an address was asked for");
            Ok(Known::At(Arc::new(address)))
        }
        Err(error @ AddressError::Transport(_)) => Ok(Known::Closed(words::category_unavailable(
            format!("`{category}` can't be reached: {error}."),
        ))),
        Err(error) => Err(unusable(&error.to_string())),
    }
}

impl From<Lost> for ToolError {
    fn from(_: Lost) -> Self {
        Self::new(ErrorKind::Cancelled, "The program is shutting down.")
    }
}
