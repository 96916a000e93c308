use std::fmt::Write as _;

use super::*;

/// Findings that no other table has.
#[test]
fn single_findings() {
    const SOCKET: &str = "botId: 'b', secret: 's'";
    for (inside, code, place) in [
        (
            format!("{SOCKET}, tls: {{ clientCertFile: 'c' }}"),
            "half_tls_identity",
            "tls.clientKeyFile",
        ),
        (
            format!("{SOCKET}, tls: {{ clientKeyFile: 'c' }}"),
            "half_tls_identity",
            "tls.clientCertFile",
        ),
        (
            format!(
                "{SOCKET}, websocket: {{ reclaim: {{ initialDelayMs: 20000, maxDelayMs: 10000 }} }}"
            ),
            "out_of_range",
            "websocket.reclaim.maxDelayMs",
        ),
        (
            "botId: 'a b', secret: 's'".to_owned(),
            "credential_form",
            "botId",
        ),
        (
            "botId: '企', secret: 's'".to_owned(),
            "credential_form",
            "botId",
        ),
        (
            format!("botId: 'b', secret: '{}'", "x".repeat(257)),
            "credential_form",
            "secret",
        ),
        (
            "agent: { corpId: 'acme', corpSecret: 's', agentId: 1 }".to_owned(),
            "corp_id_form",
            "agent.corpId",
        ),
        (
            "agent: { corpId: 'wx1', corpSecret: 's', agentId: 1 }".to_owned(),
            "proxy_none_for_agent",
            "network.egressProxyUrl",
        ),
        (
            format!("{SOCKET}, mcp: {{ interceptors: {{ bizError: false }} }}"),
            "interceptor_always_on",
            "mcp.interceptors.bizError",
        ),
        (
            format!("{SOCKET}, mcp: {{ viaAccount: 'x' }}"),
            "account_unknown",
            "mcp.viaAccount",
        ),
    ] {
        let expected = [format!("channels.wecom.{place}")];
        assert_eq!(places(&channel(&inside), code), expected, "{inside}");
    }
    let proxied = channel(
        "agent: { corpId: 'wx1', corpSecret: 's', agentId: 1 }, network: { egressProxyUrl: 'http://p' }",
    );
    assert_eq!(
        places(&proxied, "proxy_none_for_agent"),
        Vec::<String>::new()
    );
    let limit = look(
        "{ agents: { defaults: { mediaMaxMb: 5 } }, channels: { wecom: { media: { maxBytes: 1 } } } }",
    );
    assert_eq!(
        places(&limit, "media_limit_differs"),
        ["channels.wecom.media.maxBytes"]
    );
}

/// One file with many mistakes: what an operator reads about them.
#[test]
fn every_mistake_is_explained_in_one_pass() {
    let text = r"{
        chanels: {},
        gateway: { bind: 'tailnet' },
        agents: { list: [{ id: 'desk' }, { id: 'ops', backend: { type: 'openia' } }] },
        bindings: [{ agentId: 'dsek', match: { channel: 'wecom', accountId: 'hq' } }],
        channels: { wecom: {
            defaultAccount: 'head-quarters',
            accounts: {
                hq: {
                    botId: 'aib-hq', secret: '${WECOM_HQ_SECRET}', dmPolicy: 'Allowlist',
                    websocketUrl: 'https://openws.work.weixin.qq.com', wellcomeText: 'hi',
                    textChunkLimit: '4,000',
                },
                Plant: {
                    connectionMode: 'webhook', token: 12345,
                    encodingAESKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8A',
                    groupPolicy: 'allowlist',
                },
                plant: { bot: { botId: 'x' } },
                客服: { agent: { corpId: 'ww00112233445566aa', token: 'tok' } },
                lab: { secret: 'only', allowFrom: [9007199254740993, 'accessGroup:hq'] },
            },
        } },
    }";
    let loaded = look(text);
    let mut report = String::new();
    for issue in all_issues(&loaded.config) {
        writeln!(report, "{:?} {}", issue.severity, issue.code).unwrap();
        writeln!(report, "  {}", issue.path).unwrap();
        writeln!(report, "  {}", issue.message).unwrap();
        writeln!(report, "  -> {}", issue.fix).unwrap();
    }
    insta::assert_snapshot!(report);
}

/// No text that people read holds a secret, whatever is wrong with it.
#[test]
fn secrets_are_never_shown() {
    let marked = "MARKED-s3cr3t";
    let text = format!(
        "{{ channels: {{ wecom: {{ enabled: true, accounts: {{ \
         a: {{ botId: 'b', secret: '{marked} x', token: '{marked}', encodingAESKey: '{marked}' }}, \
         b: {{ connectionMode: 'webhook', token: '{marked}', encodingAESKey: '{marked}', \
         network: {{ egressProxyUrl: 'ftp://u:{marked}@p' }} }}, \
         c: {{ agent: {{ corpId: 'wx1', corpSecret: '{marked} y', token: '{marked} z', encodingAESKey: '{marked}' }}, \
         mcp: {{ servers: {{ doc: 'ftp://h/?apikey={marked}' }} }} }}, \
         d: {{ botId: 'b2', secret: ' {marked} ', botSecret: '{marked}', bot: {{ secret: '{marked}' }} }}, \
         e: {{ botId: 'b3', secret: '{marked}', network: {{ egressProxyUrl: 'http://u:{marked}@p' }} }} }} }} }}, \
         gateway: {{ auth: {{ token: '{marked}' }}, publicOrigin: 'ftp://{marked}' }} }}"
    );
    let loaded = look(&text);
    let shown = format!(
        "{:#?} {}",
        loaded,
        serde_json::to_string(&all_issues(&loaded.config)).unwrap()
    );
    assert!(!shown.contains(marked), "{shown}");
}
