//! The settings of OpenAI-compatible endpoints.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, json};

use super::*;
use crate::config::proxy::EgressProxy;
use crate::secret::Secret;

fn backend(inside: &str) -> (AgentBackend, Vec<String>) {
    let env = environment(&[("KEY", "k-1")]);
    let text = format!(
        "{{ agents: {{ list: [{{ id: 'a', backend: {{ type: 'openai', {inside} }} }}] }} }}"
    );
    let loaded = look_in(&text, &env);
    (loaded.config.agents.list[0].backend.clone(), found(&loaded))
}

fn plain() -> OpenAiBackend {
    OpenAiBackend {
        endpoint: Some(
            "http://127.0.0.1:11434/v1/chat/completions"
                .parse()
                .unwrap(),
        ),
        api_key: None,
        model: "qwen3".to_owned(),
        temperature: None,
        max_tokens: None,
        system_prompt: SystemPrompt::BuiltIn,
        images: false,
        history_tokens: 32_000,
        max_tool_rounds: 16,
        idle_timeout: Duration::from_mins(1),
        concurrency: 8,
        headers: BTreeMap::new(),
        tools: ToolPolicy::default(),
        extra_body: Map::new(),
        proxy: EgressProxy::default(),
        ca_file: None,
    }
}

#[test]
fn what_is_left_out_has_a_default() {
    let (settings, said) = backend("baseUrl: 'http://127.0.0.1:11434/v1/', model: 'qwen3'");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(settings, AgentBackend::OpenAi(Box::new(plain())));
}

#[test]
fn everything_can_be_set() {
    let (settings, said) = backend(
        "baseUrl: 'https://model.example/compatible-mode/v1', apiKey: { env: 'KEY' }, \
         model: 'qwen-max', temperature: 0.3, maxTokens: 4000, systemPromptFile: '~/prompt.md', \
         images: true, historyTokens: 8000, maxToolRounds: 4, idleTimeoutMs: 5000, \
         concurrency: 2, headers: { 'X-Team': { env: 'KEY' } }, \
         tools: { allow: ['wecom_*'], deny: ['wecom_cron'] }, \
         extraBody: { enable_thinking: false, stream_options: { include_usage: null } }, \
         proxy: 'direct', caFile: '~/ca.pem'",
    );
    assert_eq!(said, Vec::<String>::new());
    let url = "https://model.example/compatible-mode/v1/chat/completions";
    let extra = json!({ "enable_thinking": false, "stream_options": { "include_usage": null } });
    assert_eq!(
        settings,
        AgentBackend::OpenAi(Box::new(OpenAiBackend {
            endpoint: Some(url.parse().unwrap()),
            api_key: Some(Secret::new("k-1")),
            model: "qwen-max".to_owned(),
            temperature: Some(0.3),
            max_tokens: Some(4000),
            system_prompt: SystemPrompt::File("/nonexistent/operator/prompt.md".into()),
            images: true,
            history_tokens: 8000,
            max_tool_rounds: 4,
            idle_timeout: Duration::from_secs(5),
            concurrency: 2,
            headers: BTreeMap::from([("X-Team".to_owned(), Secret::new("k-1"))]),
            tools: ToolPolicy {
                allow: Some(vec!["wecom_*".to_owned()]),
                deny: vec!["wecom_cron".to_owned()],
            },
            extra_body: extra.as_object().unwrap().clone(),
            proxy: EgressProxy::elsewhere(Some("direct"), &environment(&[])).unwrap(),
            ca_file: Some("/nonexistent/operator/ca.pem".into()),
        }))
    );
    assert!(!format!("{settings:?}").contains("k-1"));
}

#[test]
fn an_address_may_be_written_whole() {
    let whole = "baseUrl: 'http://127.0.0.1:11434/v1/chat/completions', model: 'qwen3'";
    assert_eq!(backend(whole).0, AgentBackend::OpenAi(Box::new(plain())));
}

#[test]
fn mistakes_are_told_with_their_place() {
    let at = "agents.list[0].backend";
    let fine = "baseUrl: 'https://a.example/v1', apiKey: 'k', model: 'm'";
    for (inside, said) in [
        (
            "model: 'm'".to_owned(),
            format!("Error openai_base_url_missing {at}.baseUrl"),
        ),
        (
            "baseUrl: 'https://a.example', apiKey: 'k'".to_owned(),
            format!("Error openai_model_missing {at}.model"),
        ),
        (
            "baseUrl: 'ftp://a.example', model: 'm'".to_owned(),
            format!("Error url_invalid {at}.baseUrl"),
        ),
        (
            "baseUrl: 'https://me:k@a.example', model: 'm'".to_owned(),
            format!("Error url_invalid {at}.baseUrl"),
        ),
        (
            "baseUrl: 'https://a.example', model: 'm'".to_owned(),
            format!("Warning openai_key_missing {at}.apiKey"),
        ),
        (
            "baseUrl: 'http://a.example', model: 'm', apiKey: 'k'".to_owned(),
            format!("Warning openai_key_in_the_clear {at}.apiKey"),
        ),
        (
            format!("{fine}, temperature: 3"),
            format!("Error out_of_range {at}.temperature"),
        ),
        (
            format!("{fine}, systemPrompt: 'a', systemPromptFile: 'b'"),
            format!("Warning openai_two_prompts {at}.systemPromptFile"),
        ),
        (
            format!("{fine}, headers: {{ Authorization: 'x' }}"),
            format!("Error openai_header {at}.headers.Authorization"),
        ),
        (
            format!("{fine}, extraBody: {{ stream: false }}"),
            format!("Warning openai_extra_body {at}.extraBody.stream"),
        ),
        (
            format!("{fine}, extraBody: [1]"),
            format!("Error type_mismatch {at}.extraBody"),
        ),
        (
            format!("{fine}, proxy: 'ftp://p'"),
            format!("Error url_invalid {at}.proxy"),
        ),
    ] {
        assert_eq!(backend(&inside).1, [said], "{inside}");
    }
}
