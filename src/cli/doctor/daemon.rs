//! The daemon, and what it says about its accounts.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::finding::Finding;
use crate::cli::channels::text;
use crate::config::Location;
use crate::daemon::{self, Contact, ContactError};
use crate::http::DaemonRecord;

const AREA: &str = "daemon";

/// How long the local API may take; the network is looked at afterwards.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// Records of accounts by id; empty where no daemon answers.
pub(super) type States = BTreeMap<String, Value>;

/// What there is to say, and the accounts' records.
pub(super) type Seen = (Vec<Finding>, States);

pub(super) async fn check(location: &Location) -> Seen {
    let home = location.home.display().to_string();
    let not_running = || {
        let fix = "wecom run";
        (
            vec![Finding::warning(AREA, home.clone(), "no daemon runs", fix)],
            States::default(),
        )
    };
    let contact = match daemon::find(&location.home) {
        Ok(contact) => contact,
        Err(ContactError::NotRunning { .. }) => return not_running(),
        Err(error) => return unusable(&home, &error),
    };
    let records: Vec<Value> = match contact.get("/status").await {
        Ok(records) => records,
        // A daemon that was killed leaves its file behind.
        Err(ContactError::Request(error)) if error.is_connect() => return not_running(),
        Err(error) => return unusable(&home, &error),
    };
    let mut findings = vec![version(&contact).await];
    findings.extend(records.iter().filter_map(account));
    let states = records
        .into_iter()
        .filter_map(|record| Some((text(&record, "accountId")?.to_owned(), record)))
        .collect();
    (findings, states)
}

fn unusable(home: &str, error: &ContactError) -> Seen {
    let finding = Finding::error(
        AREA,
        home,
        error.to_string(),
        "restart the daemon; run this command as the user that it runs as",
    );
    (vec![finding], States::default())
}

async fn version(contact: &Contact) -> Finding {
    let address = contact.address().to_string();
    let own = env!("CARGO_PKG_VERSION");
    match contact.get::<DaemonRecord>("/daemon").await {
        Ok(record) if record.version == own => {
            Finding::ok(AREA, address, format!("answers, version {own}"))
        }
        Ok(record) => Finding::warning(
            AREA,
            address,
            format!("runs version {}, this command is {own}", record.version),
            "restart the daemon",
        ),
        Err(_) => Finding::warning(
            AREA,
            address,
            format!("answers, but not as version {own} does"),
            "restart the daemon",
        ),
    }
}

/// What an account's state says about the world outside.
fn account(record: &Value) -> Option<Finding> {
    let id = text(record, "accountId")?;
    let seen = text(record, "lastError").unwrap_or_default();
    match text(record, "state")? {
        "kicked" => Some(Finding::error(
            AREA,
            id,
            "kicked: another program connected with this bot",
            format!(
                "find the other instance (another machine, an OpenClaw plugin, a test) and stop \
                 it, then `wecom channels resume {id}`"
            ),
        )),
        "auth_failed" => Some(Finding::error(
            AREA,
            id,
            seen,
            format!("wecom channels add --account {id}"),
        )),
        "reconnecting" => Some(Finding::warning(
            AREA,
            id,
            format!("reconnecting: {seen}"),
            "it keeps trying; the findings about the network say why",
        )),
        "connected" => Some(Finding::ok(AREA, id, "connected")),
        _ => None,
    }
}
