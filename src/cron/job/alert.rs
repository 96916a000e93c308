//! Who is told when a job fails.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;

use super::{DeliveryChannel, Extra};
use crate::config::AlertMode;

/// A job's own setting: `false`, or in place of the configuration's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertChoice {
    /// Nobody is told.
    Off,
    /// These values go before the configuration's.
    On(JobAlert),
}

/// A job's own values; what is absent is as configured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobAlert {
    /// Failures in a row before the first notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u32>,
    /// The channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<DeliveryChannel>,
    /// The target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Milliseconds between two notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_ms: Option<u64>,
    /// Whether skipped runs count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_skipped: Option<bool>,
    /// How it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<AlertMode>,
    /// The account that sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Serialize for AlertChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On(alert) => alert.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for AlertChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(false) => Ok(Self::Off),
            Value::Bool(true) => Ok(Self::On(JobAlert::default())),
            value => serde_json::from_value(value)
                .map(Self::On)
                .map_err(de::Error::custom),
        }
    }
}
