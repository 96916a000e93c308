//! Who may use the MCP server, and for whom.
//!
//! A client shows a bearer token; the token alone says which account and member its calls
//! act for ([`Credential::identity`]) and within which bounds. Nothing else that a client
//! or a model writes is looked at for that. Tokens come from four places:
//!
//! | kind | made by | lives |
//! |---|---|---|
//! | static | `mcp.clients` of the configuration | as long as it is configured |
//! | minted | `wecom mcp token add` | until it expires or is revoked |
//! | delegated | a trusted host, at `POST /mcp/token` | at most an hour |
//! | turn | the runtime, for an agent that it starts | as long as the turn |
//! | session | the runtime, for a session of an agent | as long as the session; acts in turns only |
//!
//! Only digests of tokens are kept. All tokens are random and looked up in tables, so that
//! each can be taken back at once.

mod credential;
mod delegation;
mod registry;
mod table;
mod token;

pub use credential::{Credential, Owner};
pub(crate) use delegation::DelegationAnswer;
pub use delegation::{Delegated, DelegatedChat, DelegationError, DelegationRequest};
pub use registry::{AddTokenError, Credentials, MintRequest, Minted};
pub use table::{AgentToken, Entered, SessionCredentials, SessionToken, TableFull};
pub use token::TokenDigest;
