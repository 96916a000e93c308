//! Tokens that live in memory: of turns, and of members that a trusted host speaks for.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::credential::Credential;
use super::token::{self, TokenDigest};
use crate::files::FileGrant;
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::interceptors::Delivery;
use crate::secret::Secret;

/// Tokens at one time. A token takes about a kilobyte; a company's worth of members at once
/// fits, and a host that asks without end does not fill the memory.
const CAPACITY: usize = 10_000;

/// Credentials that live as long as a turn, an agent's session, or some minutes.
#[derive(Clone, Default)]
pub struct SessionCredentials(Arc<Mutex<Table>>);

#[derive(Default)]
struct Table {
    entries: HashMap<TokenDigest, Entry>,
    minted: u64,
}

struct Entry {
    credential: Arc<Credential>,
    /// The host that asked for it; a turn's token has none.
    host: Option<String>,
    /// The running turn of an agent's session, by number.
    turn: Option<u64>,
    /// A turn's token ends with its guard instead.
    expires: Option<Instant>,
}

/// No room for another token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many tokens are in use at once; try again in a minute")]
pub struct TableFull;

/// The token of an agent's session: valid until this is dropped, and acting for whoever's
/// turn runs.
#[must_use = "the token ends when this is dropped"]
#[derive(Debug)]
pub struct AgentToken {
    token: SessionToken,
    /// What it is between turns.
    resting: Arc<Credential>,
}

/// A turn in which the token of an agent's session acts for a member. Dropping it ends that.
#[must_use = "the token acts for nobody once this is dropped"]
pub struct Entered {
    number: u64,
    digest: TokenDigest,
    resting: Arc<Credential>,
    table: Arc<Mutex<Table>>,
}

/// A token that is valid until this is dropped.
#[must_use = "the token ends when this is dropped"]
pub struct SessionToken {
    token: Secret,
    digest: TokenDigest,
    table: Arc<Mutex<Table>>,
}

impl SessionCredentials {
    /// A table without tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes a token for an agent that the runtime starts itself. It acts for `identity`
    /// and may name the files of `files`.
    ///
    /// # Errors
    /// The table is full.
    pub fn mint(
        &self,
        identity: Identity,
        files: FileGrant,
        delivery: Delivery,
    ) -> Result<SessionToken, TableFull> {
        let token = token::generate();
        let digest = TokenDigest::of(token.reveal());
        let mut table = self.lock();
        table.make_room()?;
        table.minted += 1;
        let credential = Credential::of_turn(table.minted, identity, files, delivery);
        table.entries.insert(
            digest,
            Entry {
                credential: Arc::new(credential),
                host: None,
                turn: None,
                expires: None,
            },
        );
        Ok(SessionToken {
            token,
            digest,
            table: self.0.clone(),
        })
    }

    /// Makes a token for a session of an agent that the runtime starts itself. It acts for
    /// nobody until a turn [enters](AgentToken::enter).
    ///
    /// # Errors
    /// The table is full.
    pub fn open(
        &self,
        account: &AccountId,
        files: FileGrant,
        delivery: Delivery,
    ) -> Result<AgentToken, TableFull> {
        let token = token::generate();
        let digest = TokenDigest::of(token.reveal());
        let mut table = self.lock();
        table.make_room()?;
        table.minted += 1;
        let resting = Credential::of_session(table.minted, account.clone(), files, delivery);
        let resting = Arc::new(resting);
        table.entries.insert(
            digest,
            Entry {
                credential: resting.clone(),
                host: None,
                turn: None,
                expires: None,
            },
        );
        Ok(AgentToken {
            resting,
            token: SessionToken {
                token,
                digest,
                table: self.0.clone(),
            },
        })
    }

    /// The credential of a token of this table; those of hosts only as long as their host is
    /// looked at elsewhere, so not here.
    pub(crate) fn of_own(&self, token: &str) -> Option<Arc<Credential>> {
        let (credential, host) = self.find(&TokenDigest::of(token))?;
        host.is_none().then_some(credential)
    }

    /// Makes a token that `host` asked for.
    pub(super) fn delegate(
        &self,
        host: &str,
        credential: Credential,
        life: Duration,
    ) -> Result<Secret, TableFull> {
        let token = token::generate();
        let mut table = self.lock();
        table.make_room()?;
        table.entries.insert(
            TokenDigest::of(token.reveal()),
            Entry {
                credential: Arc::new(credential),
                host: Some(host.to_owned()),
                turn: None,
                expires: Some(Instant::now() + life),
            },
        );
        Ok(token)
    }

    /// The credential of a token, and the host that asked for it if one did.
    pub(super) fn find(&self, digest: &TokenDigest) -> Option<(Arc<Credential>, Option<String>)> {
        let table = self.lock();
        let entry = table.entries.get(digest)?;
        (!entry.is_over()).then(|| (entry.credential.clone(), entry.host.clone()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn make_room(&mut self) -> Result<(), TableFull> {
        if self.entries.len() >= CAPACITY {
            self.entries.retain(|_, entry| !entry.is_over());
        }
        if self.entries.len() >= CAPACITY {
            return Err(TableFull);
        }
        Ok(())
    }
}

impl Entry {
    fn is_over(&self) -> bool {
        self.expires
            .is_some_and(|expires| expires <= Instant::now())
    }
}

impl SessionToken {
    /// The token, for the agent that it is handed to.
    pub fn token(&self) -> &Secret {
        &self.token
    }
}

impl AgentToken {
    /// The token, for the agent that it is handed to.
    pub fn token(&self) -> &Secret {
        self.token.token()
    }

    /// Lets the token act for `identity` until the turn is dropped. A turn that enters while
    /// another is in takes its place.
    pub fn enter(&self, identity: Arc<Identity>) -> Entered {
        let SessionToken { digest, table, .. } = &self.token;
        let mut entries = table.lock().unwrap_or_else(PoisonError::into_inner);
        entries.minted += 1;
        let number = entries.minted;
        if let Some(entry) = entries.entries.get_mut(digest) {
            entry.credential = Arc::new(self.resting.during_turn(identity));
            entry.turn = Some(number);
        }
        Entered {
            number,
            digest: *digest,
            resting: self.resting.clone(),
            table: table.clone(),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = table.entries.get_mut(&self.digest)
            && entry.turn == Some(self.number)
        {
            entry.credential = self.resting.clone();
            entry.turn = None;
        }
    }
}

impl fmt::Debug for Entered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entered")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Drop for SessionToken {
    fn drop(&mut self) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.entries.remove(&self.digest);
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken")
    }
}

impl fmt::Debug for SessionCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionCredentials")
            .field("tokens", &self.lock().entries.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::TurnChat;
    use crate::ids::UserId;

    fn turn_of(user: &str) -> Identity {
        let user = UserId::new(user);
        Identity::of_turn("hq".into(), Some(user.clone()), TurnChat::Direct(user))
    }

    fn mint(table: &SessionCredentials, user: &str) -> Result<SessionToken, TableFull> {
        table.mint(turn_of(user), FileGrant::default(), Delivery::Path)
    }

    #[test]
    fn a_turns_token_acts_for_its_sender_and_ends_with_its_guard() {
        let table = SessionCredentials::new();
        let minted = mint(&table, "zhangsan").unwrap();
        let digest = TokenDigest::of(minted.token().reveal());
        let (credential, host) = table.find(&digest).unwrap();
        assert_eq!(**credential.identity(), turn_of("zhangsan"));
        assert_eq!((credential.delivery(), host), (Delivery::Path, None));
        drop(minted);
        assert!(table.find(&digest).is_none());
    }

    #[test]
    fn two_turns_of_one_member_own_nothing_together() {
        let table = SessionCredentials::new();
        let [first, second] = [(); 2].map(|()| mint(&table, "zhangsan").unwrap());
        let owner = |minted: &SessionToken| {
            let digest = TokenDigest::of(minted.token().reveal());
            table.find(&digest).unwrap().0.owner().clone()
        };
        assert_ne!(owner(&first), owner(&second));
    }

    #[test]
    fn an_agents_session_acts_for_whose_turn_it_is_and_else_for_nobody() {
        let table = SessionCredentials::new();
        let files = FileGrant::default();
        let session = table.open(&"hq".into(), files, Delivery::Path).unwrap();
        let now = || table.of_own(session.token().reveal()).unwrap();
        let acts_for = || now().identity().requester().cloned();
        let owner = now().owner().clone();
        assert_eq!(acts_for(), None);
        assert!(!now().scope().admits("doc", "get_doc"), "no turn, no call");
        let first = session.enter(Arc::new(turn_of("zhangsan")));
        assert_eq!(acts_for(), Some("zhangsan".into()));
        assert!(now().scope().admits("doc", "get_doc"));
        assert_eq!(*now().owner(), owner, "the client's own session goes on");
        let second = session.enter(Arc::new(turn_of("lisi")));
        drop(first);
        assert_eq!(acts_for(), Some("lisi".into()));
        drop(second);
        assert_eq!(acts_for(), None);
        assert!(!now().scope().admits("doc", "get_doc"));
        let digest = TokenDigest::of(session.token().reveal());
        drop(session);
        assert!(table.find(&digest).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_delegated_token_ends_with_its_time_and_makes_room() {
        let table = SessionCredentials::new();
        let anonymous = || Credential::anonymous("hq".into());
        let life = Duration::from_mins(5);
        let token = table.delegate("host", anonymous(), life).unwrap();
        let digest = TokenDigest::of(token.reveal());
        tokio::time::advance(Duration::from_secs(5 * 60 - 1)).await;
        assert_eq!(table.find(&digest).unwrap().1.as_deref(), Some("host"));
        for _ in 1..CAPACITY {
            table.delegate("host", anonymous(), life).unwrap();
        }
        assert_eq!(mint(&table, "zhangsan").unwrap_err(), TableFull);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(table.find(&digest).is_none());
        let _kept = mint(&table, "zhangsan").unwrap();
    }
}
