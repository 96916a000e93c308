//! The agent app: receiving and sending, each with what it needs.

use super::bot::{callback_keys, check_visible};
use super::draft::{Draft, Shared, non_empty};
use crate::config::effective::{Access, AgentApp, NetworkSettings};
use crate::config::findings::{Finding, Stops};
use crate::config::schema::value::Supplied;
use crate::secret::Secret;

/// The agent app, as far as keys go.
pub(super) fn agent_app(
    draft: &mut Draft,
    shared: &Shared<'_>,
    access: &Access,
    network: &NetworkSettings,
) -> Option<AgentApp> {
    let keys = draft.keys.agent.clone();
    let present = |key: &Option<Supplied>| key.as_ref().is_some_and(Supplied::is_present);
    let set = Set {
        corp_id: present(&keys.corp_id),
        corp_secret: present(&keys.corp_secret),
        token: present(&keys.token),
        key: present(&keys.encoding_aes_key),
    };
    if !set.any() {
        return None;
    }
    let agent_id = agent_id(draft, shared);
    if set.sends() || set.receives() {
        check_completeness(draft, set, agent_id.is_some() || present(&keys.agent_id));
    } else {
        report_half(draft, set);
    }
    if set.sends() && draft.enabled && !network.proxy.is_set() {
        let here = draft.at("network.egressProxyUrl", shared);
        draft.report(Finding::info(
            "proxy_none_for_agent",
            here.clone(),
            "the agent app calls WeCom from this machine's own address, which must be on the \
             app's list of trusted addresses (error 60020 otherwise)",
            format!("add the address in the console, or set `{here}`"),
        ));
    }
    let corp_id = corp_id(draft, shared, keys.corp_id.as_ref())?;
    let secret = keys.corp_secret.as_ref().and_then(Supplied::text);
    let stops = Stops::AgentApp;
    check_visible(draft, shared, "agent.corpSecret", secret, 256, stops);
    let (token, key) = (keys.token.as_ref(), keys.encoding_aes_key.as_ref());
    let receive = callback_keys(draft, shared, "agent.", token, key, stops);
    if receive.is_none() && secret.is_none() {
        return None;
    }
    Some(AgentApp {
        corp_id,
        agent_id,
        receive,
        max_clock_skew: super::bot::max_clock_skew(draft.keys.webhook.max_clock_skew_sec),
        corp_secret: secret.map(Secret::new),
        welcome_text: non_empty(keys.welcome_text.as_ref()),
        dm_policy: keys.dm_policy.unwrap_or(access.dm_policy),
        allow_from: keys
            .allow_from
            .map_or_else(|| access.allow_from.clone(), |list| list.list()),
    })
}

/// Which keys are set.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "one flag a key")]
struct Set {
    corp_id: bool,
    corp_secret: bool,
    token: bool,
    key: bool,
}

impl Set {
    fn any(self) -> bool {
        self.corp_id || self.corp_secret || self.token || self.key
    }

    fn sends(self) -> bool {
        self.corp_id && self.corp_secret
    }

    fn receives(self) -> bool {
        self.corp_id && self.token && self.key
    }

    /// Keys that receiving still needs.
    fn missing_to_receive(self) -> Vec<&'static str> {
        [
            (self.corp_id, "corpId"),
            (self.token, "token"),
            (self.key, "encodingAESKey"),
        ]
        .into_iter()
        .filter(|(set, _)| !set)
        .map(|(_, name)| name)
        .collect()
    }
}

fn check_completeness(draft: &mut Draft, set: Set, has_agent_id: bool) {
    let agent = draft.place.key("agent");
    if !set.receives() {
        let missing = set.missing_to_receive();
        draft.report(Finding::info(
            "agent_no_receive",
            agent.clone(),
            format!(
                "the agent app can send but not receive: without {} there is no callback, and \
                 messages to the app do not arrive",
                missing.join(" and ")
            ),
            format!("set {} at `{agent}`", missing.join(" and ")),
        ));
    }
    if !set.sends() {
        draft.report(Finding::warning(
            "agent_no_send",
            agent.key("corpSecret"),
            "the agent app can receive but not send: without `corpSecret` replies are impossible",
            format!("set `{}`", agent.key("corpSecret")),
        ));
    } else if !has_agent_id {
        draft.report(Finding::warning(
            "agent_id_missing",
            agent.key("agentId"),
            "without `agentId` proactive messages, jobs and broadcasts do not work",
            format!("set `{}`", agent.key("agentId")),
        ));
    }
}

fn report_half(draft: &mut Draft, set: Set) {
    let agent = draft.place.key("agent");
    let mut missing = set.missing_to_receive();
    if !set.corp_secret {
        missing.push("corpSecret");
    }
    draft.report(
        Finding::error(
            "half_agent",
            agent.clone(),
            format!(
                "the agent app needs corpId and corpSecret to send, corpId, token and \
                 encodingAESKey to receive; missing: {}",
                missing.join(", ")
            ),
            format!("set the missing keys at `{agent}`"),
        )
        .stopping(Stops::AgentApp),
    );
}

fn agent_id(draft: &mut Draft, shared: &Shared<'_>) -> Option<u64> {
    let text = draft.keys.agent.agent_id.as_ref()?.text()?.to_owned();
    match text.parse::<u64>() {
        Ok(number) if number > 0 => Some(number),
        _ => {
            let shape = if text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
            {
                "a number that is not"
            } else {
                "a text of another form"
            };
            let here = draft.at("agent.agentId", shared);
            draft.report(
                Finding::error(
                    "agent_id_invalid",
                    here.clone(),
                    format!("`agentId` must be a positive whole number, got {shape}"),
                    format!("set `{here}` to the app's number in the console"),
                )
                .stopping(Stops::AgentApp),
            );
            None
        }
    }
}

fn corp_id(draft: &mut Draft, shared: &Shared<'_>, corp_id: Option<&Supplied>) -> Option<String> {
    let text = corp_id.and_then(Supplied::text)?;
    if !check_visible(
        draft,
        shared,
        "agent.corpId",
        Some(text),
        128,
        Stops::AgentApp,
    ) {
        return None;
    }
    let usual = text
        .strip_prefix("ww")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
        || text.starts_with("wx");
    if !usual {
        let here = draft.at("agent.corpId", shared);
        draft.report(Finding::warning(
            "corp_id_form",
            here.clone(),
            "company ids are `ww` and 16 hexadecimal digits as a rule (older ones begin with \
             `wx`)",
            format!("compare `{here}` with the console"),
        ));
    }
    Some(text.to_owned())
}
