//! The settings of OpenClaw's back end, and of the link's port.

use std::time::Duration;

use super::*;
use crate::secret::Secret;

fn backend(inside: &str) -> (AgentBackend, Vec<String>) {
    let env = environment(&[("TOKEN", "t-1")]);
    let text = format!(
        "{{ agents: {{ list: [{{ id: 'a', backend: {{ type: 'openclaw', {inside} }} }}] }} }}"
    );
    let loaded = look_in(&text, &env);
    (loaded.config.agents.list[0].backend.clone(), found(&loaded))
}

#[test]
fn the_plugin_is_the_way_unless_the_gateway_is_named() {
    let plugin = |agent: Option<&str>, wait| {
        AgentBackend::OpenClaw(OpenClawBackend::Plugin(OpenClawPlugin {
            agent: agent.map(str::to_owned),
            wait,
        }))
    };
    let none: Vec<String> = Vec::new();
    let default = plugin(None, Duration::from_secs(10));
    assert_eq!(backend(""), (default, none.clone()));
    let named = plugin(Some("ops"), Duration::from_millis(500));
    assert_eq!(backend("agent: 'Ops', waitMs: 500"), (named, none.clone()));
    let gateway = AgentBackend::OpenClaw(OpenClawBackend::Gateway(OpenClawGateway {
        url: "ws://127.0.0.1:18789".parse().unwrap(),
        token: Secret::new("t-1"),
        agent: None,
        wait: Duration::from_secs(10),
    }));
    let inside = "mode: 'gateway', url: 'ws://127.0.0.1:18789', token: { env: 'TOKEN' }";
    assert_eq!(backend(inside), (gateway, none));
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (inside, said) in [
        (
            "mode: 'telepathy'",
            vec!["Error enum_value agents.list[0].backend.mode"],
        ),
        (
            "mode: 'gateway', url: 'http://x', token: 't'",
            vec!["Error openclaw_url agents.list[0].backend.url"],
        ),
        (
            "mode: 'gateway', url: 'wss://x'",
            vec!["Error openclaw_token agents.list[0].backend.token"],
        ),
    ] {
        assert_eq!(backend(inside).1, said, "{inside}");
    }
}

#[test]
fn a_port_is_of_this_machine_and_has_a_token() {
    let link = |inside: &str| {
        let loaded = look_in(
            &format!("{{ openclaw: {{ {inside} }} }}"),
            &environment(&[]),
        );
        (loaded.config.openclaw.clone(), found(&loaded))
    };
    assert_eq!(link(""), (OpenClawLink::default(), Vec::new()));
    let (right, said) = link("listen: '127.0.0.1:19790', token: '0123456789abcdef'");
    assert_eq!(said, Vec::<String>::new());
    let port = right.listen.unwrap();
    assert_eq!(port.address.to_string(), "127.0.0.1:19790");
    for (inside, said) in [
        (
            "listen: '0.0.0.0:19790', token: '0123456789abcdef'",
            "Error openclaw_listen openclaw.listen",
        ),
        (
            "listen: '127.0.0.1:19790', token: 'short'",
            "Error openclaw_link_token openclaw.token",
        ),
    ] {
        assert_eq!(link(inside).1, [said], "{inside}");
    }
}
