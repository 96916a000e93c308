//! Which account's bot acts, for whom, and where the configuration sends it.

use std::sync::Arc;

use http::HeaderValue;

use super::failure::Failure;
use super::place::Place;
use super::sessions::Member;
use crate::config::{Account, Config, LiveConfig, McpServer};
use crate::identity::{Identity, fits_header};
use crate::ids::AccountId;
use crate::interceptors::{ErrorKind, ToolError};

/// The way of one request. It sees one state of the configuration.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// The server.
    pub(super) place: Place,
    /// For whom.
    pub(super) member: Member,
    config: Arc<Config>,
}

impl Route {
    /// The way of a request of `identity`: over its own account, or over the one that the
    /// configuration names instead. No other account is ever taken, for its bot acts in
    /// the name of another team.
    pub(super) fn of_identity(
        config: &LiveConfig,
        identity: &Identity,
        category: &str,
    ) -> Result<Self, ToolError> {
        let config = config.get();
        let own = enabled(&config, identity.account())?;
        let acting = match &own.mcp.via_account {
            Some(via) if !own.mcp.servers.contains_key(category) => enabled(&config, via)?,
            _ => own,
        };
        let place = Place {
            account: acting.id.clone(),
            category: category.to_owned(),
        };
        let requester = identity.requester().cloned();
        if requester.as_ref().is_some_and(|user| !fits_header(user)) {
            return Err(ToolError::invalid_args(
                "The member's id has characters that can't be sent to WeCom's servers.",
            )
            .reason("requester_not_ascii")
            .next("Tell the person that this works only for ids of visible ASCII characters."));
        }
        let header = requester
            .as_ref()
            .and_then(|user| HeaderValue::try_from(user.as_str()).ok());
        Ok(Self {
            place,
            member: Member { requester, header },
            config,
        })
    }

    /// The way to a server of `account` for nobody in particular.
    pub(super) fn of_account(config: &LiveConfig, account: &AccountId, category: &str) -> Self {
        Self {
            place: Place {
                account: account.clone(),
                category: category.to_owned(),
            },
            member: Member {
                requester: None,
                header: None,
            },
            config: config.get(),
        }
    }

    /// The account whose bot acts.
    pub(super) fn account(&self) -> Result<&Account, Failure> {
        let account = self.config.accounts.get(&self.place.account);
        account.ok_or_else(|| Failure::Setup("the account is gone".to_owned()))
    }

    /// The server that the configuration names.
    pub(super) fn server(&self) -> Option<&McpServer> {
        let account = self.config.accounts.get(&self.place.account)?;
        account.mcp.servers.get(&self.place.category)
    }
}

fn enabled<'a>(config: &'a Config, id: &AccountId) -> Result<&'a Account, ToolError> {
    let account = config.accounts.get(id).filter(|account| account.enabled);
    account.ok_or_else(|| {
        ToolError::new(
            ErrorKind::NotConnected,
            format!("Account `{id}` does not exist or is switched off."),
        )
        .next("Tell the person that the operator has to switch the account on.")
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn live(change: impl FnOnce(&mut Config)) -> LiveConfig {
        let home = Path::new("/nowhere");
        let mut config = Config::unconfigured(home);
        for id in ["a", "b", "off"] {
            let mut account = Account::unconfigured(id.into(), home);
            account.enabled = id != "off";
            config.accounts.insert(id.into(), account);
        }
        change(&mut config);
        LiveConfig::new(config)
    }

    fn acting(live: &LiveConfig, account: &str, category: &str) -> Result<String, ErrorKind> {
        let identity = Identity::of_operator(account.into(), None);
        Route::of_identity(live, &identity, category)
            .map(|route| route.place.account.to_string())
            .map_err(|error| error.kind)
    }

    #[test]
    fn another_account_acts_only_where_it_is_named() {
        let plain = live(|_| {});
        assert_eq!(acting(&plain, "a", "doc"), Ok("a".to_owned()));
        for gone in ["off", "none"] {
            assert_eq!(acting(&plain, gone, "doc"), Err(ErrorKind::NotConnected));
        }
        let via = live(|config| {
            let a = config.accounts.get_mut(&"a".into()).unwrap();
            a.mcp.via_account = Some("b".into());
            let server = McpServer {
                url: "https://h.example/todo".into(),
                headers: std::collections::BTreeMap::new(),
            };
            a.mcp.servers.insert("todo".to_owned(), server);
        });
        assert_eq!(acting(&via, "a", "doc"), Ok("b".to_owned()));
        assert_eq!(acting(&via, "a", "todo"), Ok("a".to_owned()));
        let dead_end = live(|config| {
            let a = config.accounts.get_mut(&"a".into()).unwrap();
            a.mcp.via_account = Some("off".into());
        });
        assert_eq!(acting(&dead_end, "a", "doc"), Err(ErrorKind::NotConnected));
    }

    #[test]
    fn a_member_that_does_not_fit_the_header_is_refused() {
        for user in [
            "张三", "a
x: y", "",
        ] {
            let identity = Identity::of_operator("a".into(), Some(user.into()));
            let refused = Route::of_identity(&live(|_| {}), &identity, "doc").unwrap_err();
            assert_eq!(refused.kind, ErrorKind::InvalidArgs, "{user:?}");
        }
    }
}
