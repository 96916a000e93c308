//! From what is known about an account to the changes of the file.

use serde_json::{Value, json};

use super::answers::Answers;
use crate::cli::channels::accounts::{DEFAULT, Section, section_path};
use crate::config::edit::{Change, Operation};
use crate::config::path::ConfigPath;
use crate::config::{Config, normalise_account_id};

/// Keys of the top level that say how this machine reaches WeCom. They serve every account,
/// so they stay when the other keys become those of an account.
const SHARED: [&str; 11] = [
    "enabled",
    "defaultAccount",
    "accounts",
    "network",
    "media",
    "mediaLocalRoots",
    "websocketUrl",
    "tls",
    "websocket",
    "webhook",
    "healthMonitor",
];

/// The account that is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    /// Normalised.
    pub(super) id: String,
    /// What to say about the id, if it is not as it was typed.
    pub(super) note: Option<String>,
}

/// An account id that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` has no letter or digit that an id can have: take one such as `hq`, and give the name \
     people read with --name"
)]
pub(super) struct UnusableId(String);

impl Chosen {
    /// The account that was named.
    ///
    /// # Errors
    /// The name has nothing that an id could be made of.
    pub(super) fn named(name: &str) -> Result<Self, UnusableId> {
        let typed = name.trim();
        let id = normalise_account_id(typed);
        if id == DEFAULT && !typed.is_empty() && !typed.eq_ignore_ascii_case(DEFAULT) {
            return Err(UnusableId(typed.to_owned()));
        }
        let note = (!typed.eq_ignore_ascii_case(&id))
            .then(|| format!("the account's id is `{id}`, made of `{typed}`"));
        Ok(Self { id, note })
    }

    /// The one that is meant where none is named.
    pub(super) fn default_of(config: &Config) -> Self {
        Self {
            id: config.default_account.to_string(),
            note: None,
        }
    }
}

/// What is to be done to the file.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) operations: Vec<Operation>,
    /// What the person should know about it.
    pub(super) notes: Vec<String>,
    /// Whether the top level's keys become those of the account `default`.
    pub(super) converts: bool,
}

/// Works out the changes. `file` is the file as it stands, `config` what it means now.
pub(super) fn plan(chosen: &Chosen, answers: &Answers, file: &Value, config: &Config) -> Plan {
    let section = Section::of(file);
    let top = section_path();
    let mut plan = Plan {
        operations: Vec::new(),
        notes: chosen.note.iter().cloned().collect(),
        converts: false,
    };
    let is_single = !section.is_multi() && chosen.id == DEFAULT;
    if !section.is_multi() && !is_single {
        plan.make_room(&section, config);
    }
    let place = match section.place(&chosen.id) {
        Some(place) => place,
        None => top.key("accounts").key(chosen.id.as_str()),
    };
    plan.write_account(answers, &section, &place, is_single);
    if let Some(agent) = &answers.agent {
        plan.bind(agent, &chosen.id, &section);
    }
    if let Some(owner) = &answers.owner {
        let path = ConfigPath::from_keys(["commands", "ownerAllowFrom"]);
        let owners = json!([format!("wecom:{owner}")]);
        plan.operations
            .push(Operation::new(path, Change::Merge(owners)));
    }
    plan
}

impl Plan {
    /// Turns what the top level says about its one bot into the account `default`.
    fn make_room(&mut self, section: &Section<'_>, config: &Config) {
        let top = section_path();
        if section.credentials_at(&top).is_empty() {
            return;
        }
        let members = section.get(&top).and_then(Value::as_object);
        let keys: Vec<String> = members
            .into_iter()
            .flat_map(|members| members.keys())
            .filter(|key| !SHARED.contains(&key.as_str()))
            .cloned()
            .collect();
        let into = top.key("accounts").key(DEFAULT);
        self.converts = true;
        self.notes.push(format!(
            "the keys of the present account move from channels.wecom to {into} ({})",
            keys.join(", ")
        ));
        self.operations
            .push(Operation::new(into, Change::Gather { from: top, keys }));
        let present = config.accounts.get(&DEFAULT.into());
        let is_bound = config.bindings.iter().any(|binding| {
            binding.account == crate::config::AccountMatch::Any
                || binding.account == crate::config::AccountMatch::Only(DEFAULT.into())
        });
        let is_dynamic = present.is_some_and(|account| account.dynamic_agents.enabled);
        if let Some(agent) = &config.agents.default_agent
            && !is_bound
            && !is_dynamic
        {
            self.notes.push(format!(
                "with several accounts each needs a binding: {DEFAULT} stays with the agent {agent}"
            ));
            self.add_binding(agent, DEFAULT);
        }
    }

    fn write_account(
        &mut self,
        answers: &Answers,
        section: &Section<'_>,
        place: &ConfigPath,
        is_single: bool,
    ) {
        let top = section_path();
        let mut set = |path: ConfigPath, value: Value| {
            self.operations
                .push(Operation::new(path, Change::Set(value)));
        };
        let is_empty = section
            .get(&top)
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty);
        if is_empty {
            let mut whole = serde_json::Map::new();
            whole.insert("enabled".to_owned(), Value::Bool(true));
            if is_single {
                whole.extend(answers.object());
            } else if let Some(id) = place.segments().last() {
                whole.insert(
                    "accounts".to_owned(),
                    json!({ id.name(): answers.object() }),
                );
            }
            set(top, Value::Object(whole));
            return;
        }
        set(top.key("enabled"), Value::Bool(true));
        let own_switch = place.key("enabled");
        if !is_single && section.get(&own_switch) == Some(&Value::Bool(false)) {
            set(own_switch, Value::Bool(true));
        }
        if !is_single && section.get(place).is_none() {
            set(place.clone(), Value::Object(answers.object()));
            return;
        }
        for (keys, value) in answers.keys() {
            let path = keys.iter().fold(place.clone(), |path, key| path.key(*key));
            set(path, value);
        }
    }

    fn bind(&mut self, agent: &str, id: &str, section: &Section<'_>) {
        match section.bindings_of(id).first() {
            Some(position) => {
                let path = ConfigPath::from_keys(["bindings"]).index(*position);
                self.operations.push(Operation::new(
                    path.key("agentId"),
                    Change::Set(agent.into()),
                ));
            }
            None => self.add_binding(agent, id),
        }
    }

    fn add_binding(&mut self, agent: &str, id: &str) {
        let binding = json!({
            "agentId": agent,
            "match": { "channel": "wecom", "accountId": id },
        });
        self.operations.push(Operation::new(
            ConfigPath::from_keys(["bindings"]),
            Change::Merge(json!([binding])),
        ));
    }
}
