//! The channel and its accounts.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Sections;
use crate::config::account::{DEFAULT_ACCOUNT, normalise_account_id};
use crate::config::build::{self, Draft, Shared};
use crate::config::effective::{Account, Binding, Severity};
use crate::config::findings::{Finding, Stops, into_issues};
use crate::config::place::Place;
use crate::config::reader::{Null, shape};
use crate::config::schema::Node;
use crate::config::schema::mcp::McpKeys;
use crate::ids::AccountId;

/// Keys that are credentials, as they may stand unused at the top level.
const CREDENTIALS: [&str; 5] = ["botId", "secret", "token", "encodingAESKey", "agent"];

/// `channels.wecom`, read but not yet merged.
pub(super) struct Channel {
    /// Whether `accounts` has entries.
    pub(super) multi: bool,
    /// Keys of the top level.
    pub(super) top: Map<String, Value>,
    top_findings: Vec<Finding>,
    default_account: Option<String>,
    /// Entries by normalised id.
    entries: BTreeMap<AccountId, Entry>,
    /// What was found about the list of accounts itself.
    list_findings: Vec<(Option<AccountId>, Finding)>,
}

struct Entry {
    authored: String,
    own: Map<String, Value>,
    findings: Vec<Finding>,
}

impl Channel {
    pub(super) fn read(sections: &mut Sections<'_>) -> Self {
        let place = Place::of("channels.wecom");
        let outer = std::mem::take(&mut sections.reader.findings);
        let mut channel = Self {
            multi: false,
            top: Map::new(),
            top_findings: Vec::new(),
            default_account: None,
            entries: BTreeMap::new(),
            list_findings: Vec::new(),
        };
        let mut members = match place.find_in(sections.root) {
            Some(Value::Object(members)) => members.clone(),
            None | Some(Value::Null) => Map::new(),
            Some(other) => {
                channel.list_findings.push((
                    None,
                    Finding::error(
                        "type_mismatch",
                        place.clone(),
                        format!("must be an object, not {}", shape(other)),
                        "write channels: { wecom: { … } }",
                    ),
                ));
                Map::new()
            }
        };
        let accounts = members.shift_remove("accounts");
        let default_account = members.shift_remove("defaultAccount");
        if let Some(node) = Node::file().at(&["channels", "wecom"]) {
            channel.top = sections
                .reader
                .object(&members, node, &place, Null::Dropped);
            channel.default_account = default_account
                .and_then(|value| {
                    let node = node.child("defaultAccount")?;
                    let here = place.key("defaultAccount");
                    sections.reader.read(&value, node, &here, Null::Dropped)
                })
                .and_then(|value| value.as_str().map(str::to_owned));
        }
        channel.top_findings = std::mem::take(&mut sections.reader.findings);
        channel.read_accounts(accounts.as_ref(), sections);
        sections.reader.findings = outer;
        channel
    }

    fn read_accounts(&mut self, accounts: Option<&Value>, sections: &mut Sections<'_>) {
        let place = Place::of("channels.wecom.accounts");
        let entries = match accounts {
            Some(Value::Object(entries)) => entries,
            None | Some(Value::Null) => return,
            Some(other) => {
                self.list_findings.push((
                    None,
                    Finding::error(
                        "type_mismatch",
                        place,
                        format!("must be an object of accounts by id, not {}", shape(other)),
                        "write accounts: { main: { … } }",
                    ),
                ));
                return;
            }
        };
        self.multi = !entries.is_empty();
        for (authored, value) in entries {
            let here = place.key(authored);
            let id = AccountId::new(normalise_account_id(authored));
            self.check_id(authored, &id, &here);
            if let Some(first) = self.entries.get(&id) {
                let first = &first.authored;
                let finding = Finding::error(
                    "account_id_collision",
                    here.clone(),
                    format!("`{first}` and `{authored}` are the same account id, `{id}`"),
                    format!("rename `{here}`, or join the two"),
                );
                self.list_findings.push((Some(id.clone()), finding));
                // It is left out, but what is wrong inside it is said all the same.
                if let (Value::Object(members), Some(node)) = (value, Node::account()) {
                    sections.reader.object(members, node, &here, Null::Kept);
                }
                let inside = std::mem::take(&mut sections.reader.findings);
                self.list_findings.extend(
                    inside
                        .into_iter()
                        .map(|finding| (Some(id.clone()), finding)),
                );
                continue;
            }
            let own = match (value, Node::account()) {
                (Value::Object(members), Some(node)) => {
                    sections.reader.object(members, node, &here, Null::Kept)
                }
                (other, _) => {
                    sections.reader.findings.push(Finding::error(
                        "type_mismatch",
                        here.clone(),
                        format!("an account must be an object, not {}", shape(other)),
                        format!("write `{here}` as {{ … }}, or remove it"),
                    ));
                    Map::new()
                }
            };
            let entry = Entry {
                authored: authored.clone(),
                own,
                findings: std::mem::take(&mut sections.reader.findings),
            };
            self.entries.insert(id, entry);
        }
    }

    fn check_id(&mut self, authored: &str, id: &AccountId, here: &Place) {
        let usable = authored.chars().any(|c| c.is_ascii_alphanumeric());
        let finding = if !usable && id.as_str() == DEFAULT_ACCOUNT {
            Finding::error(
                "account_id_unusable",
                here.clone(),
                format!("`{authored}` holds no letter or digit that an id could be made of"),
                format!(
                    "use letters and digits as the key of `{here}`, and put the name into `name`"
                ),
            )
        } else if !authored.eq_ignore_ascii_case(id.as_str()) {
            Finding::info(
                "account_id_changed",
                here.clone(),
                format!("the id of the account `{authored}` is `{id}`"),
                format!("write `{id}` in `bindings` and addresses, or rename `{here}`"),
            )
        } else {
            return;
        };
        self.list_findings.push((Some(id.clone()), finding));
    }

    /// The keys of the MCP server that this program is.
    pub(super) fn server_keys(&self) -> McpKeys {
        self.top
            .get("mcp")
            .cloned()
            .and_then(|keys| serde_json::from_value(keys).ok())
            .unwrap_or_default()
    }

    /// Builds every account and settles what concerns several of them.
    pub(super) fn build(&self, shared: &Shared<'_>, findings: &mut Vec<Finding>) -> Built {
        let mut drafts: BTreeMap<AccountId, Draft> = BTreeMap::new();
        if self.multi {
            for (id, entry) in &self.entries {
                let (id, authored) = (id.clone(), entry.authored.clone());
                let (own, found) = (entry.own.clone(), entry.findings.clone());
                let draft = Draft::new(id.clone(), authored, own, found, shared);
                drafts.insert(id, draft);
            }
        } else {
            let id = AccountId::new(DEFAULT_ACCOUNT);
            let (own, found) = (self.top.clone(), self.top_findings.clone());
            let draft = Draft::new(id.clone(), DEFAULT_ACCOUNT.to_owned(), own, found, shared);
            drafts.insert(id, draft);
        }
        self.route_findings(&mut drafts, findings);
        let mut accounts: BTreeMap<AccountId, Account> = drafts
            .iter_mut()
            .map(|(id, draft)| (id.clone(), draft.build(shared)))
            .collect();
        let default_account = self.default_account(&accounts, findings);
        build::assign_owners(&mut accounts, &mut drafts, &default_account);
        check_enabled(&drafts, shared, findings);
        self.check_top_credentials(findings);
        check_via_accounts(&accounts, &mut drafts, shared);
        Built {
            accounts,
            drafts,
            default_account,
        }
    }

    /// Hands findings about the top level and the list of accounts to whom they concern.
    fn route_findings(&self, drafts: &mut BTreeMap<AccountId, Draft>, findings: &mut Vec<Finding>) {
        for (id, finding) in &self.list_findings {
            match id.as_ref().and_then(|id| drafts.get_mut(id)) {
                // An entry that collides is left out; the account that has the id runs.
                Some(draft) if finding.place.below(&draft.place).is_none() => {
                    draft.report(finding.clone().stopping(Stops::Nothing));
                }
                Some(draft) => draft.report(finding.clone()),
                None => findings.push(finding.clone()),
            }
        }
        if !self.multi {
            return;
        }
        for finding in &self.top_findings {
            // A reference that fails concerns the accounts that inherit it, and no others.
            if finding.code == "secret_unresolved" {
                let mut concerned = false;
                for draft in drafts.values_mut() {
                    concerned |= draft.inherit_finding(finding);
                }
                if !concerned {
                    let mut unused = finding.clone();
                    unused.severity = Severity::Warning;
                    findings.push(unused);
                }
            } else {
                findings.push(finding.clone());
            }
        }
    }

    fn default_account(
        &self,
        accounts: &BTreeMap<AccountId, Account>,
        findings: &mut Vec<Finding>,
    ) -> AccountId {
        let here = Place::of("channels.wecom.defaultAccount");
        let named = self
            .default_account
            .as_deref()
            .filter(|name| !name.trim().is_empty())
            .map(|name| AccountId::new(normalise_account_id(name)));
        if let Some(id) = named {
            if let Some(account) = accounts.get(&id) {
                if !account.enabled && accounts.values().any(|account| account.enabled) {
                    findings.push(Finding::warning(
                        "default_account_disabled",
                        here.clone(),
                        format!("the default account `{id}` is disabled, and others are not"),
                        format!("enable it, or set `{here}` to another"),
                    ));
                }
                return id;
            }
            let known: Vec<&str> = accounts.keys().map(AccountId::as_str).collect();
            findings.push(Finding::warning(
                "default_account_unknown",
                here.clone(),
                format!("there is no account `{id}`"),
                format!("set `{here}` to one of: {}", known.join(", ")),
            ));
        }
        let fallback = AccountId::new(DEFAULT_ACCOUNT);
        let listed = |id: &AccountId, enabled: bool| {
            accounts
                .get(id)
                .is_some_and(|account| account.enabled || !enabled)
        };
        let first = |enabled: bool| {
            accounts
                .values()
                .find(|account| account.enabled || !enabled)
                .map(|account| account.id.clone())
        };
        // An enabled account is preferred in each step.
        if listed(&fallback, true) {
            return fallback;
        }
        first(true)
            .or_else(|| listed(&fallback, false).then(|| fallback.clone()))
            .or_else(|| first(false))
            .unwrap_or(fallback)
    }

    /// Credentials at the top level that every account overrides.
    fn check_top_credentials(&self, findings: &mut Vec<Finding>) {
        if !self.multi {
            return;
        }
        for key in CREDENTIALS {
            let set = self.top.get(key).is_some_and(|value| match value {
                Value::Object(agent) if key == "agent" => {
                    agent.contains_key("corpId") || agent.contains_key("corpSecret")
                }
                _ => true,
            });
            let used = self
                .entries
                .values()
                .any(|entry| !entry.own.contains_key(key));
            if set && !used {
                let here = Place::of("channels.wecom").key(key);
                findings.push(Finding::warning(
                    "top_credentials_unused",
                    here.clone(),
                    format!("`{key}` at the top level is used by no account"),
                    format!("move `{here}` into the account that it belongs to, or remove it"),
                ));
            }
        }
    }
}

fn check_enabled(
    drafts: &BTreeMap<AccountId, Draft>,
    shared: &Shared<'_>,
    findings: &mut Vec<Finding>,
) {
    let implicit = drafts
        .values()
        .any(|draft| draft.enabled && draft.has_credentials());
    if implicit && !shared.top.contains_key("enabled") {
        findings.push(Finding::warning(
            "enabled_implicit",
            Place::of("channels.wecom.enabled"),
            "`enabled` is not set; the channel is on because something is configured",
            "set `channels.wecom.enabled` to true or false",
        ));
    }
}

fn check_via_accounts(
    accounts: &BTreeMap<AccountId, Account>,
    drafts: &mut BTreeMap<AccountId, Draft>,
    shared: &Shared<'_>,
) {
    for account in accounts.values() {
        let Some(draft) = drafts.get_mut(&account.id) else {
            continue;
        };
        let here = draft.at("mcp.viaAccount", shared);
        let finding = account
            .mcp
            .via_account
            .as_ref()
            .and_then(|via| build::reports_known_account(via, accounts, &here));
        draft.findings.extend(finding);
    }
}

/// Accounts on their way out.
pub(super) struct Built {
    pub(super) accounts: BTreeMap<AccountId, Account>,
    pub(super) drafts: BTreeMap<AccountId, Draft>,
    pub(super) default_account: AccountId,
}

impl Built {
    /// Adds what bindings mean for each account.
    pub(super) fn check_bindings(&mut self, bindings: &[Binding], multi: bool) {
        for (id, draft) in &mut self.drafts {
            let finding = self
                .accounts
                .get(id)
                .and_then(|account| build::check_accounts(account, &draft.place, bindings, multi));
            draft.findings.extend(finding);
        }
    }

    /// Without `accounts` the channel itself is the account: an error there stops the
    /// program, unless part of the account still works.
    pub(super) fn is_fatal(&self, multi: bool) -> bool {
        !multi
            && self.accounts.values().any(|account| {
                let has_error = self.drafts.get(&account.id).is_some_and(|draft| {
                    draft.findings.iter().any(|finding| {
                        finding.severity == Severity::Error && finding.stops != Stops::Nothing
                    })
                });
                account.enabled && has_error && !account.is_configured()
            })
    }

    /// The accounts with their issues.
    pub(super) fn finish(mut self) -> BTreeMap<AccountId, Account> {
        for (id, draft) in self.drafts {
            if let Some(account) = self.accounts.get_mut(&id) {
                account.issues = into_issues(draft.findings);
            }
        }
        self.accounts
    }
}
