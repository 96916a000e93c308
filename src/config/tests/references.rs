use super::*;
use crate::config::Origin;
use crate::ids::AccountId;

fn secret(value: &str, variables: &[(&str, &str)]) -> (Option<String>, Vec<String>) {
    let text = format!(
        "{{ env: {{ vars: {{ FROM_FILE: 'f', SHADOWED: 'f' }} }}, channels: {{ wecom: {{ enabled: true, \
         dmPolicy: 'pairing', groupPolicy: 'disabled', botId: 'b', secret: {value} }} }} }}"
    );
    let loaded = look_in(&text, &environment(variables));
    let secret = account(&loaded, "default")
        .bot_socket
        .map(|bot| bot.secret.reveal().to_owned());
    (secret, found(&loaded))
}

#[test]
fn a_secret_from_everywhere() {
    let variables = [
        ("A", "one"),
        ("B", "two"),
        ("BLANKS", " x\n"),
        ("SHADOWED", "p"),
        ("NESTED", "${A}"),
    ];
    let nothing: Vec<String> = Vec::new();
    for (value, expected) in [
        ("'plain'", "plain"),
        ("'${A}'", "one"),
        ("'$A'", "one"),
        ("'${A}-${B}'", "one-two"),
        ("'${FROM_FILE}'", "f"),
        ("'${SHADOWED}'", "p"),
        ("'${NESTED}'", "${A}"),
        ("{ env: 'A' }", "one"),
        ("{ source: 'env', provider: 'default', id: 'A' }", "one"),
        ("'$${A}'", "${A}"),
        ("'${lower}'", "${lower}"),
    ] {
        assert_eq!(
            secret(value, &variables),
            (Some(expected.into()), nothing.clone()),
            "{value}"
        );
    }
    assert_eq!(
        secret("'${BLANKS}'", &variables),
        (
            Some("x".into()),
            vec!["Warning secret_trimmed channels.wecom.secret".into()]
        )
    );
}

#[test]
fn what_does_not_resolve_stops_the_account_without_showing_anything() {
    for value in [
        "'${NONE}'",
        "'${EMPTY}'",
        "'$NONE'",
        "'x${NONE}'",
        "{ env: 'NONE' }",
        "{ file: '/nonexistent/secret' }",
        "{ source: 'store', provider: 'default', id: 'x' }",
        "{ source: 'exec', provider: 'vault', id: 'x' }",
        "{}",
    ] {
        let (secret, said) = secret(value, &[("EMPTY", "")]);
        assert_eq!(secret, None, "{value}");
        assert_eq!(
            said,
            ["Error secret_unresolved channels.wecom.secret"],
            "{value}"
        );
    }
}

#[test]
fn a_mask_is_no_secret() {
    for mask in ["'__REDACTED__'", "'__OPENCLAW_REDACTED__'"] {
        let (secret, said) = secret(mask, &[]);
        assert_eq!(
            (secret, said),
            (
                None,
                vec!["Error secret_masked channels.wecom.secret".into()]
            )
        );
    }
}

#[test]
fn variables_stand_in_any_text_and_number() {
    let env = environment(&[
        ("N", "2500"),
        ("ON", "false"),
        ("P", "pairing"),
        ("WHO", "li"),
        ("T", "zh"),
    ]);
    let text = "{ channels: { wecom: { enabled: true, name: '${T}-1', textChunkLimit: '${N}', \
                sendThinkingMessage: '${ON}', dmPolicy: '${P}', allowFrom: ['${WHO}'] } } }";
    let loaded = look_in(text, &env);
    let account = account(&loaded, "default");
    assert_eq!(
        (account.name.as_str(), account.text_chunk_limit),
        ("zh-1", 2_500)
    );
    assert!(!account.send_thinking_message);
    assert_eq!(account.access.dm_policy, DmPolicy::Pairing);
    assert_eq!(account.access.allow_from, ["li"]);
    assert_eq!(places(&loaded, "type_mismatch"), Vec::<String>::new());
}

#[test]
fn an_unresolved_reference_concerns_those_who_inherit_it() {
    let text = "{ channels: { wecom: { enabled: true, network: { egressProxyUrl: '${NONE}' }, accounts: { \
                a: { botId: 'a', secret: 's' }, \
                b: { botId: 'b', secret: 's', network: { egressProxyUrl: 'direct' } } } } } }";
    let loaded = load_text(text, &nowhere(), &environment(&[])).unwrap();
    assert!(account(&loaded, "a").bot_socket.is_none());
    assert!(account(&loaded, "b").bot_socket.is_some());
    assert_eq!(
        places(&loaded, "secret_unresolved"),
        ["channels.wecom.network.egressProxyUrl"]
    );
    assert!(
        account(&loaded, "b")
            .issues
            .iter()
            .all(|issue| issue.code != "secret_unresolved")
    );
}

#[test]
fn origins() {
    let env = environment(&[("S", "from-env")]);
    let text = "{ channels: { wecom: { enabled: true, secret: '${S}', network: { retries: 3 }, accounts: { \
                hq: { botId: 'b', network: { timeoutMs: 5000 }, groups: { wrA: {} } } } } } }";
    let loaded = look_in(text, &env);
    let keys = loaded.sources.effective(&AccountId::new("hq"));
    let of = |path: &str| {
        let key = keys.iter().find(|key| key.path == path).unwrap();
        (key.value.clone(), key.origin)
    };
    assert_eq!(of("secret"), ("__REDACTED__".into(), Origin::Env));
    assert_eq!(of("botId"), ("b".into(), Origin::Account));
    assert_eq!(of("network.timeoutMs"), (5_000.into(), Origin::Account));
    assert_eq!(of("network.retries"), (3.into(), Origin::Top));
    assert_eq!(of("network.retryDelayMs"), (1_000.into(), Origin::Default));
    assert_eq!(
        of("groups"),
        (serde_json::json!({ "wrA": {} }), Origin::Account)
    );
    assert!(keys.is_sorted_by(|a, b| a.path < b.path));
    let whole = serde_json::to_string(keys).unwrap();
    assert!(!whole.contains("from-env"));
    assert_eq!(loaded.sources.effective(&AccountId::new("none")), &[]);
}

#[test]
fn mcp_servers_as_pasted() {
    let account = single(
        "mcp: { viaAccount: 'default', servers: { \
         doc: 'https://h.example/mcp?apikey=1', \
         todo: { mcpServers: { 'wecom-todo': { type: 'streamable-http', url: 'https://h.example/2' } } }, \
         msg: { url: { env: 'NONE' } }, \
         odd: { url: 'http://h.example/3' }, \
         none: {}, \
         contact: { url: 'http://127.0.0.1:1/x', headers: { 'X-Key': 'k' } } } }",
    );
    let servers: Vec<(&str, &str)> = account
        .mcp
        .servers
        .iter()
        .map(|(name, server)| (name.as_str(), server.url.reveal()))
        .collect();
    assert_eq!(
        servers,
        [
            ("contact", "http://127.0.0.1:1/x"),
            ("doc", "https://h.example/mcp?apikey=1"),
            ("todo", "https://h.example/2"),
        ]
    );
    let said: Vec<(&str, &str)> = account
        .issues
        .iter()
        .filter(|issue| issue.severity == Severity::Error)
        .map(|issue| (issue.code, issue.path.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("secret_unresolved", "channels.wecom.mcp.servers.msg.url"),
            ("mcp_server_url", "channels.wecom.mcp.servers.none.url"),
            ("url_invalid", "channels.wecom.mcp.servers.odd.url"),
        ]
    );
}
