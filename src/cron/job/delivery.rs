//! Where a result goes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Extra;

/// Names of this channel, in small letters.
const CHANNEL_NAMES: [&str; 6] = [
    "wecom",
    "wecom-agent",
    "wechatwork",
    "wework",
    "qywx",
    "enterprise-wechat",
];

/// Where a result goes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// How it is delivered.
    #[serde(default)]
    pub mode: DeliveryMode,
    /// The channel; `None` is [`DeliveryChannel::Last`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<DeliveryChannel>,
    /// The target as it was written; an address for a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The account that sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Kept for other programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread_id: Option<Value>,
    /// Whether a run is good although its delivery failed; `None` is no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best_effort: Option<bool>,
    /// Where notices of failures go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_destination: Option<Destination>,
    /// Kept for other programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completion_destination: Option<Value>,
    /// Whether the chat's own session learns that this job posted there; `None` is yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<bool>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Delivery {
    /// Whether a run is good although its delivery failed.
    pub fn is_best_effort(&self) -> bool {
        self.best_effort.unwrap_or(false)
    }

    /// The channel.
    pub fn channel(&self) -> DeliveryChannel {
        self.channel.unwrap_or_default()
    }
}

/// How a result is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryMode {
    /// Not at all.
    #[default]
    None,
    /// As a message.
    Announce,
    /// As a request to an address.
    Webhook,
}

impl DeliveryMode {
    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Announce => "announce",
            Self::Webhook => "webhook",
        }
    }
}

/// The channel that a result goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeliveryChannel {
    /// Where the creator's session was last heard of.
    #[default]
    Last,
    /// WeCom.
    Wecom,
}

/// There is no such channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown delivery channel `{found}`: write last or wecom")]
pub struct UnknownChannel {
    found: String,
}

impl TryFrom<String> for DeliveryChannel {
    type Error = UnknownChannel;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.trim().to_ascii_lowercase();
        match name.as_str() {
            "last" => Ok(Self::Last),
            name if CHANNEL_NAMES.contains(&name) => Ok(Self::Wecom),
            _ => Err(UnknownChannel { found: text }),
        }
    }
}

impl From<DeliveryChannel> for String {
    fn from(channel: DeliveryChannel) -> Self {
        channel.as_str().to_owned()
    }
}

impl DeliveryChannel {
    /// Its name in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Wecom => "wecom",
        }
    }
}

/// Where a notice goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    /// How it is told; `None` is as a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<DeliveryMode>,
    /// The channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<DeliveryChannel>,
    /// The target, or the address of a webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The account that sends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// Keys that are not known here.
    #[serde(flatten)]
    pub extra: Extra,
}
