//! Whom a path is for.

use percent_encoding::percent_decode_str;

use crate::config::normalise_account_id;
use crate::ids::AccountId;

/// Whom a path is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    /// The webhook bot of an account, or all of them.
    Bot(Which),
    /// The agent app of an account, or all of them.
    App(Which),
    /// Nobody.
    Nobody,
}

/// One account, or all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Which {
    /// The signature tells.
    All,
    /// This one, normalised as ids of accounts are.
    Named(AccountId),
}

/// Reads a path: case counts, a `/` at its end does not.
pub(super) fn whom(path: &str) -> Whom {
    let path = path.trim();
    let path = path.strip_suffix('/').unwrap_or(path);
    let plain = path.strip_prefix("/plugins/wecom");
    let is_legacy = plain.is_none();
    let Some(rest) = plain.or_else(|| path.strip_prefix("/wecom")) else {
        return Whom::Nobody;
    };
    let mut segments = rest.split('/');
    if segments.next() != Some("") {
        return Whom::Nobody;
    }
    match (segments.next(), segments.next(), segments.next()) {
        (None, ..) if is_legacy => Whom::Bot(Which::All),
        (Some("bot"), None, _) => Whom::Bot(Which::All),
        (Some("agent"), None, _) => Whom::App(Which::All),
        (Some("bot"), Some(account), None) => named(account).map_or(Whom::Nobody, Whom::Bot),
        (Some("agent"), Some(account), None) => named(account).map_or(Whom::Nobody, Whom::App),
        (Some(account), None, _) if is_legacy => named(account).map_or(Whom::Nobody, Whom::Bot),
        _ => Whom::Nobody,
    }
}

fn named(segment: &str) -> Option<Which> {
    let decoded = percent_decode_str(segment).decode_utf8().ok()?;
    if decoded.trim().is_empty() {
        return None;
    }
    Some(Which::Named(AccountId::new(normalise_account_id(&decoded))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let named = |id: &str| Which::Named(id.into());
        for (path, expected) in [
            ("/plugins/wecom/bot", Whom::Bot(Which::All)),
            ("/plugins/wecom/bot/", Whom::Bot(Which::All)),
            ("/wecom/bot", Whom::Bot(Which::All)),
            ("/wecom", Whom::Bot(Which::All)),
            ("/wecom/", Whom::Bot(Which::All)),
            ("/plugins/wecom/bot/ops", Whom::Bot(named("ops"))),
            ("/plugins/wecom/bot/OPS/", Whom::Bot(named("ops"))),
            ("/wecom/bot/a%20b", Whom::Bot(named("a-b"))),
            ("/wecom/ops", Whom::Bot(named("ops"))),
            ("/wecom/agent", Whom::App(Which::All)),
            ("/plugins/wecom/agent", Whom::App(Which::All)),
            ("/plugins/wecom/agent/default", Whom::App(named("default"))),
            ("/wecom/agent/Ops", Whom::App(named("ops"))),
            ("/plugins/wecom", Whom::Nobody),
            ("/plugins/wecom/ops", Whom::Nobody),
            ("/wecom/Bot/x", Whom::Nobody),
            ("/wecom/bot/x/y", Whom::Nobody),
            ("/wecom//", Whom::Nobody),
            ("/wecom/bot//", Whom::Nobody),
            ("/wecomx", Whom::Nobody),
            ("/", Whom::Nobody),
            ("", Whom::Nobody),
        ] {
            assert_eq!(whom(path), expected, "{path}");
        }
    }
}
