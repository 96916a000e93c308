//! Why a text names no receiver.

/// Why a text names no receiver, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// Nothing is left behind the prefixes.
    #[error(
        "the target is empty: write user:<userid>, group:<chat id>, party:<number>, tag:<number or name> or @all"
    )]
    Empty,
    /// Receivers of different kinds without a kind before them.
    #[error(
        "the target mixes receivers of different kinds: write one kind before the list, as in user:a|b, and send to each kind separately"
    )]
    Mixed,
    /// A word before a colon that is no kind.
    #[error(
        "`{prefix}:` is no kind of target: write user:, group:, party: or tag: (also userid:, chat:, dept:, department:)"
    )]
    UnknownPrefix {
        /// The word.
        prefix: String,
    },
    /// Not the id of a member.
    #[error(
        "`{item}` is not a userid (1 to 64 letters, digits and _ - @ . that begin with a letter or digit): names do not work, look the id up with the contact skill; a list is written user:a|b, of departments party:1,2"
    )]
    InvalidUser {
        /// As written, shortened.
        item: String,
    },
    /// Not the number of a department.
    #[error("`{item}` is not a department: its number is 1 to 4294967295{}", if *.is_long { "; if it is a userid, write user:<userid>" } else { "" })]
    InvalidParty {
        /// As written, shortened.
        item: String,
        /// It is longer than numbers of departments are: more likely a userid.
        is_long: bool,
    },
    /// Not a tag.
    #[error("`{item}` is not a tag: write its number, or its name of 1 to 32 characters")]
    InvalidTag {
        /// As written, shortened.
        item: String,
    },
    /// Not a chat, or more than one.
    #[error(
        "`{item}` is not a chat: write one chat id of 1 to 128 letters, digits, _ and - per target"
    )]
    InvalidChat {
        /// As written, shortened.
        item: String,
    },
}

impl TargetError {
    /// The word for it in results that programs read.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_target",
            Self::Mixed => "mixed_target",
            Self::UnknownPrefix { .. } => "unknown_prefix",
            Self::InvalidUser { .. } => "invalid_user",
            Self::InvalidParty { .. } => "invalid_party",
            Self::InvalidTag { .. } => "invalid_tag",
            Self::InvalidChat { .. } => "invalid_chat",
        }
    }
}
