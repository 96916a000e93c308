//! One credential: an identity and its bounds.

use std::sync::Arc;

use crate::config::{McpClient, McpDelivery};
use crate::files::FileGrant;
use crate::identity::Identity;
use crate::ids::AccountId;
use crate::interceptors::Delivery;
use crate::mcp::tool::Scope;
use crate::store::StoredToken;

/// Tool calls per minute where the operator says nothing.
const CALLS_PER_MINUTE: u32 = 120;

/// Tool calls per minute of all who come without a token together: the most that can be
/// configured, since they share it and are programs of the operator's own machine.
const ANONYMOUS_CALLS_PER_MINUTE: u32 = 6_000;

/// No category has this name: a scope with it alone is open to nothing.
const NO_CATEGORY: &str = "-";

/// What the holder of a token may do, and for whom.
#[derive(Debug, Clone)]
pub struct Credential {
    owner: Owner,
    identity: Arc<Identity>,
    scope: Arc<Scope>,
    files: Arc<FileGrant>,
    delivery: Delivery,
    calls_per_minute: u32,
    delegates_for: Option<Vec<AccountId>>,
}

/// By whom sessions, rates and remembered results are kept apart: who holds the token and
/// for whom it acts. A renewed token of the same member has the same owner; so have all
/// turns of an agent's session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Owner {
    kind: Kind,
    identity: Arc<Identity>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Kind {
    Static,
    Minted,
    Delegated,
    /// The number of the mint: a turn's sessions end with it.
    Turn(u64),
    /// The number of the mint: it stays the same while members take turns in the session,
    /// so the identity beside it is the one of no member.
    Session(u64),
    Operator,
    Anonymous,
}

impl Credential {
    /// Of a client in the configuration.
    pub(super) fn of_client(client: &McpClient, default_account: &AccountId) -> Self {
        let account = client.account.as_ref().unwrap_or(default_account).clone();
        let identity = Identity::of_credential(account, client.user.clone(), client.id.as_str());
        Self {
            delegates_for: client.delegate.then(|| client.accounts.clone()),
            ..Self::bounded_by(client, Kind::Static, identity)
        }
    }

    /// Of a member that a trusted host speaks for, within the host's own bounds.
    pub(super) fn delegated(host: &McpClient, identity: Identity) -> Self {
        Self::bounded_by(host, Kind::Delegated, identity)
    }

    fn bounded_by(client: &McpClient, kind: Kind, identity: Identity) -> Self {
        let identity = Arc::new(identity);
        Self {
            owner: Owner {
                kind,
                identity: identity.clone(),
            },
            identity,
            scope: Arc::new(Scope::of_client(client)),
            files: Arc::new(FileGrant {
                workspace: None,
                roots: client.file_roots.clone(),
            }),
            delivery: match client.delivery {
                McpDelivery::Resource => Delivery::Resource,
                McpDelivery::Path => Delivery::Path,
            },
            calls_per_minute: client.calls_per_minute,
            delegates_for: None,
        }
    }

    /// Of a token that the operator minted.
    pub(super) fn of_stored(token: &StoredToken) -> Self {
        let identity =
            Identity::of_credential(token.account.clone(), token.user.clone(), token.id.as_str());
        let scope = Scope {
            categories: token.categories.clone(),
            read_only: token.read_only,
            ..Scope::default()
        };
        Self::plain(Kind::Minted, identity, scope, Delivery::Resource)
    }

    /// Of a turn or agent session that the runtime started.
    pub(super) fn of_turn(
        serial: u64,
        identity: Identity,
        files: FileGrant,
        delivery: Delivery,
    ) -> Self {
        Self {
            files: Arc::new(files),
            ..Self::plain(Kind::Turn(serial), identity, Scope::default(), delivery)
        }
    }

    /// Of an agent's session in which no turn runs: it acts for nobody, so every call is
    /// refused. Its client may still greet the server and see what there is.
    pub(super) fn of_session(
        serial: u64,
        account: AccountId,
        files: FileGrant,
        delivery: Delivery,
    ) -> Self {
        let nobody = Identity::of_credential(account, None, "agent session");
        let scope = Scope {
            categories: vec![NO_CATEGORY.to_owned()],
            ..Scope::default()
        };
        Self {
            files: Arc::new(files),
            ..Self::plain(Kind::Session(serial), nobody, scope, delivery)
        }
    }

    /// The same session while a member's turn runs in it.
    pub(super) fn during_turn(&self, identity: Arc<Identity>) -> Self {
        Self {
            identity,
            scope: Arc::default(),
            ..self.clone()
        }
    }

    /// Of the operator on this machine, whose client reads files by itself.
    pub(crate) fn of_operator(identity: Identity, files: FileGrant) -> Self {
        Self {
            files: Arc::new(files),
            ..Self::plain(Kind::Operator, identity, Scope::default(), Delivery::Path)
        }
    }

    /// Of anybody on this machine, where the operator switched authentication off: no
    /// member.
    pub(super) fn anonymous(account: AccountId) -> Self {
        let identity = Identity::of_credential(account, None, "anonymous");
        let scope = Scope::default();
        Self {
            calls_per_minute: ANONYMOUS_CALLS_PER_MINUTE,
            ..Self::plain(Kind::Anonymous, identity, scope, Delivery::Resource)
        }
    }

    fn plain(kind: Kind, identity: Identity, scope: Scope, delivery: Delivery) -> Self {
        let identity = Arc::new(identity);
        Self {
            owner: Owner {
                kind,
                identity: identity.clone(),
            },
            identity,
            scope: Arc::new(scope),
            files: Arc::default(),
            delivery,
            calls_per_minute: CALLS_PER_MINUTE,
            delegates_for: None,
        }
    }

    /// By whom sessions and limits are kept apart.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// For whom its calls act.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Categories and methods that are open to it.
    pub fn scope(&self) -> &Arc<Scope> {
        &self.scope
    }

    /// Local files that its calls may name.
    pub fn files(&self) -> &Arc<FileGrant> {
        &self.files
    }

    /// How files reach its client.
    pub fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// How many tools it may call in a minute.
    pub fn calls_per_minute(&self) -> u32 {
        self.calls_per_minute
    }

    /// Whether what it is shown may differ from what others are shown.
    pub fn is_bounded(&self) -> bool {
        *self.scope != Scope::default()
    }

    /// Whether it may ask for tokens of members of that account.
    pub fn may_delegate_for(&self, account: &AccountId) -> bool {
        self.delegates_for
            .as_ref()
            .is_some_and(|accounts| accounts.is_empty() || accounts.contains(account))
    }

    /// Whether it may ask for tokens at all.
    pub fn may_delegate(&self) -> bool {
        self.delegates_for.is_some()
    }
}
