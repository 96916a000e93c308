//! Status and doctor.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use super::home::Home;

/// A configuration whose gateway listens on `port`.
fn config(port: u16) -> String {
    format!(
        "{{\n  gateway: {{ port: {port} }},\n  channels: {{ wecom: {{ dmPolicy: 'pairing' }} }},\n}}\n"
    )
}

#[test]
fn status_says_what_is_there() {
    let home = Home::new(Some(&config(1)));
    let status = home.run(&["status", "--json"]);
    assert_eq!(status.status, 69, "no daemon runs");
    let before = status.json();
    assert_eq!(before["setUp"], false);
    assert_eq!(before["plugin"]["version"], serde_json::Value::Null);
    home.run(&["setup"]).succeeded();
    let after = home.run(&["status", "--json"]).json();
    assert_eq!(after["setUp"], true);
    assert_eq!(after["plugin"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(after["plugin"]["current"], true);
    assert_eq!(after["configPath"], home.config_path().to_str().unwrap());
    fs::write(
        home.plugin().join("package.json"),
        r#"{"version": "0.0.1"}"#,
    )
    .unwrap();
    let text = home.run(&["status"]).out;
    assert!(text.contains("version 0.0.1, this program has"), "{text}");
}

#[test]
fn doctor_names_what_is_missing_from_the_beginning() {
    let home = Home::new(None);
    let report = home.run(&["doctor", "--json"]);
    assert_eq!(report.status, 1);
    let complaints = report.complaints();
    for code in [
        "plugin_missing",
        "plugin_off",
        "section_missing",
        "socket_unset",
        "daemon_down",
    ] {
        assert!(
            complaints.iter().any(|c| c == code),
            "{code} in {complaints:?}"
        );
    }
}

#[test]
fn doctor_is_content_with_what_answers() {
    let gateway = TcpListener::bind("127.0.0.1:0").unwrap();
    let home = Home::new(Some(&config(gateway.local_addr().unwrap().port())));
    home.run(&["setup"]).succeeded();
    fs::create_dir_all(home.path(".wecom/run")).unwrap();
    let daemon = UnixListener::bind(home.socket()).unwrap();
    for mode in [0o700, 0o755] {
        fs::set_permissions(home.path(".wecom/run"), fs::Permissions::from_mode(mode)).unwrap();
        fs::set_permissions(home.socket(), fs::Permissions::from_mode(0o777)).unwrap();
        let expected: &[&str] = if mode == 0o700 {
            &["daemon_down"]
        } else {
            &["socket_open", "daemon_down"]
        };
        assert_eq!(home.run(&["doctor", "--json"]).complaints(), expected);
    }
    drop(daemon);
    let complaints = home.run(&["doctor", "--json"]).complaints();
    assert!(
        complaints.contains(&"socket_silent".to_owned()),
        "{complaints:?}"
    );
}

#[test]
fn doctor_sees_what_changed_since() {
    let home = Home::new(Some(&config(1)));
    home.run(&["setup"]).succeeded();
    home.openclaw(
        "OpenClaw 2026.2.1",
        r#"{"ok": false, "error": {"message": "no such plugin"}}"#,
    );
    fs::write(home.plugin().join("link.js"), "").unwrap();
    let with_the_other = home
        .config()
        .replace("gateway:", "session: { dmScope: 'main' },\n  gateway:");
    let with_the_other = with_the_other.replace("dmPolicy: 'pairing'", "dmPolicy: 'open'");
    fs::write(home.config_path(), with_the_other).unwrap();
    fs::create_dir_all(home.path(".openclaw/extensions/wecom-openclaw-plugin")).unwrap();
    let report = home.run(&["doctor", "--json"]);
    let complaints = report.complaints();
    for code in [
        "openclaw_old",
        "plugin_stale",
        "two_owners",
        "dm_policy",
        "shared_session",
        "plugin_not_loaded",
        "gateway_down",
    ] {
        assert!(
            complaints.iter().any(|c| c == code),
            "{code} in {complaints:?}"
        );
    }
    let report = report.json();
    let findings = report["findings"].as_array().unwrap();
    let advised =
        |finding: &&serde_json::Value| finding["level"] == "ok" || finding["fix"].is_string();
    assert!(
        findings.iter().all(|finding| advised(&finding)),
        "each has its remedy"
    );
}

#[test]
fn a_quick_look_starts_nothing() {
    let home = Home::new(Some(&config(1)));
    home.run(&["setup", "--no-check"]).succeeded();
    home.openclaw("", "");
    let complaints = home.run(&["doctor", "--quick", "--json"]).complaints();
    assert_eq!(complaints, ["socket_silent", "gateway_down", "daemon_down"]);
}
