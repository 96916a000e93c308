//! The settings of programs that speak the Agent Client Protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::secret::Secret;

fn backend(inside: &str) -> (AgentBackend, Vec<String>) {
    let env = environment(&[("PATH", "/bin"), ("WECOM_SECRET", "canary"), ("KEY", "k-1")]);
    let text =
        format!("{{ agents: {{ list: [{{ id: 'a', backend: {{ type: 'acp', {inside} }} }}] }} }}");
    let loaded = look_in(&text, &env);
    (loaded.config.agents.list[0].backend.clone(), found(&loaded))
}

#[test]
fn what_is_left_out_has_a_default() {
    let (settings, said) = backend("command: 'gemini'");
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(
        settings,
        AgentBackend::Acp(AcpBackend {
            command: "gemini".into(),
            args: Vec::new(),
            surroundings: BTreeMap::from([("PATH".into(), "/bin".into())]),
            env: BTreeMap::new(),
            cwd: None,
            permissions: AcpPermissions::Ask,
            permission_timeout: Duration::from_mins(10),
            start_timeout: Duration::from_mins(1),
            idle: Duration::from_mins(30),
            mcp: true,
        })
    );
}

#[test]
fn everything_can_be_set() {
    let (settings, said) = backend(
        "command: 'npx', args: ['-y', 'agent'], env: { API_KEY: { env: 'KEY' } }, cwd: '~/work', \
         permissions: 'deny', permissionTimeoutMs: 5000, startTimeoutMs: 2000, idleMinutes: 5, \
         mcp: false",
    );
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(
        settings,
        AgentBackend::Acp(AcpBackend {
            command: "npx".into(),
            args: vec!["-y".into(), "agent".into()],
            surroundings: BTreeMap::from([("PATH".into(), "/bin".into())]),
            env: BTreeMap::from([("API_KEY".into(), Secret::new("k-1"))]),
            cwd: Some("/nonexistent/operator/work".into()),
            permissions: AcpPermissions::Deny,
            permission_timeout: Duration::from_secs(5),
            start_timeout: Duration::from_secs(2),
            idle: Duration::from_mins(5),
            mcp: false,
        })
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (inside, said) in [
        (
            "",
            "Error acp_command_missing agents.list[0].backend.command",
        ),
        (
            "command: 'a', permissions: 'maybe'",
            "Error enum_value agents.list[0].backend.permissions",
        ),
        (
            "command: 'a', idleMinutes: 0",
            "Error out_of_range agents.list[0].backend.idleMinutes",
        ),
        (
            "command: 'a', env: { 'A=B': 'x' }",
            "Error acp_env_name agents.list[0].backend.env",
        ),
    ] {
        assert_eq!(backend(inside).1, [said], "{inside}");
    }
    assert!(is_fatal(
        "{ agents: { list: [{ id: 'a', backend: { type: 'acp' } }] } }"
    ));
}
