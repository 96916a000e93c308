//! The two transports of a bot.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::draft::{Draft, Shared, non_empty};
use super::network::url_of;
use crate::config::aes_key;
use crate::config::effective::{
    BotSocket, BotWebhook, CallbackKeys, NetworkSettings, Reclaim, SocketTiming, TlsFiles,
};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::schema::channel::ConnectionMode;
use crate::config::schema::value::Supplied;
use crate::ids::BotId;
use crate::secret::Secret;

/// Where bots connect to.
const WEBSOCKET_URL: &str = "wss://openws.work.weixin.qq.com";

/// Which parts of a pair of keys are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pair {
    Absent,
    /// Only this one of the two (0 or 1) is missing.
    Half(usize),
    Complete,
}

fn pair(first: Option<&Supplied>, second: Option<&Supplied>) -> Pair {
    let present = |key: Option<&Supplied>| key.is_some_and(Supplied::is_present);
    match (present(first), present(second)) {
        (true, true) => Pair::Complete,
        (true, false) => Pair::Half(1),
        (false, true) => Pair::Half(0),
        (false, false) => Pair::Absent,
    }
}

fn socket_pair(draft: &Draft) -> Pair {
    pair(draft.keys.bot_id.as_ref(), draft.keys.secret.as_ref())
}

fn webhook_pair(draft: &Draft) -> Pair {
    pair(
        draft.keys.token.as_ref(),
        draft.keys.encoding_aes_key.as_ref(),
    )
}

/// The bot over the long connection, as far as keys go.
pub(super) fn socket(
    draft: &mut Draft,
    shared: &Shared<'_>,
    network: &NetworkSettings,
) -> Option<BotSocket> {
    let (mine, other) = (socket_pair(draft), webhook_pair(draft));
    if draft.keys.connection_mode == ConnectionMode::Webhook {
        check_other_mode(draft, shared, mine, other, &SOCKET);
        return None;
    }
    if let Pair::Half(missing) = mine {
        report_half(draft, missing, &SOCKET);
    }
    let reclaim = reclaim(draft, shared);
    let tls = tls(draft, shared);
    let fallback = || WEBSOCKET_URL.to_owned();
    let address = non_empty(draft.keys.websocket_url.as_ref()).unwrap_or_else(fallback);
    let url = url_of(
        draft,
        shared,
        "websocketUrl",
        &address,
        ("wss", "ws"),
        Stops::BotSocket,
    );
    if mine != Pair::Complete {
        return None;
    }
    let bot_id = draft
        .keys
        .bot_id
        .as_ref()
        .and_then(Supplied::text)
        .map(str::to_owned);
    let secret = draft
        .keys
        .secret
        .as_ref()
        .and_then(Supplied::text)
        .map(str::to_owned);
    let visible = check_visible(
        draft,
        shared,
        "botId",
        bot_id.as_deref(),
        128,
        Stops::BotSocket,
    ) & check_visible(
        draft,
        shared,
        "secret",
        secret.as_deref(),
        256,
        Stops::BotSocket,
    );
    let url: Url = url.filter(|_| visible)?;
    let keys = &draft.keys.websocket;
    Some(BotSocket {
        bot_id: BotId::new(bot_id?),
        secret: Secret::new(secret?),
        tls,
        proxy: network.proxy.for_wecom(&url).cloned(),
        url,
        timing: SocketTiming {
            heartbeat: Duration::from_millis(keys.heartbeat_ms),
            max_reconnects: u32::try_from(keys.max_reconnects).ok(),
            max_auth_retries: u32::try_from(keys.max_auth_retries).ok(),
        },
        compat_version: non_empty(Some(&keys.compat_version)),
        reclaim,
    })
}

/// The bot over webhooks, as far as keys go.
pub(super) fn webhook(draft: &mut Draft, shared: &Shared<'_>) -> Option<BotWebhook> {
    let (mine, other) = (webhook_pair(draft), socket_pair(draft));
    if draft.keys.connection_mode == ConnectionMode::Websocket {
        check_other_mode(draft, shared, mine, other, &WEBHOOK);
        return None;
    }
    match mine {
        Pair::Half(missing) => report_half(draft, missing, &WEBHOOK),
        Pair::Absent | Pair::Complete => {}
    }
    let (token, key) = (
        draft.keys.token.clone(),
        draft.keys.encoding_aes_key.clone(),
    );
    let callback = callback_keys(
        draft,
        shared,
        "",
        token.as_ref(),
        key.as_ref(),
        Stops::BotWebhook,
    );
    let keys = &draft.keys;
    Some(BotWebhook {
        bot_id: keys
            .bot_id
            .as_ref()
            .and_then(Supplied::text)
            .map(BotId::new),
        callback: callback?,
        receive_id: non_empty(keys.receive_id.as_ref()),
        stream_placeholder: keys.stream_placeholder_content.clone(),
        debounce: Duration::from_millis(keys.debounce_ms),
        max_clock_skew: max_clock_skew(keys.webhook.max_clock_skew_sec),
    })
}

/// `webhook.maxClockSkewSec`; 0 switches the check off.
pub(super) fn max_clock_skew(seconds: u64) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds))
}

/// Names of one transport's keys, for messages.
struct Transport {
    keys: [&'static str; 2],
    half_code: &'static str,
    mode: &'static str,
    stops: Stops,
}

const SOCKET: Transport = Transport {
    keys: ["botId", "secret"],
    half_code: "half_bot_ws",
    mode: "websocket",
    stops: Stops::BotSocket,
};

const WEBHOOK: Transport = Transport {
    keys: ["token", "encodingAESKey"],
    half_code: "half_bot_webhook",
    mode: "webhook",
    stops: Stops::BotWebhook,
};

fn report_half(draft: &mut Draft, missing: usize, transport: &Transport) {
    let [first, second] = transport.keys;
    let (there, missing) = if missing == 0 {
        (second, first)
    } else {
        (first, second)
    };
    let here = draft.place.key(missing);
    draft.report(
        Finding::error(
            transport.half_code,
            here.clone(),
            format!("`{there}` is set, but `{missing}` is missing"),
            format!("set `{here}`"),
        )
        .stopping(transport.stops),
    );
}

/// Says something about keys of the transport that `connectionMode` does not choose.
fn check_other_mode(
    draft: &mut Draft,
    shared: &Shared<'_>,
    idle: Pair,
    chosen: Pair,
    transport: &Transport,
) {
    let [first, second] = transport.keys;
    let mode = draft.at("connectionMode", shared);
    let chosen_mode = if transport.mode == "websocket" {
        &WEBHOOK
    } else {
        &SOCKET
    };
    match (idle, chosen) {
        (Pair::Absent, _) => {}
        (Pair::Complete, Pair::Absent) => {
            let [other_first, other_second] = chosen_mode.keys;
            draft.report(
                Finding::error(
                    "mode_mismatch",
                    mode.clone(),
                    format!(
                        "`{first}` and `{second}` are set, but connectionMode is {}, which needs \
                         `{other_first}` and `{other_second}`",
                        chosen_mode.mode
                    ),
                    format!(
                        "set `{mode}` to \"{}\", or add `{other_first}` and `{other_second}`",
                        transport.mode
                    ),
                )
                .stopping(transport.stops),
            );
        }
        (Pair::Half(missing), Pair::Absent) => report_half(draft, missing, transport),
        (Pair::Complete | Pair::Half(_), Pair::Complete | Pair::Half(_)) => {
            let set = if idle == Pair::Half(0) { second } else { first };
            let here = draft.at(set, shared);
            draft.report(Finding::info(
                "unused_credentials",
                here,
                format!(
                    "`{first}` and `{second}` are not used while connectionMode is {}",
                    chosen_mode.mode
                ),
                format!("remove them, or set `{mode}` to \"{}\"", transport.mode),
            ));
        }
    }
}

/// Token and key of a callback below `prefix` (`""` or `agent.`), checked.
pub(super) fn callback_keys(
    draft: &mut Draft,
    shared: &Shared<'_>,
    prefix: &str,
    token: Option<&Supplied>,
    key: Option<&Supplied>,
    stops: Stops,
) -> Option<CallbackKeys> {
    let token_path = format!("{prefix}token");
    let key_path = format!("{prefix}encodingAESKey");
    let token = token.and_then(Supplied::text);
    let visible = check_visible(draft, shared, &token_path, token, 128, stops);
    if let Some(token) = token.filter(|_| visible) {
        check_token_form(&draft.at(&token_path, shared), token, draft);
    }
    let aes_key = match key.and_then(Supplied::text).map(aes_key::decode) {
        Some(Ok(key)) => Some(key),
        Some(Err(shape)) => {
            let here = draft.at(&key_path, shared);
            draft.report(
                Finding::error(
                    "aes_key_invalid",
                    here.clone(),
                    format!("`encodingAESKey` {shape}"),
                    format!("copy the key from the console to `{here}` again"),
                )
                .stopping(stops),
            );
            None
        }
        None => None,
    };
    Some(CallbackKeys {
        token: Secret::new(token.filter(|_| visible)?),
        aes_key: aes_key?,
    })
}

fn check_token_form(here: &Place, token: &str, draft: &mut Draft) {
    let length = token.len();
    if (3..=32).contains(&length) && token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    draft.report(Finding::warning(
        "token_form",
        here.clone(),
        format!(
            "the console's tokens are 3 to 32 letters and digits, this one has {length} \
             characters or others: are blanks or quotes pasted along?"
        ),
        format!("compare `{here}` with the console"),
    ));
}

/// Checks that a credential is visible ASCII of at most `limit` characters.
pub(super) fn check_visible(
    draft: &mut Draft,
    shared: &Shared<'_>,
    path: &str,
    text: Option<&str>,
    limit: usize,
    stops: Stops,
) -> bool {
    let Some(text) = text else {
        return true;
    };
    let length = text.chars().count();
    let here = draft.at(path, shared);
    let name = here.name();
    let what = if length > limit {
        format!("`{name}` has {length} characters, at most {limit} are allowed")
    } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return true;
    } else {
        format!(
            "`{name}` holds blanks or characters that are not ASCII: is something pasted along?"
        )
    };
    let fix = format!("copy `{here}` from the console again");
    draft.report(Finding::error("credential_form", here, what, fix).stopping(stops));
    false
}

fn reclaim(draft: &mut Draft, shared: &Shared<'_>) -> Option<Reclaim> {
    let keys = draft.keys.websocket.reclaim.clone()?;
    if keys.max_delay_ms < keys.initial_delay_ms {
        let here = draft.at("websocket.reclaim.maxDelayMs", shared);
        draft.report(
            Finding::error(
                "out_of_range",
                here.clone(),
                format!(
                    "`maxDelayMs` must not be smaller than `initialDelayMs` ({}), got {}",
                    keys.initial_delay_ms, keys.max_delay_ms
                ),
                format!("raise `{here}`"),
            )
            .stopping(Stops::BotSocket),
        );
    }
    Some(Reclaim {
        initial_delay: Duration::from_millis(keys.initial_delay_ms),
        max_delay: Duration::from_millis(keys.max_delay_ms),
    })
}

fn tls(draft: &mut Draft, shared: &Shared<'_>) -> TlsFiles {
    let file = |path: &Option<String>| non_empty(path.as_ref()).map(PathBuf::from);
    let keys = &draft.keys.tls;
    let files = TlsFiles {
        ca_file: file(&keys.ca_file),
        client_cert_file: file(&keys.client_cert_file),
        client_key_file: file(&keys.client_key_file),
    };
    let missing = match (&files.client_cert_file, &files.client_key_file) {
        (Some(_), None) => "tls.clientKeyFile",
        (None, Some(_)) => "tls.clientCertFile",
        _ => return files,
    };
    let here = draft.at(missing, shared);
    draft.report(
        Finding::error(
            "half_tls_identity",
            here.clone(),
            "a client certificate and its key go together, one is missing",
            format!("set `{here}`"),
        )
        .stopping(Stops::BotSocket),
    );
    files
}
