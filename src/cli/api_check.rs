//! Whether WeCom's HTTP API accepts an agent app's credentials.

use serde::Deserialize;
use tokio::time::timeout;
use url::Url;

use super::channels::TryOutcome as Outcome;
use crate::config::{Account, TlsFiles};
use crate::egress;
use crate::secret::Secret;

/// How long the two requests may take together.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Of an answer so much is read.
const MAX_ANSWER: usize = 64 << 10;

/// What every answer of the API has.
#[derive(Deserialize)]
struct Answer {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
    access_token: Option<String>,
}

/// Asks for an access token and makes one cheap call with it: the call shows whether this
/// machine's address is on the app's list, before the first member notices. `None` without
/// an app that sends.
pub(super) async fn check(account: &Account) -> Option<Outcome> {
    let app = account.agent_app.as_ref()?;
    let secret = app.corp_secret.as_ref()?;
    let work = ask(account, &app.corp_id, secret);
    Some(timeout(LIMIT, work).await.unwrap_or_else(|_| {
        unreachable(account, &format!("no answer within {} s", LIMIT.as_secs()))
    }))
}

async fn ask(account: &Account, corp_id: &str, secret: &Secret) -> Outcome {
    let tls = account
        .bot_socket
        .as_ref()
        .map_or_else(TlsFiles::default, |socket| socket.tls.clone());
    let client = match egress::client(&account.network, &tls) {
        Ok(client) => client,
        Err(error) => return unreachable(account, &error.to_string()),
    };
    let base = &account.network.api_base_url;
    let token = address(
        base,
        "gettoken",
        &[("corpid", corp_id), ("corpsecret", secret.reveal())],
    );
    let token = match get(&client, token).await {
        Ok(answer) if answer.errcode == 0 => answer.access_token.unwrap_or_default(),
        Ok(answer) => return refused(&answer),
        Err(error) => return unreachable(account, &error),
    };
    let call = address(base, "getcallbackip", &[("access_token", &token)]);
    match get(&client, call).await {
        Ok(answer) if answer.errcode == 0 => Outcome::Accepted,
        Ok(answer) => refused(&answer),
        Err(error) => unreachable(account, &error),
    }
}

fn address(base: &Url, method: &str, query: &[(&str, &str)]) -> Url {
    let mut address = base.clone();
    let path = format!("{}/cgi-bin/{method}", base.path().trim_end_matches('/'));
    address.set_path(&path);
    address.query_pairs_mut().extend_pairs(query);
    address
}

/// An answer, or why there is none. The address holds secrets and is in no error.
async fn get(client: &reqwest::Client, address: Url) -> Result<Answer, String> {
    let request = client.get(address).send();
    let mut answer = request.await.map_err(|error| cause(&error.without_url()))?;
    let mut body = Vec::new();
    while let Some(piece) = answer
        .chunk()
        .await
        .map_err(|error| cause(&error.without_url()))?
    {
        if body.len() + piece.len() > MAX_ANSWER {
            return Err("the answer is too long for the API's".to_owned());
        }
        body.extend_from_slice(&piece);
    }
    let status = answer.status();
    serde_json::from_slice(&body)
        .map_err(|_| format!("HTTP {status}, and no answer of the API: is it a proxy's page?"))
}

/// The innermost cause says most.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

fn refused(answer: &Answer) -> Outcome {
    // The text of 60020 names the address that WeCom saw.
    let text: String = answer.errmsg.chars().take(200).collect();
    let fix = match answer.errcode {
        40001 => {
            "the secret is not this app's: copy agent.corpSecret again from the app's page in the \
             admin console"
        }
        40013 => {
            "the company id is wrong: agent.corpId is at the foot of the admin console's page 我的企业 \
             (My Company)"
        }
        60020 => {
            "WeCom does not know the address this machine calls from: add it to the app's trusted \
             addresses (企业可信IP), or go out through a known one with network.egressProxyUrl"
        }
        _ => "look the number up in WeCom's list of error codes",
    };
    Outcome::Failed {
        seen: format!("WeCom's API answers {} {text}", answer.errcode),
        fix: fix.to_owned(),
    }
}

fn unreachable(account: &Account, why: &str) -> Outcome {
    let host = account.network.api_base_url.host_str().unwrap_or_default();
    Outcome::Failed {
        seen: format!("{host} cannot be asked: {why}"),
        fix: "`wecom doctor` looks at the network and the proxy".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_own_way_out() {
        for (number, part) in [
            (40001, "agent.corpSecret"),
            (40013, "agent.corpId"),
            (60020, "network.egressProxyUrl"),
            (-1, "list of error codes"),
        ] {
            let answer = Answer {
                errcode: number,
                errmsg: "from ip: 203.0.113.9".to_owned(),
                access_token: None,
            };
            let Outcome::Failed { seen, fix } = refused(&answer) else {
                panic!("{number} is a failure");
            };
            assert!(seen.contains(&number.to_string()) && seen.contains("203.0.113.9"));
            assert!(fix.contains(part), "{number}: {fix}");
        }
    }

    #[test]
    fn a_base_with_a_path_keeps_it() {
        let base: Url = "https://relay.example/wx/".parse().unwrap();
        let address = address(&base, "gettoken", &[("corpid", "ww1")]);
        assert_eq!(
            address.as_str(),
            "https://relay.example/wx/cgi-bin/gettoken?corpid=ww1"
        );
    }
}
