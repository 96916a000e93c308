//! The back end for OpenAI-compatible endpoints.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use url::Url;

use super::draft::non_empty;
use crate::config::Environment;
use crate::config::effective::{OpenAiBackend, SystemPrompt, ToolPolicy};
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::proxy::{self, EgressProxy};
use crate::config::schema::sections::BackendKeys;
use crate::config::schema::value::{Supplied, TextList};
use crate::secret::Secret;

const HISTORY_TOKENS: u32 = 32_000;
const MAX_TOOL_ROUNDS: u32 = 16;
const IDLE_TIMEOUT_MS: u64 = 60_000;
const CONCURRENCY: u32 = 8;

/// What is added to `baseUrl`.
const PATH: &str = "chat/completions";

/// Members of a request that have keys of their own, or that the back end lives by.
const OURS: [&str; 4] = ["messages", "model", "stream", "tools"];

/// Headers that have a key of their own, or that the client sets.
const OUR_HEADERS: [&str; 4] = ["authorization", "content-length", "content-type", "host"];

/// The effective settings. `here` is where they stand.
pub(super) fn openai(
    keys: &BackendKeys,
    here: &Place,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> OpenAiBackend {
    let endpoint = endpoint(keys, here, findings);
    let api_key = api_key(keys, endpoint.as_ref(), here, findings);
    let model = non_empty(keys.model.as_ref());
    if model.is_none() {
        let here = here.key("model");
        findings.push(Finding::error(
            "openai_model_missing",
            here.clone(),
            "a back end of type openai without a model",
            format!("set `{here}` to a name that the endpoint knows, such as \"deepseek-chat\""),
        ));
    }
    OpenAiBackend {
        endpoint,
        api_key,
        model: model.unwrap_or_default(),
        temperature: keys.temperature,
        max_tokens: keys.max_tokens,
        system_prompt: system_prompt(keys, here, findings),
        images: keys.images.unwrap_or(false),
        history_tokens: keys.history_tokens.unwrap_or(HISTORY_TOKENS),
        max_tool_rounds: keys.max_tool_rounds.unwrap_or(MAX_TOOL_ROUNDS),
        idle_timeout: Duration::from_millis(keys.idle_timeout_ms.unwrap_or(IDLE_TIMEOUT_MS)),
        concurrency: keys.concurrency.unwrap_or(CONCURRENCY),
        headers: headers(keys, here, findings),
        tools: ToolPolicy {
            allow: keys.tools.allow.as_ref().map(TextList::list),
            deny: keys.tools.deny.list(),
        },
        extra_body: extra_body(keys, here, findings),
        proxy: egress_proxy(keys, here, env, findings),
        ca_file: non_empty(keys.ca_file.as_ref()).map(PathBuf::from),
    }
}

fn endpoint(keys: &BackendKeys, here: &Place, findings: &mut Vec<Finding>) -> Option<Url> {
    let here = here.key("baseUrl");
    let Some(address) = non_empty(keys.base_url.as_ref()) else {
        findings.push(Finding::error(
            "openai_base_url_missing",
            here.clone(),
            "a back end of type openai without an address",
            format!("set `{here}`, such as \"https://api.deepseek.com/v1\""),
        ));
        return None;
    };
    let problem = match Url::parse(&address) {
        Err(_) => "is not an address",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "is neither http nor https",
        Ok(url) if url.host().is_none() => "names no host",
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "holds user info; the key stands in `apiKey`"
        }
        Ok(url) if url.query().is_some() || url.fragment().is_some() => {
            "has a query or a fragment, which is not allowed here"
        }
        Ok(url) => return Some(completions(url)),
    };
    findings.push(Finding::error(
        "url_invalid",
        here.clone(),
        format!("`baseUrl` {problem}"),
        format!("set `{here}` to https://HOST/PATH, as the endpoint's documentation says"),
    ));
    None
}

/// The address that questions go to. What stands in the file is kept as written, with or
/// without `/v1`; somebody may have written the whole address.
fn completions(mut url: Url) -> Url {
    let path = url.path().trim_end_matches('/');
    if !path.ends_with(PATH) {
        let path = format!("{path}/{PATH}");
        url.set_path(&path);
    }
    url
}

fn api_key(
    keys: &BackendKeys,
    endpoint: Option<&Url>,
    here: &Place,
    findings: &mut Vec<Finding>,
) -> Option<Secret> {
    let here = here.key("apiKey");
    let is_elsewhere = endpoint.is_some_and(|url| !proxy::is_loopback(url));
    let is_plain = endpoint.is_some_and(|url| url.scheme() == "http");
    let is_present = keys.api_key.as_ref().is_some_and(Supplied::is_present);
    if !is_present && is_elsewhere && keys.headers.is_empty() {
        findings.push(Finding::warning(
            "openai_key_missing",
            here.clone(),
            "no key is set for an endpoint that is not on this machine",
            format!("set `{here}`, unless the endpoint wants none"),
        ));
    }
    if (is_present || !keys.headers.is_empty()) && is_elsewhere && is_plain {
        findings.push(Finding::warning(
            "openai_key_in_the_clear",
            here.clone(),
            "the key and what people write cross the network unencrypted",
            "use an https address, or an endpoint on this machine",
        ));
    }
    let key = keys.api_key.as_ref().and_then(Supplied::text)?;
    if HeaderValue::from_str(key).is_err() {
        findings.push(Finding::error(
            "openai_key_unusable",
            here.clone(),
            "the key holds characters that no header may hold",
            format!("copy the key to `{here}` again"),
        ));
        return None;
    }
    Some(Secret::new(key))
}

fn system_prompt(keys: &BackendKeys, here: &Place, findings: &mut Vec<Finding>) -> SystemPrompt {
    let file = non_empty(keys.system_prompt_file.as_ref()).map(PathBuf::from);
    match (non_empty(keys.system_prompt.as_ref()), file) {
        (Some(text), None) => SystemPrompt::Text(text),
        (None, Some(file)) => SystemPrompt::File(file),
        (None, None) => SystemPrompt::BuiltIn,
        (Some(text), Some(_)) => {
            let here = here.key("systemPromptFile");
            findings.push(Finding::warning(
                "openai_two_prompts",
                here.clone(),
                "both `systemPrompt` and `systemPromptFile` are set; the file is not read",
                format!("remove `{here}`, or `systemPrompt`"),
            ));
            SystemPrompt::Text(text)
        }
    }
}

fn headers(
    keys: &BackendKeys,
    here: &Place,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Secret> {
    let mut headers = BTreeMap::new();
    for (name, value) in &keys.headers {
        let here = here.key("headers").key(name);
        // A reference that did not resolve was reported.
        let Some(value) = value.text() else { continue };
        let is_name = HeaderName::try_from(name.as_str())
            .is_ok_and(|name| !OUR_HEADERS.contains(&name.as_str()));
        if !is_name || HeaderValue::from_str(value).is_err() {
            findings.push(Finding::error(
                "openai_header",
                here.clone(),
                "this header can't be set: its name or value is no header's, or it has a key \
                 of its own",
                format!("correct or remove `{here}`"),
            ));
            continue;
        }
        headers.insert(name.clone(), Secret::new(value));
    }
    headers
}

fn extra_body(keys: &BackendKeys, here: &Place, findings: &mut Vec<Finding>) -> Map<String, Value> {
    let here = here.key("extraBody");
    let mut members = match keys.extra_body.as_ref().map(|extra| &extra.0) {
        None => return Map::new(),
        Some(Value::Object(members)) => members.clone(),
        Some(_) => {
            findings.push(Finding::error(
                "type_mismatch",
                here.clone(),
                "`extraBody` must be an object",
                format!("change `{here}` to an object"),
            ));
            return Map::new();
        }
    };
    for name in OURS {
        if members.shift_remove(name).is_some() {
            let here = here.key(name);
            findings.push(Finding::warning(
                "openai_extra_body",
                here.clone(),
                format!("`{name}` is not taken from `extraBody`"),
                format!("remove `{here}`"),
            ));
        }
    }
    members
}

fn egress_proxy(
    keys: &BackendKeys,
    here: &Place,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> EgressProxy {
    let here = here.key("proxy");
    let address = keys.proxy.as_ref().and_then(Supplied::text);
    if let Some(address) = address
        && let Err(error) = proxy::check_address(address)
    {
        findings.push(Finding::error(
            "url_invalid",
            here.clone(),
            format!("`proxy` is no address of a proxy: {error}"),
            format!("set `{here}` to http://HOST:PORT, or to \"direct\""),
        ));
        return EgressProxy::default();
    }
    EgressProxy::elsewhere(address, env).unwrap_or_else(|bad| {
        findings.push(Finding::error(
            "url_invalid",
            Place::root().key(bad.name),
            format!(
                "the variable {} is no address of a proxy: {}",
                bad.name, bad.error
            ),
            format!("correct {}, or set `{here}`", bad.name),
        ));
        EgressProxy::default()
    })
}
