use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::config::schema;
use crate::ids::{AccountId, ChatKind};

#[test]
fn agents() {
    let agents = |inside: &str| {
        let loaded = look(&format!("{{ agents: {{ {inside} }} }}"));
        (loaded.config.agents.clone(), found(&loaded))
    };
    let (none, said) = agents("");
    assert_eq!(
        (none.list.len(), none.default_agent.as_deref()),
        (1, Some("main"))
    );
    assert_eq!(
        none.workspace,
        PathBuf::from("/nonexistent/state/workspace")
    );
    assert_eq!(said, Vec::<String>::new());
    let (one, _) = agents(
        "list: [{ id: ' Desk 1 ', name: 'D', workspace: 'w', model: 'x', backend: { type: 'echo', pieceDelayMs: 20 } }], \
         defaults: { model: {}, workspace: '~/agents' }",
    );
    assert_eq!(one.default_agent.as_deref(), Some("desk-1"));
    assert_eq!(
        one.list,
        [AgentEntry {
            id: "desk-1".into(),
            name: Some("D".into()),
            backend: AgentBackend::Echo(Echo {
                piece_delay: Duration::from_millis(20)
            }),
            workspace: Some("/nonexistent/state/w".into()),
        }]
    );
    assert_eq!(one.workspace, PathBuf::from("/nonexistent/operator/agents"));
    let (inherited, _) = agents("list: [{ id: 'a' }], defaults: { backend: { pieceDelayMs: 7 } }");
    let delay = AgentBackend::Echo(Echo {
        piece_delay: Duration::from_millis(7),
    });
    assert_eq!(
        (&inherited.list[0].backend, &inherited.default_backend),
        (&delay, &delay)
    );
    for (inside, default, said) in [
        (
            "list: [{ id: 'a' }, { id: 'b', default: true }]",
            Some("b"),
            vec![],
        ),
        (
            "list: [{ id: 'a', default: true }, { id: 'b', default: true }]",
            Some("a"),
            vec!["Warning agent_default_ambiguous agents.list"],
        ),
        (
            "list: [{ id: 'a' }, { id: 'b' }]",
            None,
            vec!["Error agent_default_missing agents.list"],
        ),
        (
            "list: [{ id: 'a' }, { id: 'A' }]",
            Some("a"),
            vec!["Error agent_duplicate agents.list[1].id"],
        ),
        (
            "list: [{ id: 'a' }, {}]",
            Some("a"),
            vec!["Error agent_id_missing_in_list agents.list[1].id"],
        ),
        (
            "list: [{ id: 'a', backend: { type: 'openia' } }]",
            Some("a"),
            vec!["Error enum_value agents.list[0].backend.type"],
        ),
        (
            "list: [{ id: 'a', backend: { pieceDelayMs: 10001 } }]",
            Some("a"),
            vec!["Error out_of_range agents.list[0].backend.pieceDelayMs"],
        ),
    ] {
        let (settings, found) = agents(inside);
        assert_eq!(
            (settings.default_agent.as_deref(), found),
            (default, said.iter().map(ToString::to_string).collect()),
            "{inside}"
        );
    }
    assert!(!is_fatal(
        "{ agents: { list: [{ id: 'a' }, { id: 'b' }] } }"
    ));
}

#[test]
fn bindings() {
    let loaded = look(
        "{ agents: { list: [{ id: 'desk', default: true }] }, \
         channels: { wecom: { enabled: true, accounts: { hq: {}, plant: {} } } }, \
         bindings: [ \
         { agentId: 'Desk', match: { channel: 'WeCom', accountId: 'HQ', peer: { kind: 'dm', id: '*' } } }, \
         { agentId: 'x', match: { channel: 'telegram', peer: 5 } }, \
         { agentId: 'desk', match: { channel: 'qywx', accountId: '*', peer: { kind: 'group', id: 'wrabc' } }, session: { dmScope: 'per-peer' } }, \
         { agentId: 'nobody', match: { channel: 'wecom' } }, \
         { agentId: 'desk', match: { channel: 'wecom', guildId: 'g' } }, \
         { type: 'acp', agentId: 'desk', match: { channel: 'wecom' } }, \
         { match: { channel: 'wecom' } }, \
         { agentId: 'desk', match: { channel: 'wecom', accountId: 'hq', peer: { kind: 'group' } } }, \
         { agentId: 'desk', match: { channel: 'wecom', acountId: 'hq' } } ] }",
    );
    let bind = |agent: &str, account, peer| Binding {
        agent: agent.into(),
        known: agent == "desk",
        account,
        peer,
        dm_scope: None,
        group_scope: None,
    };
    let peer = |kind, id: Option<&str>| {
        Some(PeerMatch {
            kind,
            id: id.map(str::to_owned),
        })
    };
    let only = |id: &str| AccountMatch::Only(AccountId::new(id));
    assert_eq!(
        loaded.config.bindings,
        [
            bind("desk", only("hq"), peer(ChatKind::Direct, None)),
            Binding {
                dm_scope: Some(DmScope::PerPeer),
                ..bind(
                    "desk",
                    AccountMatch::Any,
                    peer(ChatKind::Group, Some("wrabc"))
                )
            },
            bind("nobody", only("default"), None),
            bind("desk", only("default"), None),
        ]
    );
    let said: Vec<String> = found(&loaded)
        .into_iter()
        .filter(|line| line.contains("bindings"))
        .collect();
    assert_eq!(
        said,
        [
            "Error binding_unknown_agent bindings[3].agentId",
            "Error binding_incomplete bindings[6].agentId",
            "Error binding_incomplete bindings[7].match.peer",
            "Warning binding_case bindings[2].match.peer.id",
            "Warning binding_unknown_account bindings[3].match.accountId",
            "Warning binding_never_matches bindings[4].match",
            "Warning binding_unknown_account bindings[8].match.accountId",
            "Warning unknown_key bindings[8].match.acountId",
        ]
    );
}

#[test]
fn accounts_without_a_binding() {
    let said = |top: &str, rest: &str| {
        let loaded = look(&format!(
            "{{ channels: {{ wecom: {{ enabled: true, {top} accounts: {{ hq: {{ botId: 'b', secret: 's' }}, off: {{ enabled: false, botId: 'c', secret: 's' }} }} }} }}, {rest} }}"
        ));
        found(&loaded)
            .into_iter()
            .filter(|line| {
                ["binding_", "default_route", "dynamic_"]
                    .iter()
                    .any(|code| line.contains(code))
            })
            .collect::<Vec<_>>()
    };
    let bound = "bindings: [{ agentId: 'main', match: { channel: 'wecom', accountId: 'hq' } }]";
    let missing = "Warning binding_missing channels.wecom.accounts.hq";
    assert_eq!(said("", ""), [missing]);
    assert_eq!(said("", bound), Vec::<String>::new());
    assert_eq!(
        said(
            "",
            "bindings: [{ agentId: 'main', match: { channel: 'wecom', accountId: '*' } }]"
        ),
        Vec::<String>::new()
    );
    let peer = |peer: &str| {
        format!(
            "bindings: [{{ agentId: 'main', match: {{ channel: 'wecom', accountId: 'hq', peer: {peer} }} }}]"
        )
    };
    for one in [
        "{ kind: 'direct', id: 'boss' }",
        "{ kind: 'group', id: '*' }",
    ] {
        assert_eq!(said("", &peer(one)), [missing], "{one} leaves others out");
    }
    assert_eq!(
        said("dynamicAgents: { enabled: true },", ""),
        Vec::<String>::new()
    );
    assert_eq!(
        said("dynamicAgents: { enabled: true },", bound),
        ["Info dynamic_overridden channels.wecom.accounts.hq.dynamicAgents"]
    );
    assert_eq!(
        said("routing: { failClosedOnDefaultRoute: false },", ""),
        ["Warning default_route_open channels.wecom.accounts.hq.routing.failClosedOnDefaultRoute"]
    );
    let alone = channel("botId: 'b', secret: 's'");
    assert_eq!(places(&alone, "binding_missing"), Vec::<String>::new());
}

#[test]
fn session() {
    let session = |inside: &str| {
        let loaded = look(&format!("{{ session: {{ {inside} }} }}"));
        (loaded.config.session.clone(), found(&loaded))
    };
    let (none, said) = session("");
    assert_eq!(none, SessionSettings::default());
    assert_eq!(none.dm_scope, DmScope::PerAccountChannelPeer);
    assert_eq!(said, Vec::<String>::new());
    let idle = |minutes: u64| ResetRule::Idle {
        after: Duration::from_secs(minutes * 60),
    };
    let (full, said) = session(
        "dmScope: 'main', groupScope: 'main', mainKey: 'one', identityLinks: { zs: ['wecom:zhangsan'] }, \
         reset: { mode: 'daily' }, resetByType: { dm: { idleMinutes: 5 }, group: { mode: 'none', atHour: 3 } }, \
         resetByChannel: { wecom: { atHour: 6 }, telegram: { atHour: 7 } }, store: 'x'",
    );
    assert_eq!(
        full,
        SessionSettings {
            dm_scope: DmScope::Main,
            group_scope: GroupScope::Main,
            main_key: Some("one".into()),
            identity_links: [("zs".into(), vec!["wecom:zhangsan".into()])].into(),
            reset: ResetRule::Daily { at_hour: 4 },
            reset_direct: Some(idle(5)),
            reset_group: Some(ResetRule::Never),
            reset_channel: Some(ResetRule::Daily { at_hour: 6 }),
        }
    );
    assert_eq!(said, ["Warning retired_key session.resetByType.dm"]);
    let (retired, said) = session("idleMinutes: 30");
    assert_eq!(retired.reset, idle(30));
    assert_eq!(said, ["Warning retired_key session.idleMinutes"]);
}

#[test]
fn one_conversation_for_several_people() {
    let warned = |policy: &str| {
        let loaded = look(&format!(
            "{{ session: {{ dmScope: 'main' }}, channels: {{ wecom: {{ enabled: true, botId: 'b', secret: 's', {policy} }} }} }}"
        ));
        !places(&loaded, "dm_scope_main").is_empty()
    };
    for (policy, warns) in [
        ("dmPolicy: 'open'", true),
        ("dmPolicy: 'pairing'", true),
        ("dmPolicy: 'disabled'", false),
        ("dmPolicy: 'allowlist', allowFrom: ['a']", false),
        ("dmPolicy: 'allowlist', allowFrom: ['*']", true),
        ("dmPolicy: 'allowlist', allowFrom: ['a', 'b']", true),
    ] {
        assert_eq!(warned(policy), warns, "{policy}");
    }
}

#[test]
fn commands() {
    let commands = |inside: &str| {
        let loaded = look(&format!("{{ commands: {{ {inside} }} }}"));
        (loaded.config.commands.clone(), found(&loaded))
    };
    assert_eq!(
        commands("native: 'auto'"),
        (CommandsSettings::default(), vec![])
    );
    let (settings, said) = commands(
        "text: false, config: true, useAccessGroups: false, ownerAllowFrom: ['wecom:a', 'b', '*', 'accessGroup:x'], \
         allowFrom: { '*': ['c'], wecom: [] }",
    );
    assert_eq!(
        settings,
        CommandsSettings {
            text: false,
            restart: true,
            config: true,
            owner_allow_from: vec![
                "wecom:a".into(),
                "b".into(),
                "*".into(),
                "accessGroup:x".into()
            ],
            allow_from: Some(Vec::new()),
            use_access_groups: false,
        }
    );
    assert_eq!(
        said,
        [
            "Error access_group_unknown commands.ownerAllowFrom[3]",
            "Warning owner_bare commands.ownerAllowFrom[1]",
            "Warning owner_everybody commands.ownerAllowFrom[2]",
            "Warning access_groups_off commands.useAccessGroups",
        ]
    );
    assert_eq!(
        commands("allowFrom: { '*': ['c'] }").0.allow_from,
        Some(vec!["c".into()])
    );
}

#[test]
fn gateway() {
    let gateway = |inside: &str| {
        let loaded = look(&format!("{{ gateway: {{ {inside} }} }}"));
        (loaded.config.gateway.clone(), found(&loaded))
    };
    let (none, said) = gateway("mode: 'local'");
    assert_eq!(none, GatewaySettings::default());
    assert_eq!((none.port, said), (19_789, vec![]));
    let (open, said) = gateway("bind: 'lan', port: 0, reload: { mode: 'off', debounceMs: 5 }");
    assert_eq!(
        (open.bind, open.port, open.reload),
        ("0.0.0.0".parse::<IpAddr>().unwrap(), 0, false)
    );
    assert_eq!(
        said,
        [
            "Warning gateway_auth_missing gateway.auth.token",
            "Info retired_key gateway.reload.debounceMs",
        ]
    );
    let (guarded, said) = gateway(
        "bind: '192.0.2.7', auth: { token: 't' }, publicOrigin: 'https://bot.example', \
         trustedProxies: ['10.0.0.0/8', 'x'], reload: { mode: 'hot' }",
    );
    assert_eq!(guarded.bind, "192.0.2.7".parse::<IpAddr>().unwrap());
    assert!(guarded.reload && guarded.trusted_proxies.len() == 1);
    assert_eq!(guarded.auth.token, Some("t".into()));
    assert_eq!(
        said,
        [
            "Warning ip_range gateway.trustedProxies[1]",
            "Info retired_key gateway.reload.mode"
        ]
    );
    let (_, said) =
        gateway("bind: 'tailnet', publicOrigin: 'bot.example', auth: { token: '${NONE}' }");
    assert_eq!(
        said,
        [
            "Error secret_unresolved gateway.auth.token",
            "Error enum_value gateway.bind",
            "Error url_invalid gateway.publicOrigin",
        ]
    );
}

#[test]
fn cron() {
    let cron = |inside: &str, variables: &[(&str, &str)]| {
        let text = format!("{{ cron: {{ {inside} }} }}");
        let loaded = look_in(&text, &environment(variables));
        (loaded.config.cron.clone(), found(&loaded))
    };
    let (none, _) = cron("", &[]);
    assert!(none.enabled && none.failure_alert.is_none());
    assert_eq!(
        none.store,
        PathBuf::from("/nonexistent/state/cron/jobs.json")
    );
    assert_eq!(
        (none.max_concurrent_runs, none.max_jobs_per_creator),
        (8, 50)
    );
    assert_eq!(none.session_retention, Some(Duration::from_hours(24)));
    assert_eq!(none.retry.backoff, [30, 60, 300].map(Duration::from_secs));
    assert_eq!(none.retry.retry_on, FailureClass::ALL);
    assert_eq!(none.min_interval, Duration::from_mins(1));
    assert!(!cron("", &[("WECOM_SKIP_CRON", "1")]).0.enabled);
    let (full, said) = cron(
        "sessionRetention: false, minIntervalMs: '2m', startupAgentDelayMs: 5, chatTargets: 'owners', \
         defaultTimeZone: 'Asia/Shanghai', retry: { retryOn: ['network'], backoffMs: ['10s', 500] }, \
         failureAlert: { enabled: true, after: 3, cooldownMs: '1h' }, \
         failureDestination: { to: 'user:a', accountId: 'HQ' }, webhook: 'https://h.example', \
         webhookToken: 'wt', webhookSsrfPolicy: { allowedHosts: ['h'], x: 1 }",
        &[],
    );
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(full.session_retention, None);
    assert_eq!(full.min_interval, Duration::from_mins(2));
    assert_eq!(
        full.retry.backoff,
        [Duration::from_secs(10), Duration::from_millis(500)]
    );
    assert_eq!(full.retry.retry_on, [FailureClass::Network]);
    assert_eq!(
        full.failure_alert,
        Some(FailureAlert {
            after: 3,
            cooldown: Duration::from_hours(1),
            include_skipped: false,
            mode: AlertMode::Announce,
            to: Some("user:a".into()),
            account: Some("hq".into()),
        })
    );
    let (_, said) = cron(
        "maxConcurrentRuns: 65, sessionRetention: true, minIntervalMs: 'soon', defaultTimeZone: '+08:00', triggers: {}, nothing: 1",
        &[],
    );
    assert_eq!(
        said,
        [
            "Error time_zone cron.defaultTimeZone",
            "Error out_of_range cron.maxConcurrentRuns",
            "Error type_mismatch cron.minIntervalMs",
            "Error type_mismatch cron.sessionRetention",
            "Warning unknown_key cron.nothing",
            "Warning not_supported cron.triggers",
        ]
    );
}

#[test]
fn who_may_aim_jobs_anywhere() {
    let warned = |inside: &str| {
        let loaded = look(&format!(
            "{{ channels: {{ wecom: {{ enabled: true, botId: 'b', secret: 's', dmPolicy: 'open' }} }}, {inside} }}"
        ));
        !places(&loaded, "cron_targets_open").is_empty()
    };
    for (inside, warns) in [
        ("", true),
        ("cron: { chatTargets: 'any' }", true),
        ("cron: { chatTargets: 'own' }", false),
        ("cron: { enabled: false }", false),
        ("commands: { ownerAllowFrom: ['wecom:a'] }", false),
    ] {
        assert_eq!(warned(inside), warns, "{inside}");
    }
}

#[test]
fn the_mcp_server() {
    let loaded = channel(
        "mcp: { http: { public: true, allowedOrigins: ['https://x.example'] }, expand: ['todo'], skillTool: false, \
         clients: [{ id: 'laptop', token: 't', account: 'HQ', user: 'zhangsan', readOnly: true, \
         methods: { deny: ['*_delete'] } }, { token: 't' }, { id: 'x' }, { id: 'y', token: { env: 'NONE' } }] }",
    );
    let server = &loaded.config.mcp_server;
    assert!(server.public && !server.skill_tool);
    assert_eq!(server.expand, ["todo"]);
    let client = &server.clients[0];
    assert_eq!(server.clients.len(), 1);
    assert_eq!(
        (client.account.clone(), client.user.clone()),
        (Some("hq".into()), Some("zhangsan".into()))
    );
    assert!(client.read_only && client.calls_per_minute == 120);
    assert_eq!(
        places(&loaded, "mcp_client"),
        [
            "channels.wecom.mcp.clients[1].id",
            "channels.wecom.mcp.clients[2].token"
        ]
    );
    let open = channel("mcp: { http: { public: true, auth: 'none' } }");
    assert_eq!(
        places(&open, "mcp_auth_public"),
        ["channels.wecom.mcp.http.auth"]
    );
}

#[test]
fn the_file_of_the_host_program_is_read_as_it_is() {
    let loaded = look(
        "{ $schema: 'x', meta: { lastTouchedVersion: '2026.9.6' }, gateway: { mode: 'local', port: 18789, auth: { mode: 'token', token: 't' } }, \
         agents: { defaults: { model: { primary: 'm' }, mediaMaxMb: 20 }, list: [{ id: 'main', tools: {} }] }, \
         plugins: { entries: {} }, tools: { profile: 'x' }, messages: {}, mcp: { servers: {} }, \
         channels: { telegram: { botToken: '${UNSET}' }, wecom: { enabled: true, botId: 'b', secret: 's', dmPolicy: 'open', allowFrom: ['*'], groupPolicy: 'open' } } }",
    );
    let said: Vec<String> = found(&loaded)
        .into_iter()
        .filter(|line| !line.starts_with("Info"))
        .collect();
    assert_eq!(said, ["Warning cron_targets_open cron.chatTargets"]);
    assert_eq!(loaded.config.gateway.port, 18_789);
    let shown = schema::mask(&serde_json::json!({ "gateway": { "auth": { "token": "t" } } }));
    assert_eq!(shown["gateway"]["auth"]["token"], schema::MASK);
}

#[test]
fn a_configuration_can_be_filled_in_by_hand() {
    let home = Path::new("/nonexistent/state");
    assert_eq!(Config::unconfigured(home), look("{}").config);
    let account = Account::unconfigured("hq".into(), home);
    assert!(account.enabled && !account.is_configured());
    assert_eq!(account.issues, []);
    assert_eq!(account.media.temp_dir, home.join("media"));
    assert!(!account.fail_closed_on_default_route);
}
