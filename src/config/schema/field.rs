//! What is known about one key.

use serde_json::Value;

/// What is known about one key of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Type of its value.
    pub kind: FieldKind,
    /// Whether its value is masked wherever it is shown.
    pub secret: bool,
    /// Whether a secret reference (`{ "env": … }`, `{ "file": … }`, …) may stand there.
    pub reference: bool,
    /// What a change of it takes in a running daemon.
    pub reload: ReloadClass,
    /// One sentence about it.
    pub description: Option<String>,
    /// Its value when the file has none.
    pub default: Option<Value>,
    /// Smallest number allowed.
    pub minimum: Option<f64>,
    /// Largest number allowed.
    pub maximum: Option<f64>,
    /// Longest text allowed, in characters.
    pub max_chars: Option<u64>,
    /// Longest text allowed, in bytes.
    pub max_bytes: Option<u64>,
}

/// Type of a key's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// Text.
    Text,
    /// List of texts.
    TextList,
    /// `true` or `false`.
    Bool,
    /// Whole number.
    Int,
    /// Number.
    Number,
    /// One of these words.
    Enum(Vec<String>),
    /// Object with known keys.
    Object,
    /// List of anything but texts.
    Array,
    /// Object whose keys the user chooses.
    Map,
    /// Anything: belongs to the host program, or has several forms.
    Any,
}

/// What a change of a key takes in a running daemon.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReloadClass {
    /// Applies with the next message, send or tick.
    Live,
    /// The account's socket closes after its running turns and opens anew.
    Reconnect,
    /// Webhook routes are swapped; the old keys are accepted for 60 s more.
    ReRegister,
    /// The account's API client is made anew and its token dropped.
    Client,
    /// The account starts or stops.
    Lifecycle,
    /// The daemon has to be restarted.
    Restart,
}
