use std::time::Duration;

use super::*;

/// What of an account would start: socket, webhook, receive, send.
fn started(account: &Account) -> String {
    let app = account.agent_app.as_ref();
    [
        (account.bot_socket.is_some(), "bot_ws"),
        (account.bot_webhook.is_some(), "bot_webhook"),
        (
            app.is_some_and(|app| app.receive.is_some()),
            "agent_receive",
        ),
        (
            app.is_some_and(|app| app.corp_secret.is_some()),
            "agent_send",
        ),
        (!account.mcp.servers.is_empty(), "mcp"),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .map(|(_, name)| name)
    .collect::<Vec<_>>()
    .join(" ")
}

/// Codes about credentials at the account.
fn said(account: &Account) -> String {
    let about = [
        "half_",
        "agent_",
        "mode_",
        "unused_",
        "not_configured",
        "aes_",
        "token_form",
    ];
    account
        .issues
        .iter()
        .filter(|issue| about.iter().any(|start| issue.code.starts_with(start)))
        .map(|issue| {
            format!(
                "{}@{}",
                issue.code,
                issue.path.replace("channels.wecom.", "")
            )
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn what_is_found_and_what_is_started() {
    const WS: &str = "botId: 'b', secret: 's'";
    const HOOK: &str = "token: 'tok', encodingAESKey: 'KEY'";
    const MODE: &str = "connectionMode: 'webhook'";
    let cases = [
        (WS.to_owned(), "bot_ws", ""),
        (format!("{MODE}, {HOOK}"), "bot_webhook", ""),
        (HOOK.to_owned(), "", "mode_mismatch@connectionMode"),
        (format!("{MODE}, {WS}"), "", "mode_mismatch@connectionMode"),
        ("botId: 'b'".to_owned(), "", "half_bot_ws@secret"),
        ("secret: 's', botId: ' '".to_owned(), "", "half_bot_ws@botId"),
        (format!("{MODE}, token: 'tok'"), "", "half_bot_webhook@encodingAESKey"),
        (format!("{MODE}, encodingAESKey: 'KEY'"), "", "half_bot_webhook@token"),
        ("token: 'tok'".to_owned(), "", "half_bot_webhook@encodingAESKey"),
        (format!("{WS}, {HOOK}"), "bot_ws", "unused_credentials@token"),
        (format!("{MODE}, {WS}, {HOOK}"), "bot_webhook", "unused_credentials@botId"),
        (format!("{WS}, encodingAESKey: 'KEY'"), "bot_ws", "unused_credentials@encodingAESKey"),
        (
            "agent: { corpId: 'wx1', token: 'tok', encodingAESKey: 'KEY' }".to_owned(),
            "agent_receive",
            "agent_no_send@agent.corpSecret",
        ),
        (
            "agent: { corpId: 'wx1', corpSecret: 's', agentId: 7 }".to_owned(),
            "agent_send",
            "agent_no_receive@agent",
        ),
        (
            "agent: { corpId: 'wx1', corpSecret: 's', token: 'tok', encodingAESKey: 'KEY' }".to_owned(),
            "agent_receive agent_send",
            "agent_id_missing@agent.agentId",
        ),
        ("agent: { corpId: 'wx1' }".to_owned(), "", "half_agent@agent"),
        ("agent: { token: 'tok', encodingAESKey: 'KEY' }".to_owned(), "", "half_agent@agent"),
        (
            "agent: { corpId: 'wx1', corpSecret: 's', agentId: 'x', token: 'tok', encodingAESKey: 'KEY' }".to_owned(),
            "",
            "agent_id_invalid@agent.agentId",
        ),
        (
            "agent: { corpId: 'wx1', corpSecret: 's', agentId: 0, token: 'tok', encodingAESKey: 'KEY' }".to_owned(),
            "",
            "agent_id_invalid@agent.agentId",
        ),
        (
            format!("{WS}, agent: {{ corpId: 'wx1', corpSecret: 's', agentId: '1000002', token: 'tok', encodingAESKey: 'short' }}"),
            "bot_ws",
            "aes_key_invalid@agent.encodingAESKey",
        ),
        (format!("{MODE}, token: 'tok', encodingAESKey: 'short'"), "", "aes_key_invalid@encodingAESKey"),
        (format!("{MODE}, token: 'a-b', encodingAESKey: 'KEY'"), "bot_webhook", "token_form@token"),
        ("mcp: { servers: { doc: 'https://h.example/?apikey=1' } }".to_owned(), "mcp", ""),
        ("name: 'x'".to_owned(), "", "not_configured@"),
    ];
    for (inside, starts, codes) in cases {
        let inside = inside.replace("KEY'", &format!("{KEY}'"));
        let account = single(&inside);
        assert_eq!(started(&account), starts, "{inside}");
        let said = said(&account).replace("not_configured@channels.wecom", "not_configured@");
        assert_eq!(said, codes, "{inside}");
    }
}

#[test]
fn a_socket_with_everything_set() {
    let inside = "botId: ' aib1 ', secret: 's3', websocketUrl: 'ws://127.0.0.1:9000/x', \
                  tls: { caFile: '~/ca.pem', clientCertFile: 'c.pem', clientKeyFile: '/k.pem' }, \
                  websocket: { heartbeatMs: 5000, maxReconnects: -1, maxAuthRetries: 0, \
                  compatVersion: '', reclaim: { initialDelayMs: 10000 } }, \
                  network: { egressProxyUrl: 'http://u:p@proxy.example:1' }";
    let bot = single(inside).bot_socket.unwrap();
    assert_eq!(
        bot,
        BotSocket {
            bot_id: "aib1".into(),
            secret: "s3".into(),
            url: "ws://127.0.0.1:9000/x".parse().unwrap(),
            tls: TlsFiles {
                ca_file: Some("/nonexistent/operator/ca.pem".into()),
                client_cert_file: Some("/nonexistent/state/c.pem".into()),
                client_key_file: Some("/k.pem".into()),
            },
            proxy: None,
            timing: SocketTiming {
                heartbeat: Duration::from_secs(5),
                max_reconnects: None,
                max_auth_retries: Some(0),
            },
            compat_version: None,
            reclaim: Some(Reclaim {
                initial_delay: Duration::from_secs(10),
                max_delay: Duration::from_hours(1),
            }),
        }
    );
    assert!(!format!("{bot:?}").contains("s3"));
}

#[test]
fn a_socket_with_defaults() {
    let account =
        single("botId: 'b', secret: 's', network: { egressProxyUrl: 'http://p.example' }");
    let bot = account.bot_socket.unwrap();
    assert_eq!(bot.url.as_str(), "wss://openws.work.weixin.qq.com/");
    assert_eq!(bot.timing, SocketTiming::default());
    assert_eq!(bot.compat_version.as_deref(), Some("2026.4.29"));
    assert_eq!(bot.reclaim, None);
    assert_eq!(bot.proxy, Some("http://p.example".into()));
    assert_eq!(account.name, "企业微信");
    assert!(account.send_thinking_message && account.health_monitor);
    assert_eq!(account.text_chunk_limit, 4_000);
    assert_eq!(account.turn_timeout, Duration::from_mins(30));
    assert_eq!(account.stream_handover, Duration::from_secs(330));
    assert_eq!(account.undelivered_ttl, Duration::from_mins(30));
    assert_eq!(account.media.max_bytes, 20_971_520);
    assert_eq!(
        account.media.temp_dir,
        PathBuf::from("/nonexistent/state/media")
    );
    assert_eq!(account.media.retention, Some(Duration::from_hours(72)));
    assert_eq!(account.network.timeout, Duration::from_secs(15));
    assert_eq!(account.network.retries, 2);
    assert_eq!(
        account.network.api_base_url.as_str(),
        "https://qyapi.weixin.qq.com/"
    );
    assert!(!account.fail_closed_on_default_route);
    assert_eq!(account.mcp.protocol_version, "2025-03-26");
}

#[test]
fn a_webhook_bot() {
    let bot = single(&format!(
        "connectionMode: 'webhook', token: 'tok', encodingAESKey: ' {KEY}\\n', receiveId: '', \
         debounceMs: 0, webhook: {{ maxClockSkewSec: 0 }}"
    ))
    .bot_webhook
    .unwrap();
    assert_eq!(bot.callback.token.reveal(), "tok");
    assert_eq!(bot.callback.aes_key.bytes()[31], 31);
    assert_eq!(bot.receive_id, None);
    assert_eq!(bot.stream_placeholder, "1");
    assert_eq!((bot.debounce, bot.max_clock_skew), (Duration::ZERO, None));
    assert_eq!(
        format!("{:?}", bot.callback),
        "CallbackKeys { token: ***, aes_key: *** }"
    );
}

#[test]
fn the_agent_app_inherits_policy_and_list() {
    let app = |inside: &str| {
        single(&format!(
            "dmPolicy: 'allowlist', allowFrom: ['a'], agent: {{ corpId: 'wx1', corpSecret: 's', {inside} }}"
        ))
        .agent_app
        .unwrap()
    };
    let inherited = app("agentId: 5");
    assert_eq!(
        (inherited.dm_policy, inherited.agent_id),
        (DmPolicy::Allowlist, Some(5))
    );
    assert_eq!(inherited.allow_from, ["a"]);
    let own = app("dmPolicy: 'open', allowFrom: []");
    assert_eq!(
        (own.dm_policy, own.allow_from),
        (DmPolicy::Open, Vec::<String>::new())
    );
}

#[test]
fn addresses() {
    for (inside, place) in [
        ("websocketUrl: 'http://x.example'", Some("websocketUrl")),
        ("websocketUrl: 'ws://x.example'", Some("websocketUrl")),
        ("websocketUrl: 'wss://u:p@x.example'", Some("websocketUrl")),
        ("websocketUrl: 'nonsense'", Some("websocketUrl")),
        ("websocketUrl: ''", None),
        ("websocketUrl: 'ws://localhost:1'", None),
        (
            "network: { apiBaseUrl: 'http://x.example' }",
            Some("network.apiBaseUrl"),
        ),
        ("network: { apiBaseUrl: 'http://[::1]:8' }", None),
        (
            "network: { egressProxyUrl: 'ftp://x' }",
            Some("network.egressProxyUrl"),
        ),
        ("network: { egressProxyUrl: '' }", None),
        ("network: { egressProxyUrl: 'direct' }", None),
    ] {
        let loaded = channel(&format!("botId: 'b', secret: 's', {inside}"));
        let expected: Vec<String> = place
            .map(|place| format!("channels.wecom.{place}"))
            .into_iter()
            .collect();
        assert_eq!(places(&loaded, "url_invalid"), expected, "{inside}");
        assert_eq!(
            account(&loaded, "default").bot_socket.is_some(),
            place.is_none(),
            "{inside}"
        );
    }
}

#[test]
fn variables_reach_the_network() {
    let env = environment(&[
        ("WECOM_API_BASE_URL", "http://127.0.0.1:7"),
        ("HTTPS_PROXY", "http://general.example"),
    ]);
    let text = "{ channels: { wecom: { enabled: true, botId: 'b', secret: 's' } } }";
    let account = account(&look_in(text, &env), "default");
    assert_eq!(account.network.api_base_url.as_str(), "http://127.0.0.1:7/");
    assert_eq!(
        account.bot_socket.unwrap().proxy,
        Some("http://general.example".into())
    );
    let bad = look_in(text, &environment(&[("HTTPS_PROXY", "gopher://x")]));
    assert_eq!(places(&bad, "url_invalid"), ["HTTPS_PROXY"]);
}
