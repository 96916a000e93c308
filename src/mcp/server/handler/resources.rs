//! Resources: files of skills, what is known of WeCom's methods, the state of accounts, and
//! media that a client was given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rmcp::ErrorData;
use rmcp::model::{
    CacheScope, ListResourceTemplatesResult, ListResourcesResult, ReadResourceResult, Resource,
    ResourceContents, ResourceTemplate,
};
use serde_json::{Value, json};

use super::{ServerParts, cache, media, skills};
use crate::catalogue::{self, Method};
use crate::mcp::credentials::Credential;
use crate::mcp::tool::Scope;
use crate::skills::{SkillFile, Skills};

const STATUS: &str = "wecom://status";
const CATEGORIES: &str = "wecom://categories";
const METHODS: &str = "wecom://methods/";
const JSON: &str = "application/json";

/// The templates, as completion knows them.
pub(super) const SKILL_TEMPLATE: &str = "skill://{skill}/{+path}";
pub(super) const METHOD_TEMPLATE: &str = "wecom://methods/{category}/{method}";
const MEDIA_TEMPLATE: &str = "wecom-media://{account}/{id}";

/// All that have a fixed address. Media is found by the links that calls answer with.
pub(super) fn list(parts: &ServerParts) -> ListResourcesResult {
    let skills = parts.skills.get();
    let mut all: Vec<Resource> = skills
        .iter()
        .flat_map(|skill| {
            skill
                .files()
                .iter()
                .map(|file| skills::resource(skill, file))
        })
        .collect();
    all.push(
        Resource::new(STATUS, "status")
            .with_description("State of the account's bot, and this program's version")
            .with_mime_type(JSON),
    );
    all.push(
        Resource::new(CATEGORIES, "categories")
            .with_description("Known categories of wecom_mcp and how many methods each has")
            .with_mime_type(JSON),
    );
    ListResourcesResult::with_all_items(all)
}

pub(super) fn templates(parts: &ServerParts) -> ListResourceTemplatesResult {
    let mut templates = vec![
        ResourceTemplate::new(SKILL_TEMPLATE, "skill file").with_description("A file of a skill"),
        ResourceTemplate::new(METHOD_TEMPLATE, "method")
            .with_description("What is known of a method: arguments, examples, rules")
            .with_mime_type(JSON),
    ];
    if parts.media.is_some() {
        templates.push(
            ResourceTemplate::new(MEDIA_TEMPLATE, "media")
                .with_description("A file that a call has answered with"),
        );
    }
    ListResourceTemplatesResult::with_all_items(templates)
}

/// # Errors
/// There is nothing under that address, for this credential.
pub(super) async fn read(
    parts: &ServerParts,
    credential: &Credential,
    uri: &str,
) -> Result<ReadResourceResult, ErrorData> {
    if uri.starts_with(media::SCHEME) {
        return media::read(parts.media.as_ref(), credential, uri).await;
    }
    if uri == STATUS {
        return status(parts, credential).await;
    }
    if uri == CATEGORIES {
        return Ok(static_json(
            uri,
            &categories(credential.scope()),
            credential,
        ));
    }
    if let Some(path) = uri.strip_prefix(METHODS) {
        let entry = path
            .split_once('/')
            .and_then(|(category, method)| catalogue::method(category, method))
            .filter(|method| credential.scope().admits(&method.category, &method.name))
            .ok_or_else(|| not_found(uri))?;
        return Ok(static_json(uri, &described(entry), credential));
    }
    let skills = parts.skills.get();
    let contents = skill_file(&skills, uri).ok_or_else(|| not_found(uri))?;
    Ok(ReadResourceResult::new(vec![contents])
        .with_ttl_ms(cache::skills_ms(&parts.skills))
        .with_cache_scope(CacheScope::Public))
}

/// Nothing there: the code that the client's revision wants is put in on the way out.
pub(super) fn not_found(uri: &str) -> ErrorData {
    ErrorData::resource_not_found("there is no such resource", Some(json!({ "uri": uri })))
}

fn skill_file(skills: &Skills, uri: &str) -> Option<ResourceContents> {
    let (_, file) = skills.file_by_uri(uri)?;
    let contents = match SkillFile::text(file) {
        Some(text) => ResourceContents::text(text, uri),
        None => ResourceContents::blob(STANDARD.encode(file.bytes()), uri),
    };
    Some(contents.with_mime_type(file.mime()))
}

async fn status(
    parts: &ServerParts,
    credential: &Credential,
) -> Result<ReadResourceResult, ErrorData> {
    let own = credential.identity().account().as_str();
    let (accounts, problem) = match parts.runner.accounts().await {
        Ok(accounts) => (accounts, None),
        Err(error) => (Vec::new(), Some(error.message)),
    };
    let accounts: Vec<_> = accounts
        .into_iter()
        .filter(|account| account.account_id == own)
        .collect();
    let mut state = json!({ "version": env!("CARGO_PKG_VERSION"), "accounts": accounts });
    if let (Some(problem), Value::Object(state)) = (problem, &mut state) {
        state.insert("problem".to_owned(), problem.into());
    }
    Ok(ReadResourceResult::new(vec![json_text(STATUS, &state)])
        .with_ttl_ms(cache::NEVER_MS)
        .with_cache_scope(CacheScope::Private))
}

fn categories(scope: &Scope) -> Value {
    let open = catalogue::categories()
        .into_iter()
        .filter(|category| scope.admits_category(category));
    let listed: Vec<Value> = open
        .map(|category| {
            let methods = catalogue::methods().iter();
            let count = methods
                .filter(|method| method.category == category)
                .filter(|method| scope.admits(category, &method.name))
                .count();
            json!({ "category": category, "methods": count })
        })
        .collect();
    json!({ "categories": listed })
}

fn described(method: &Method) -> Value {
    let examples: Vec<Value> = method
        .agent_examples()
        .iter()
        .map(|example| json!({ "request": example.request, "response": example.response }))
        .collect();
    json!({
        "category": method.category,
        "method": method.name,
        "title": method.title,
        "description": method.description,
        "annotations": method.annotations,
        "retry": method.retry,
        "confirm": method.confirm,
        "rules": method.rules,
        "inputSchema": method.agent_input_schema(),
        "outputSchema": method.agent_output_schema(),
        "examples": examples,
    })
}

fn static_json(uri: &str, value: &Value, credential: &Credential) -> ReadResourceResult {
    ReadResourceResult::new(vec![json_text(uri, value)])
        .with_ttl_ms(cache::STATIC_MS)
        .with_cache_scope(cache::scope(credential))
}

fn json_text(uri: &str, value: &Value) -> ResourceContents {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    ResourceContents::text(text, uri).with_mime_type(JSON)
}
