//! Which proxy an account goes out through, and who said so.

use url::Url;

use super::finding::Finding;
use crate::config::proxy::{GENERAL_VARIABLES, OWN_VARIABLES};
use crate::config::{Account, Environment, Loaded, Origin};

pub(super) fn check(account: &Account, loaded: &Loaded, environment: &Environment) -> Finding {
    let subject = account.id.to_string();
    let target = account
        .bot_socket
        .as_ref()
        .map_or(&account.network.api_base_url, |socket| &socket.url);
    let seen = match account.network.proxy.for_wecom(target) {
        Some(address) => format!(
            "through {} ({})",
            masked(address.reveal()),
            source(account, loaded, environment)
        ),
        None if account.network.proxy.is_set() => {
            "direct: the address is this machine's, or NO_PROXY names it".to_owned()
        }
        None => "direct: no proxy is set".to_owned(),
    };
    Finding::ok("proxy", subject, seen)
}

/// The address without who logs in to it.
fn masked(address: &str) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return "***".to_owned();
    };
    let has_login = !url.username().is_empty() || url.password().is_some();
    if has_login
        && url
            .set_username("***")
            .and_then(|()| url.set_password(None))
            .is_err()
    {
        return "***".to_owned();
    }
    url.set_query(None);
    url.as_str().trim_end_matches('/').to_owned()
}

/// Who set it: the file, or the first variable that is.
fn source(account: &Account, loaded: &Loaded, environment: &Environment) -> String {
    const KEY: &str = "network.egressProxyUrl";
    let keys = loaded.sources.effective(&account.id);
    let key = keys
        .iter()
        .find(|key| key.path == KEY && key.origin != Origin::Default);
    if let Some(key) = key {
        let place = match key.origin {
            Origin::Account => format!("channels.wecom.accounts.{}.{KEY}", account.authored_id),
            Origin::Env | Origin::Top | Origin::Default => format!("channels.wecom.{KEY}"),
        };
        return place;
    }
    let names = OWN_VARIABLES.iter().chain(&GENERAL_VARIABLES);
    names
        .flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()])
        .find(|name| environment.variable(name).is_some())
        .map_or_else(|| KEY.to_owned(), |name| format!("variable {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_not_shown() {
        for (address, shown) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            (
                "http://me:pa55@proxy.example:3128/",
                "http://***@proxy.example:3128",
            ),
            ("socks5h://me@proxy.example", "socks5h://***@proxy.example"),
            ("pa55", "***"),
        ] {
            assert_eq!(masked(address), shown);
        }
    }
}
