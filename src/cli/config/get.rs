//! `wecom config get`.

use anyhow::bail;
use clap::Args;
use serde_json::{Map, Value, json};

use crate::config::edit::{authored_path, read_value, value_at};
use crate::config::path::{ConfigPath, Segment};
use crate::config::schema::{self, Node, field_at};
use crate::config::{EffectiveKey, Loaded, Origin, load, nearest, normalise_account_id};
use crate::ids::AccountId;

use super::{Session, change};

/// Options of `config get`.
#[derive(Debug, Args)]
pub struct GetArgs {
    /// Where; the whole effective configuration without it.
    #[arg(help = change::WHERE)]
    pub path: Option<ConfigPath>,
    /// Print JSON, also in case of failure
    #[arg(long)]
    pub json: bool,
    /// Print what is in effect, with the origin of each key: default, top, account or env
    #[arg(long, conflicts_with = "path")]
    pub effective: bool,
    /// The account whose effective keys are printed
    #[arg(long, value_name = "ID", conflicts_with = "path")]
    pub account: Option<String>,
}

pub(super) fn run(args: &GetArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let result = match (&args.path, &args.account) {
        (Some(path), _) => value_of(path, session),
        (None, Some(account)) => effective_account(account, args.json, session),
        (None, None) if args.effective => effective_accounts(args.json, session),
        (None, None) => effective_file(session),
    };
    match result {
        Ok(Found::Value(Value::String(text))) if !args.json => writeln!(session.out, "{text}")?,
        Ok(Found::Value(value)) => session.print_json(&value)?,
        Ok(Found::Text(text)) => write!(session.out, "{text}")?,
        Err(error) if args.json => {
            let message = format!("{error:#}");
            let error = json!({ "type": "cli_error", "message": message });
            session.print_json(&json!({ "ok": false, "error": error }))?;
            return Ok(1);
        }
        Err(error) => return Err(error),
    }
    Ok(0)
}

enum Found {
    Value(Value),
    Text(String),
}

/// The value at `path` as the file has it, masked by its place.
fn value_of(path: &ConfigPath, session: &Session<'_>) -> anyhow::Result<Found> {
    let file = read_value(&session.location.path, session.environment)?;
    let path = authored_path(path, &file);
    let masked = schema::mask(&file);
    if let Some(value) = value_at(&masked, &path).filter(|v| !v.is_null()) {
        return Ok(Found::Value(value.clone()));
    }
    let names = path.names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match field_at(&names) {
        Some(field) => {
            let default = match field.default {
                Some(default) if !field.secret => format!(" (default: {default})"),
                _ => String::new(),
            };
            bail!("{path} is known but not set{default}");
        }
        None => match corrected(&path) {
            Some(near) => bail!("{path} is no known key; did you mean {near}?"),
            None => bail!("{path} is no known key, and the file has none of that name"),
        },
    }
}

/// The known path that differs from an unknown one in the spelling of one key.
fn corrected(path: &ConfigPath) -> Option<ConfigPath> {
    let mut known: Vec<String> = Vec::new();
    let mut right = ConfigPath::default();
    for segment in path.segments() {
        known.push(segment.name());
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        if field_at(&names).is_some() {
            right = right.step(segment.clone());
            continue;
        }
        known.pop();
        let names: Vec<&str> = known.iter().map(String::as_str).collect();
        let Segment::Key(wrong) = segment else {
            return None;
        };
        let members = &Node::file().at(&names)?.members;
        let near = nearest(wrong, members.iter().map(|(name, _)| name.as_str()))?;
        return Some(right.key(near));
    }
    None
}

fn loaded(session: &Session<'_>) -> anyhow::Result<Loaded> {
    match load(session.location, session.environment) {
        Ok(loaded) => Ok(loaded),
        Err(error) => match error.loaded() {
            Some(loaded) => Ok(loaded.clone()),
            None => Err(error.into()),
        },
    }
}

/// The keys in effect for one account.
fn effective_account(account: &str, json: bool, session: &Session<'_>) -> anyhow::Result<Found> {
    let loaded = loaded(session)?;
    let id = AccountId::new(normalise_account_id(account));
    if !loaded.config.accounts.contains_key(&id) {
        let known: Vec<&str> = loaded
            .config
            .accounts
            .keys()
            .map(AccountId::as_str)
            .collect();
        bail!(
            "there is no account {account}; accounts: {}",
            known.join(", ")
        );
    }
    let keys = loaded.sources.effective(&id);
    Ok(if json {
        Found::Value(serde_json::to_value(keys)?)
    } else {
        Found::Text(keys.iter().map(line).collect())
    })
}

/// The keys in effect for every account.
fn effective_accounts(json: bool, session: &Session<'_>) -> anyhow::Result<Found> {
    let loaded = loaded(session)?;
    let accounts = loaded.config.accounts.keys();
    if json {
        let accounts = accounts
            .map(|id| {
                Ok((
                    id.to_string(),
                    serde_json::to_value(loaded.sources.effective(id))?,
                ))
            })
            .collect::<anyhow::Result<Map<_, _>>>()?;
        return Ok(Found::Value(Value::Object(accounts)));
    }
    let mut text = String::new();
    for id in accounts {
        text.extend(["[", id.as_str(), "]\n"]);
        text.extend(loaded.sources.effective(id).iter().map(line));
    }
    Ok(Found::Text(text))
}

fn line(key: &EffectiveKey) -> String {
    let origin = match key.origin {
        Origin::Default => "default",
        Origin::Top => "top",
        Origin::Account => "account",
        Origin::Env => "env",
    };
    format!("{} = {} ({origin})\n", key.path, key.value)
}

/// The file with its includes, and in place of its accounts what is in effect for each.
fn effective_file(session: &Session<'_>) -> anyhow::Result<Found> {
    let loaded = loaded(session)?;
    let mut file = schema::mask(&read_value(&session.location.path, session.environment)?);
    let mut accounts = Map::new();
    for id in loaded.config.accounts.keys() {
        let mut account = Value::Object(Map::new());
        for key in loaded.sources.effective(id) {
            put(&mut account, &key.path, key.value.clone());
        }
        accounts.insert(id.to_string(), account);
    }
    let channel = json!({
        "defaultAccount": loaded.config.default_account.as_str(),
        "accounts": accounts,
    });
    if !file.get("channels").is_some_and(Value::is_object) {
        put(&mut file, "channels", Value::Object(Map::new()));
    }
    put(&mut file, "channels.wecom", channel);
    Ok(Found::Value(file))
}

/// Puts a value at a dotted path of objects.
fn put(target: &mut Value, path: &str, value: Value) {
    let Ok(path) = path.parse::<ConfigPath>() else {
        return;
    };
    let mut at = target;
    for name in path.names() {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Value::Object(members) = at else {
            return;
        };
        at = members.entry(name).or_insert(Value::Null);
    }
    *at = value;
}
