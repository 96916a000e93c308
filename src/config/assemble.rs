//! All sections of a file put together into a [`Config`].

mod accounts;
mod origins;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::build;
use super::effective::{Config, Severity};
use super::environment::Environment;
use super::findings::{Finding, Stops, into_issues};
use super::include::Included;
use super::location::Location;
use super::place::Place;
use super::reader::{Null, Reader};
use super::schema::Node;
use super::schema::sections::{
    AccessGroupKeys, AgentsKeys, BindingKeys, ChannelDefaultsKeys, CommandsKeys, GatewayKeys,
    ProviderKeys, SessionKeys,
};
use super::secret_ref::Secrets;
use super::sources::EffectiveKey;
use super::unknown;
use super::variables::Variables;
use crate::ids::AccountId;
use accounts::Channel;

/// A configuration with what else was learnt on the way.
pub(super) struct Assembled {
    pub(super) config: Config,
    pub(super) secret_files: Vec<PathBuf>,
    pub(super) origins: BTreeMap<AccountId, Vec<EffectiveKey>>,
    /// Whether the program must not start with it.
    pub(super) fatal: bool,
}

/// Understands every section, collecting all findings.
pub(super) fn assemble(
    included: &Included,
    variables: &Variables<'_>,
    location: &Location,
    env: &Environment,
    findings: Vec<Finding>,
) -> Assembled {
    let mut sections = Sections {
        root: &included.root,
        reader: Reader {
            variables,
            secrets: Secrets::new(variables, env),
            env,
            included,
            directory: location.directory(),
            findings,
            from_environment: std::collections::BTreeSet::new(),
            literal_secrets: Vec::new(),
        },
    };
    sections.check_names();
    let providers: BTreeMap<String, ProviderKeys> = sections.read("secrets.providers");
    sections.reader.secrets.declare(providers);
    let agent_keys: AgentsKeys = sections.read("agents");
    let session_keys: SessionKeys = sections.read("session");
    let command_keys: CommandsKeys = sections.read("commands");
    let group_keys: BTreeMap<String, AccessGroupKeys> = sections.read("accessGroups");
    let gateway_keys: GatewayKeys = sections.read("gateway");
    let cron_keys = sections.read("cron");
    let openclaw_keys = sections.read("openclaw");
    let defaults: ChannelDefaultsKeys = sections.read("channels.defaults");
    let binding_keys = sections.bindings();
    let channel = Channel::read(&mut sections);
    let Reader {
        mut findings,
        from_environment,
        literal_secrets,
        secrets,
        ..
    } = sections.reader;
    warn_of_open_files(&literal_secrets, included, &location.path, &mut findings);

    let groups = build::access_groups(group_keys, &mut findings);
    let agents = build::agents(&agent_keys, &location.home, env, &mut findings);
    let shared = build::Shared {
        home: &location.home,
        env,
        multi: channel.multi,
        top: &channel.top,
        group_policy: defaults.group_policy,
        access_groups: &groups,
        host_media_mb: agent_keys.defaults.media_max_mb,
    };
    let mut built = channel.build(&shared, &mut findings);
    let commands = build::commands(&command_keys, &groups, &mut findings);
    let cron = build::cron(&cron_keys, &location.home, env, &mut findings);
    findings.extend(build::check_targets(&cron, &commands, &built.accounts));
    findings.extend(build::check_main_scope(&session_keys, &built.accounts));
    let bindings = build::bindings(&binding_keys, &agents, &built.accounts, &mut findings);
    built.check_bindings(&bindings, channel.multi);
    let origins = origins::of_accounts(&built.drafts, &shared, &from_environment);
    let mcp_server = build::mcp_server(&channel.server_keys(), &mut findings);
    let gateway = build::gateway(&gateway_keys, &mut findings);
    let openclaw = build::openclaw_link(&openclaw_keys, &mut findings);
    let session = build::session(&session_keys, &mut findings);

    let fatal = built.is_fatal(channel.multi)
        || findings
            .iter()
            .any(|finding| finding.severity == Severity::Error && finding.stops != Stops::Nothing);
    let config = Config {
        home: location.home.clone(),
        path: location.path.clone(),
        default_account: built.default_account.clone(),
        multi_account: channel.multi,
        gateway,
        agents,
        bindings,
        session,
        commands,
        cron,
        openclaw,
        mcp_server,
        issues: into_issues(findings),
        accounts: built.finish(),
    };
    Assembled {
        config,
        secret_files: secrets.files.into_iter().collect(),
        origins,
        fatal,
    }
}

/// The configuration of an empty file.
pub(super) fn unconfigured(home: &Path) -> Config {
    let location = Location {
        home: home.to_path_buf(),
        path: home.join("wecom.json"),
        read_only: false,
    };
    let env = Environment::default();
    let variables = Variables::new(&env, BTreeMap::new(), BTreeMap::new());
    assemble(
        &Included::nothing(),
        &variables,
        &location,
        &env,
        Vec::new(),
    )
    .config
}

/// The root of the file and what reads its sections.
struct Sections<'r> {
    root: &'r Map<String, Value>,
    reader: Reader<'r>,
}

impl Sections<'_> {
    /// Unknown names at the root and under `channels`.
    fn check_names(&mut self) {
        let file = Node::file();
        for (place, node) in [
            (Place::root(), Some(file)),
            (Place::of("channels"), file.child("channels")),
        ] {
            let members = if place == Place::root() {
                Some(self.root)
            } else {
                self.root.get("channels").and_then(Value::as_object)
            };
            for key in members.into_iter().flat_map(Map::keys) {
                let Some(node) = node.filter(|node| node.child(key).is_none()) else {
                    continue;
                };
                self.reader
                    .findings
                    .extend(unknown::finding(node, &place, key));
            }
        }
        self.check_channel_names();
        if self
            .root
            .get("channels")
            .is_some_and(|channels| !channels.is_object())
        {
            self.reader.findings.push(Finding::error(
                "type_mismatch",
                Place::of("channels"),
                "must be an object",
                "write channels: { wecom: { … } }",
            ));
        }
    }

    /// Older names of this channel.
    fn check_channel_names(&mut self) {
        let channels = self.root.get("channels").and_then(Value::as_object);
        for name in channels.into_iter().flat_map(Map::keys) {
            if name != "wecom" && build::is_this_channel(name) {
                let here = Place::of("channels").key(name);
                self.reader.findings.push(Finding::warning(
                    "foreign_key",
                    here.clone(),
                    format!("`{name}` is another name of this channel, and is not read"),
                    format!("rename `{here}` to channels.wecom"),
                ));
            }
        }
    }

    /// Reads one section; what is absent or unusable has its default.
    fn read<T: DeserializeOwned + Default>(&mut self, dotted: &str) -> T {
        let place = Place::of(dotted);
        let keys: Vec<&str> = dotted.split('.').collect();
        let (Some(value), Some(node)) = (place.find_in(self.root), Node::file().at(&keys)) else {
            return T::default();
        };
        match self.reader.read(value, node, &place, Null::Dropped) {
            Some(value) => self.understand(value, &place),
            None => T::default(),
        }
    }

    fn understand<T: DeserializeOwned + Default>(&mut self, value: Value, place: &Place) -> T {
        serde_json::from_value(value).unwrap_or_else(|error| {
            self.reader.findings.push(Finding::error(
                "type_mismatch",
                place.clone(),
                format!("cannot be understood: {error}"),
                format!("check `{place}`"),
            ));
            T::default()
        })
    }

    /// The bindings that concern this channel, each with its position. Those of other
    /// channels are not looked into.
    fn bindings(&mut self) -> Vec<(usize, BindingKeys)> {
        let place = Place::of("bindings");
        let elements = match self.root.get("bindings") {
            Some(Value::Array(elements)) => elements,
            None | Some(Value::Null) => return Vec::new(),
            Some(_) => {
                self.reader.findings.push(Finding::error(
                    "type_mismatch",
                    place.clone(),
                    "must be a list",
                    "write bindings: [ … ]",
                ));
                return Vec::new();
            }
        };
        let mut bindings = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let here = place.index(index);
            let channel = element.pointer("/match/channel");
            if !channel
                .and_then(Value::as_str)
                .is_none_or(build::is_this_channel)
            {
                continue;
            }
            if channel.is_none() && element.is_object() {
                self.reader.findings.push(Finding::warning(
                    "binding_incomplete",
                    here.key("match").key("channel"),
                    "a binding without a channel is not read",
                    format!("set `{}` to \"wecom\"", here.key("match").key("channel")),
                ));
                continue;
            }
            let Some(node) = Node::file().at(&["bindings", "0"]) else {
                continue;
            };
            if let Some(value) = self.reader.read(element, node, &here, Null::Dropped) {
                let keys = self.understand(value, &here);
                bindings.push((index, keys));
            }
        }
        bindings
    }
}

/// Warns once for each file with literal secrets that others may use.
fn warn_of_open_files(
    secrets: &[Place],
    included: &Included,
    main: &Path,
    findings: &mut Vec<Finding>,
) {
    for file in &included.open_files {
        let place = secrets
            .iter()
            .find(|place| included.file(place).unwrap_or(main) == file.as_path());
        if let Some(place) = place {
            findings.push(Finding::warning(
                "secret_literal_world_readable",
                place.clone(),
                format!(
                    "{} holds a secret, and group or others may read or write it",
                    file.display()
                ),
                format!(
                    "chmod 600 {}, or use a reference at `{place}`",
                    file.display()
                ),
            ));
        }
    }
}
