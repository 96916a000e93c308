//! WeCom in a box: a simulator of the service.
//!
//! [`Sim::start`] runs a true bot socket server on one loopback port: the protocol of
//! the long connection at `/`, a chat page for a person at the same address, and a
//! control API under `/sim/` through which tests and the page write as members, read
//! transcripts and make things go wrong, and the company's category servers (MCP) under
//! `/mcp/`, and the HTTP API of self-built apps under `/cgi-bin/`. Bots with a webhook and
//! apps with a callback are called by it. `docs/simulator.md` describes it for users.
//!
//! It is the other side of [`crate::wecom`] and shares nothing with it, so that a
//! misunderstanding on one side shows on the other. The rules (`rules`) are pure; the
//! people and their chats (`world`) are behind one mutex, what else the category servers
//! know (`company`) behind another; sockets and HTTP only carry.

mod acting;
mod apps;
mod attachment;
mod chat;
mod company;
mod control;
mod desk;
mod entry;
mod events;
mod faults;
mod gate;
mod guard;
mod hooks;
mod injection;
mod mcp;
mod member;
mod newcomer;
mod options;
mod page;
mod record;
mod rules;
mod server;
mod shared;
#[expect(clippy::module_inception, reason = "the simulator's own handle")]
mod sim;
mod socket;
mod world;

pub use apps::{
    ApiCall, ApiFault, ApiFaultKind, AppEntry, AppId, AppMember, AppSaid, AppUpload, AppsHandle,
    BadAppName, MemberFile, SeedApp,
};
pub use attachment::{
    Attachment, AttachmentKind, Download, DownloadFault, DownloadFaultKind, Fetch, Handover,
    KeyManner,
};
pub use chat::{BadChatName, SimChat};
pub use company::{
    CompanyHandle, DocGrant, DocKind, DocListed, DocOwner, ExportPace, MemberTraits, SaidContent,
    Saying,
};
pub use entry::{Entry, EntryKind, EntryMedia, EntryPart, Party, PartyKind};
pub use faults::{
    AckError, AckLoss, AckLosses, FaultRequest, Faults, IgnoreSubscribe, RefuseSubscribe,
};
pub use hooks::{
    BadOwnerName, HookAttempt, HookCall, HookFault, HookFaultKind, HookOwner, HooksHandle, Webhook,
};
pub use injection::{Injected, Injection, Push, RawFrame};
pub use mcp::{
    McpAnswers, McpCall, McpFault, McpFaultKind, McpHandle, McpKey, McpOutcome, McpSwitches,
    StaleKey, TodoForm,
};
pub use member::{MessagePart, Rating, Said, SimMember};
pub use options::{
    CallbackPace, DEMO_BOT, DEMO_SECRET, Limits, Quota, Seed, SeedBot, SeedGroup, SeedUser,
    SimOptions,
};
pub use record::{Ack, ConnectionInfo, RecordedFrame, Violation};
pub use sim::{FaultsHandle, Sim, SimError, WaitError};

/// The guide's code is compiled with the documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/simulator.md")]
struct Guide;
