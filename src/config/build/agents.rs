//! Agents and their back ends.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::draft::non_empty;
use crate::config::Environment;
use crate::config::account::{DEFAULT_AGENT, normalise_agent_id};
use crate::config::effective::{AgentBackend, AgentEntry, AgentsSettings, Demo, Echo};
use crate::config::findings::{Finding, Stops};
use crate::config::place::Place;
use crate::config::schema::sections::{AgentEntryKeys, AgentsKeys, BackendKeys, BackendKind};

/// The effective agents.
pub(crate) fn agents(
    keys: &AgentsKeys,
    home: &Path,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> AgentsSettings {
    let here = Place::of("agents.defaults.backend");
    let default_backend = keys
        .defaults
        .backend
        .as_ref()
        .map(|keys| backend(keys, &here, env, findings))
        .unwrap_or_default();
    let workspace = non_empty(keys.defaults.workspace.as_ref())
        .map_or_else(|| home.join("workspace"), PathBuf::from);
    let mut list = Vec::with_capacity(keys.list.len());
    let mut seen = BTreeSet::new();
    for (index, entry) in keys.list.iter().enumerate() {
        let here = Place::of("agents.list").index(index).key("id");
        let Some(authored) = non_empty(entry.id.as_ref()) else {
            findings.push(Finding::error(
                "agent_id_missing_in_list",
                here.clone(),
                "an agent without `id`",
                format!("set `{here}`"),
            ));
            continue;
        };
        let id = normalise_agent_id(&authored);
        if !seen.insert(id.clone()) {
            findings.push(Finding::error(
                "agent_duplicate",
                here.clone(),
                format!("there is a second agent `{id}`"),
                format!("give `{here}` another id"),
            ));
            continue;
        }
        list.push(AgentEntry {
            id,
            name: non_empty(entry.name.as_ref()),
            backend: entry.backend.as_ref().map_or_else(
                || default_backend.clone(),
                |keys| {
                    let here = Place::of("agents.list").index(index).key("backend");
                    backend(keys, &here, env, findings)
                },
            ),
            workspace: non_empty(entry.workspace.as_ref()).map(PathBuf::from),
        });
    }
    if list.is_empty() {
        list.push(AgentEntry {
            id: DEFAULT_AGENT.to_owned(),
            name: None,
            backend: default_backend.clone(),
            workspace: None,
        });
    }
    AgentsSettings {
        default_agent: default_agent(&keys.list, &list, findings),
        list,
        default_backend,
        workspace,
    }
}

fn backend(
    keys: &BackendKeys,
    here: &Place,
    env: &Environment,
    findings: &mut Vec<Finding>,
) -> AgentBackend {
    let piece_delay = Duration::from_millis(keys.piece_delay_ms);
    match keys.kind {
        Some(BackendKind::Echo) | None => AgentBackend::Echo(Echo { piece_delay }),
        Some(BackendKind::Demo) => AgentBackend::Demo(Demo { piece_delay }),
        Some(BackendKind::Acp) => {
            AgentBackend::Acp(super::backend_acp::acp(keys, here, env, findings))
        }
        Some(BackendKind::OpenAi) => {
            let settings = super::backend_openai::openai(keys, here, env, findings);
            AgentBackend::OpenAi(Box::new(settings))
        }
        Some(BackendKind::OpenClaw) => super::backend_openclaw::openclaw(keys, here, findings),
    }
}

fn default_agent(
    keys: &[AgentEntryKeys],
    list: &[AgentEntry],
    findings: &mut Vec<Finding>,
) -> Option<String> {
    let here = Place::of("agents.list");
    let marked: Vec<String> = keys
        .iter()
        .filter(|entry| entry.default)
        .filter_map(|entry| entry.id.as_deref().map(normalise_agent_id))
        .collect();
    match (marked.as_slice(), list) {
        ([only], _) => Some(only.clone()),
        ([first, ..], _) => {
            findings.push(Finding::warning(
                "agent_default_ambiguous",
                here.clone(),
                format!("several agents are marked as default; `{first}` is taken"),
                format!("leave `default: true` at one entry of `{here}`"),
            ));
            Some(first.clone())
        }
        ([], [only]) => Some(only.id.clone()),
        ([], _) => {
            findings.push(
                Finding::error(
                    "agent_default_missing",
                    here.clone(),
                    "several agents and none marked as default: messages that no binding claims \
                     are refused",
                    format!("write `default: true` at one entry of `{here}`"),
                )
                .stopping(Stops::Nothing),
            );
            None
        }
    }
}
