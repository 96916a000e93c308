//! The JSON files in which OpenClaw keeps pairings: `wecom-pairing.json` and
//! `wecom-<account>-allowFrom.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::channel::policy::plain_sender;
use crate::config::normalise_account_id;
use crate::ids::{AccountId, UserId};
use crate::store::{ApprovedSender, PairingRequest};

use super::code;

/// Version of the files.
const VERSION: u32 = 1;

/// What one file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PairingFile {
    /// Requests.
    Requests(Vec<RequestRecord>),
    /// Approved senders of an account.
    Approved {
        /// The account.
        account: String,
        /// Ids, prefixes included.
        senders: Vec<String>,
    },
}

/// A request as the file, and `wecom pairing list --json`, have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestRecord {
    /// The sender.
    pub id: String,
    /// The code.
    pub code: String,
    /// Time in ISO form.
    #[serde(with = "iso")]
    pub created_at: i64,
    /// Time in ISO form.
    #[serde(with = "iso")]
    pub last_seen_at: i64,
    /// `accountId`, and whatever else was noted.
    #[serde(default)]
    pub meta: BTreeMap<String, Value>,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not JSON.
    #[error("it is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// Neither requests nor approved senders.
    #[error("it has neither `requests` nor `allowFrom`")]
    Neither,
    /// One of the two, but not as it should be.
    #[error("it is not in the form of OpenClaw's pairing files")]
    Malformed(#[source] serde_json::Error),
}

/// Reads a file by its name (which holds the account of approved senders) and text.
///
/// # Errors
/// [`FileError`]: nothing of it is used.
pub fn read_file(name: &str, text: &str) -> Result<PairingFile, FileError> {
    let mut value: Value = serde_json::from_str(text).map_err(FileError::NotJson)?;
    if let Some(requests) = value.get_mut("requests") {
        let requests = serde_json::from_value(requests.take()).map_err(FileError::Malformed)?;
        return Ok(PairingFile::Requests(requests));
    }
    let list = match value {
        Value::Array(_) => value,
        Value::Object(mut members) => members.remove("allowFrom").ok_or(FileError::Neither)?,
        _ => return Err(FileError::Neither),
    };
    Ok(PairingFile::Approved {
        account: account_in(name),
        senders: serde_json::from_value(list).map_err(FileError::Malformed)?,
    })
}

/// `wecom-hq-allowFrom.json` is of the account `hq`, `wecom-allowFrom.json` of `default`.
fn account_in(name: &str) -> String {
    let account = name
        .strip_prefix("wecom-")
        .and_then(|rest| rest.strip_suffix("-allowFrom.json"))
        .unwrap_or_default();
    normalise_account_id(account)
}

/// The files that say the same: name and contents.
pub fn exported(requests: &[PairingRequest], approved: &[ApprovedSender]) -> Vec<(String, Value)> {
    let records: Vec<RequestRecord> = requests.iter().map(RequestRecord::from).collect();
    let mut files = vec![(
        "wecom-pairing.json".to_owned(),
        json!({ "version": VERSION, "requests": records }),
    )];
    let mut accounts: BTreeMap<&AccountId, Vec<&UserId>> = BTreeMap::new();
    for sender in approved {
        let senders = accounts.entry(&sender.account).or_default();
        senders.push(&sender.sender);
    }
    files.extend(accounts.into_iter().map(|(account, senders)| {
        (
            format!("wecom-{account}-allowFrom.json"),
            json!({ "version": VERSION, "allowFrom": senders }),
        )
    }));
    files
}

impl From<&PairingRequest> for RequestRecord {
    fn from(request: &PairingRequest) -> Self {
        Self {
            id: request.sender.as_str().to_owned(),
            code: request.code.clone(),
            created_at: request.created_at_ms,
            last_seen_at: request.last_seen_ms,
            meta: [("accountId".to_owned(), json!(request.account))].into(),
        }
    }
}

impl From<RequestRecord> for PairingRequest {
    fn from(record: RequestRecord) -> Self {
        let account = record.meta.get("accountId").and_then(Value::as_str);
        Self {
            account: AccountId::new(normalise_account_id(account.unwrap_or_default())),
            sender: UserId::new(plain_sender(&record.id)),
            code: code::normalise(&record.code),
            created_at_ms: record.created_at,
            last_seen_ms: record.last_seen_at,
            // Whoever made the request told its sender.
            told: true,
        }
    }
}

/// A time as the files have it, for example `2026-03-02T01:02:03.000Z`.
pub fn iso_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |at| format!("{at:.3}"))
}

mod iso {
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands fields over by reference"
    )]
    pub(super) fn serialize<S: Serializer>(ms: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::iso_time(*ms))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
        let text = String::deserialize(from)?;
        let at: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(at.as_millisecond())
    }
}
