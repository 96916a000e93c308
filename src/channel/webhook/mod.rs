//! The addresses that WeCom calls: those of bots in webhook mode and of agent apps.
//!
//! | Path | Whom it reaches |
//! |---|---|
//! | `/plugins/wecom/bot`, `/wecom/bot`, `/wecom` | every webhook bot: the signature tells which |
//! | `/plugins/wecom/bot/<account>`, `/wecom/bot/<account>`, `/wecom/<account>` | the bot of one account |
//! | `/plugins/wecom/agent`, `/wecom/agent` | every agent app: the signature tells which |
//! | `/plugins/wecom/agent/<account>`, `/wecom/agent/<account>` | the app of one account |
//!
//! `default` names the default account unless an account is called so. Whoever calls has to
//! know the token; what he says has to be sealed with the key. Nothing is looked into before
//! the signature is right, and whatever is wrong with a sealed text gets one and the same
//! answer.

mod app;
mod body;
mod bot;
mod desk;
mod entrance;
mod path;
mod refusal;
mod routes;

use crate::config::Account;

pub(in crate::channel) use desk::{Address, Desk};
pub use routes::Peer;
pub(in crate::channel) use routes::router;

/// The recommended path of each capability that an account has.
pub(in crate::channel) fn paths_of(account: &Account) -> Vec<String> {
    let bot = account.bot_webhook.is_some();
    let app = account.agent_app.as_ref();
    let app = app.is_some_and(|app| app.receive.is_some());
    let paths = [(bot, "bot"), (app, "agent")].into_iter();
    paths
        .filter(|(is_there, _)| *is_there)
        .map(|(_, what)| format!("/plugins/wecom/{what}/{}", account.id))
        .collect()
}
