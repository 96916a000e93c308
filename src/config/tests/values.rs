use proptest::prelude::*;

use super::*;

/// Severity, code and path below the channel of what is said about the given keys.
fn said(inside: &str) -> Vec<String> {
    found(&channel(&format!(
        "dmPolicy: 'pairing', groupPolicy: 'disabled', {inside}"
    )))
    .into_iter()
    .map(|line| {
        line.replace("channels.wecom.", "")
            .replace(" channels.wecom", "")
    })
    .filter(|line| !line.contains("not_configured"))
    .collect()
}

#[test]
fn what_is_meant_is_taken_with_a_warning() {
    for (inside, expected) in [
        (
            "sendThinkingMessage: 'false'",
            "Warning type_mismatch sendThinkingMessage",
        ),
        (
            "textChunkLimit: '500'",
            "Warning type_mismatch textChunkLimit",
        ),
        (
            "markdown: { tables: 'Bullets' }",
            "Warning enum_value markdown.tables",
        ),
        ("allowFrom: 'a'", "Warning type_mismatch allowFrom"),
        ("name: 12345", "Warning string_from_number name"),
        (
            "botId: 12345, secret: 's'",
            "Warning string_from_number botId",
        ),
        ("name: null", "Warning null_value name"),
        (
            "groups: { g: { allowFrom: null } }",
            "Warning null_value groups.g.allowFrom",
        ),
    ] {
        assert_eq!(said(inside), [expected], "{inside}");
    }
    let account = single(
        "textChunkLimit: '500', sendThinkingMessage: 'false', allowFrom: [' a ', '', 1001], name: 12345",
    );
    assert_eq!(account.text_chunk_limit, 500);
    assert!(!account.send_thinking_message);
    assert_eq!(account.access.allow_from, ["a", "1001"]);
    assert_eq!(account.name, "12345");
}

#[test]
fn what_cannot_be_meant_is_an_error_and_all_of_it_is_reported() {
    let loaded = channel(
        "sendThinkingMessage: 'yes', textChunkLimit: 1.5, turnTimeoutMs: true, name: ['x'], \
         allowFrom: { a: 1 }, groups: [], network: 'x', dmPolicy: 5, groupPolicy: 'all', \
         media: { maxBytes: 0, retentionHours: -1 }, groupAllowFrom: ['a', false], \
         websocket: { heartbeatMs: 4999 }, debounceMs: 10001, botId: true",
    );
    let errors: Vec<String> = found(&loaded)
        .into_iter()
        .filter_map(|line| {
            line.strip_prefix("Error ")
                .map(|line| line.replace("channels.wecom.", ""))
        })
        .collect();
    assert_eq!(
        errors,
        [
            "type_mismatch allowFrom",
            "type_mismatch botId",
            "out_of_range debounceMs",
            "type_mismatch dmPolicy",
            "type_mismatch groupAllowFrom[1]",
            "enum_value groupPolicy",
            "type_mismatch groups",
            "out_of_range media.maxBytes",
            "out_of_range media.retentionHours",
            "type_mismatch name",
            "type_mismatch network",
            "type_mismatch sendThinkingMessage",
            "type_mismatch textChunkLimit",
            "type_mismatch turnTimeoutMs",
            "out_of_range websocket.heartbeatMs",
        ]
    );
}

#[test]
fn ranges_include_their_ends() {
    for (key, low, high) in [
        ("debounceMs", 0, 10_000),
        ("textChunkLimit", 100, 20_000),
        ("turnTimeoutMs", 10_000, 86_400_000),
    ] {
        for (value, good) in [
            (low, true),
            (high, true),
            (low - 1, false),
            (high + 1, false),
        ] {
            let loaded = channel(&format!("{key}: {value}"));
            assert_eq!(
                places(&loaded, "out_of_range").is_empty(),
                good,
                "{key}: {value}"
            );
        }
    }
    for (key, inside, low, high) in [
        ("network", "timeoutMs", 1_000, 300_000),
        ("network", "retries", 0, 10),
        ("network", "retryDelayMs", 0, 60_000),
        ("websocket", "heartbeatMs", 5_000, 120_000),
        ("websocket", "streamHandoverMs", 60_000, 570_000),
        ("websocket", "undeliveredTtlMs", 300_000, 3_600_000),
        ("websocket", "maxReconnects", -1, 1_000_000),
        ("media", "maxBytes", 1, 104_857_600),
    ] {
        for (value, good) in [
            (low, true),
            (high, true),
            (low - 1, false),
            (high + 1, false),
        ] {
            let loaded = channel(&format!("{key}: {{ {inside}: {value} }}"));
            assert_eq!(
                places(&loaded, "out_of_range").is_empty(),
                good,
                "{inside}: {value}"
            );
        }
    }
}

#[test]
fn texts_have_a_longest_form() {
    let long = |characters: usize| "企".repeat(characters);
    for (key, characters, good) in [
        ("name", 128, true),
        ("name", 129, false),
        ("welcomeText", 682, true),
        ("welcomeText", 683, false),
        ("streamPlaceholderContent", 341, true),
        ("streamPlaceholderContent", 342, false),
    ] {
        let loaded = channel(&format!("{key}: '{}'", long(characters)));
        assert_eq!(
            places(&loaded, "out_of_range").is_empty(),
            good,
            "{key} {characters}"
        );
    }
}

#[test]
fn large_numbers_in_id_lists() {
    let at = |number: &str| channel(&format!("allowFrom: [{number}]"));
    let exact = at("9007199254740991");
    assert_eq!(places(&exact, "id_precision"), Vec::<String>::new());
    assert_eq!(
        account(&exact, "default").access.allow_from,
        ["9007199254740991"]
    );
    for number in ["9007199254740992", "18446744073709551615", "1e30"] {
        assert_eq!(
            places(&at(number), "id_precision"),
            ["channels.wecom.allowFrom[0]"],
            "{number}"
        );
    }
    assert_eq!(
        places(&at("1.5"), "type_mismatch"),
        ["channels.wecom.allowFrom[0]"]
    );
}

#[test]
fn null_takes_away_what_would_be_inherited() {
    let inherited = inheriting("welcomeText: 'hi', network: { retries: 5 },", "");
    assert_eq!(
        (inherited.welcome_text.as_deref(), inherited.network.retries),
        (Some("hi"), 5)
    );
    let own = inheriting(
        "welcomeText: 'hi', network: { retries: 5 },",
        "welcomeText: null, network: { retries: null }",
    );
    assert_eq!((own.welcome_text, own.network.retries), (None, 2));
}

#[test]
fn unknown_keys() {
    for (inside, expected) in [
        ("botid: 'x'", "Warning unknown_key botid"),
        ("completelyElse: 1", "Warning unknown_key completelyElse"),
        (
            "network: { timeout: 1 }",
            "Warning unknown_key network.timeout",
        ),
        (
            "groups: { g: { requireMention: true } }",
            "Warning unknown_key groups.g.requireMention",
        ),
        (
            "agent: { inboundMode: 'x' }",
            "Warning unknown_key agent.inboundMode",
        ),
        (
            "agent: { callback: { enabled: true } }",
            "Warning unknown_key agent.callback",
        ),
    ] {
        assert_eq!(said(inside), [expected], "{inside}");
    }
    assert_eq!(
        said(
            "capabilities: [1], responsePrefix: 'x', configWrites: false, commands: { native: 1 }"
        ),
        Vec::<String>::new()
    );
    let suggestion = |text: &str| {
        all_issues(&look(text).config)
            .into_iter()
            .map(|issue| issue.fix.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        suggestion("{ channels: { wecom: { enabled: false, websoketUrl: 'x' } } }"),
        ["did you mean `channels.wecom.websocketUrl`?"]
    );
    assert_eq!(suggestion("{ chanels: {} }"), ["did you mean `channels`?"]);
    // Sections and keys of the host program are none of our business.
    assert_eq!(
        suggestion(
            "{ tools: {}, hooks: 1, gateway: { controlUi: {} }, channels: { telegram: {} } }"
        ),
        Vec::<String>::new()
    );
}

#[test]
fn keys_of_other_plugins() {
    for key in [
        "bot: { botId: 'x' }",
        "dm: { policy: 'open' }",
        "aibotid: 'x'",
        "botSecret: 'x'",
        "corpId: 'x'",
        "corpSecret: 'x'",
        "agentId: 1",
        "callbackToken: 'x'",
        "callbackAesKey: 'x'",
        "encodingAesKey: 'x'",
        "commandAllowlist: []",
        "groupChat: {}",
        "adminUsers: []",
        "agent: { dm: { policy: 'open' } }",
        "agent: { encodingAesKey: 'x' }",
    ] {
        let top = said(key);
        assert_eq!(top.len(), 1, "{key}: {top:?}");
        assert!(top[0].starts_with("Warning foreign_key "), "{key}: {top:?}");
        let inside = channel(&format!("accounts: {{ hq: {{ {key} }} }}"));
        assert_eq!(places(&inside, "foreign_key").len(), 1, "{key}");
    }
    assert_eq!(
        said("media: { corpId: 1 }"),
        ["Warning unknown_key media.corpId"]
    );
    let alias = look("{ channels: { qywx: { botId: 'x' } } }");
    assert_eq!(places(&alias, "foreign_key"), ["channels.qywx"]);
}

#[test]
fn keys_of_the_top_level_only() {
    let loaded = channel("accounts: { hq: { mcp: { clients: [], localFiles: 'off' } } }");
    assert_eq!(
        places(&loaded, "unknown_key"),
        ["channels.wecom.accounts.hq.mcp.clients"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Whatever a file holds, it is understood or refused.
    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        let _ = load_text(&text, &nowhere(), &environment(&[]));
    }

    /// The same for texts that get past the parser.
    #[test]
    fn no_value_panics(
        section in prop::sample::select(vec![
            "channels", "bindings", "agents", "session", "commands", "accessGroups", "gateway",
            "cron", "env", "secrets", "channels: { wecom", "channels: { wecom: { accounts",
            "channels: { wecom: { agent", "channels: { wecom: { groups", "channels: { wecom: { mcp",
            "channels: { wecom: { mcp: { servers", "agents: { list", "agents: { defaults",
            "session: { resetByType", "cron: { retry", "secrets: { providers",
        ]),
        key in prop::sample::select(vec![
            "botId", "secret", "token", "encodingAESKey", "allowFrom", "x", "list", "dmPolicy",
            "match", "members", "url", "type", "mode", "backend", "path", "default", "vars",
        ]),
        value in json_value(),
    ) {
        let open = section.matches('{').count();
        let text = format!("{{ {section}: {{ {key}: {value} }} {}}}", "}".repeat(open));
        let loaded = load_text(&text, &nowhere(), &environment(&[]));
        prop_assert!(!matches!(loaded, Err(LoadError::Document(_))), "{}", text);
        let replaced = format!("{{ {section}: {value} {}}}", "}".repeat(open));
        let _ = load_text(&replaced, &nowhere(), &environment(&[]));
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1.0e9..1.0e9).prop_map(Value::from),
        "[a-z$*{}.:/ 企0-9]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("[a-zA-Z*]{1,8}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
