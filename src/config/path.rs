//! Paths into the configuration, as people type them: `channels.wecom.botId`,
//! `bindings[0].agentId`, `channels.wecom.groups["wr.A"].allowFrom`.

use std::fmt;
use std::str::FromStr;

/// Keys that no object of the configuration may have: other readers of the same file are
/// JavaScript programs, where these three reach into the language itself.
const FORBIDDEN: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// One step of a [`ConfigPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// A key of an object.
    Key(String),
    /// A position in an array, counted from 0.
    Index(usize),
}

/// A way from the root of the configuration to one value; never empty when parsed.
///
/// [`fmt::Display`] writes the shortest form that parses back to the same path.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ConfigPath {
    segments: Vec<Segment>,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bad path at character {position}: {kind}")]
pub struct PathError {
    /// Character (not byte) of the text where it went wrong, counted from 1.
    pub position: usize,
    /// What is wrong there.
    pub kind: PathErrorKind,
}

/// What is wrong in a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathErrorKind {
    /// Nothing between two dots, or nothing at all.
    #[error("a key is missing; write keys as `channels.wecom.botId`")]
    EmptySegment,
    /// `[` without `]`.
    #[error("`[` has no matching `]`")]
    Unclosed,
    /// `]` without `[`.
    #[error("`]` without `[`; quote a key that contains it: `[\"a]b\"]`")]
    UnexpectedClose,
    /// A quoted key without its closing quote.
    #[error("the quoted key does not end; add the closing quote")]
    UnclosedQuote,
    /// Something else than a number or a quoted key in brackets.
    #[error("brackets hold a position (`[0]`) or a quoted key (`[\"wr.A\"]`)")]
    BadIndex,
    /// Something else than `.` or `[` after `]`.
    #[error("expected `.` or `[` after `]`")]
    AfterBracket,
    /// One of `__proto__`, `constructor`, `prototype`.
    #[error("`{0}` is not allowed as a key")]
    Forbidden(&'static str),
}

impl ConfigPath {
    /// A path of plain keys.
    pub fn from_keys<I: IntoIterator<Item = S>, S: Into<String>>(keys: I) -> Self {
        Self {
            segments: keys.into_iter().map(|k| Segment::Key(k.into())).collect(),
        }
    }

    /// The steps from the root.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Whether this is the root itself.
    pub fn is_root(&self) -> bool {
        self.segments.is_empty()
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.step(Segment::Key(key.into()))
    }

    /// This path and one position more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Segment::Index(index))
    }

    /// This path and one step more.
    #[must_use]
    pub fn step(&self, segment: Segment) -> Self {
        let mut segments = self.segments.clone();
        segments.push(segment);
        Self { segments }
    }

    /// The container's path and the last step; `None` for the root.
    pub fn split_last(&self) -> Option<(Self, &Segment)> {
        let (last, parent) = self.segments.split_last()?;
        let parent = Self {
            segments: parent.to_vec(),
        };
        Some((parent, last))
    }

    /// Every step as a text, positions in decimal: the form that schema look-ups take.
    pub fn names(&self) -> Vec<String> {
        self.segments.iter().map(Segment::name).collect()
    }
}

impl Segment {
    /// The key, or the position in decimal.
    pub fn name(&self) -> String {
        match self {
            Self::Key(key) => key.clone(),
            Self::Index(index) => index.to_string(),
        }
    }

    /// The position this step means in an array: `[2]`, and also `.2` as other tools write it.
    pub fn as_index(&self) -> Option<usize> {
        match self {
            Self::Index(index) => Some(*index),
            Self::Key(key) if key.bytes().all(|b| b.is_ascii_digit()) => key.parse().ok(),
            Self::Key(_) => None,
        }
    }
}

impl FromIterator<Segment> for ConfigPath {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self {
            segments: segments.into_iter().collect(),
        }
    }
}

impl fmt::Display for ConfigPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) if is_plain(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Segment::Key(key) => {
                    f.write_str("[\"")?;
                    for c in key.chars() {
                        if matches!(c, '"' | '\\') {
                            f.write_str("\\")?;
                        }
                        write!(f, "{c}")?;
                    }
                    f.write_str("\"]")?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a key stands without brackets and quotes.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '*'))
}

impl FromStr for ConfigPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Scanner::new(text).path()
    }
}

struct Scanner {
    chars: Vec<char>,
    at: usize,
}

impl Scanner {
    fn new(text: &str) -> Self {
        Self {
            chars: text.chars().collect(),
            at: 0,
        }
    }

    fn path(mut self) -> Result<ConfigPath, PathError> {
        let mut segments = vec![self.first()?];
        while let Some(c) = self.next() {
            match c {
                '.' => segments.push(self.bare()?),
                '[' => segments.push(self.bracket()?),
                ']' => return Err(error(self.at, PathErrorKind::UnexpectedClose)),
                _ => return Err(error(self.at, PathErrorKind::AfterBracket)),
            }
        }
        Ok(ConfigPath { segments })
    }

    fn first(&mut self) -> Result<Segment, PathError> {
        if self.peek() == Some('[') {
            self.at += 1;
            return self.bracket();
        }
        self.bare()
    }

    /// A key up to the next `.`, `[` or `]`.
    fn bare(&mut self) -> Result<Segment, PathError> {
        let start = self.at;
        let mut key = String::new();
        while let Some(c) = self.peek().filter(|c| !matches!(c, '.' | '[' | ']')) {
            key.push(c);
            self.at += 1;
        }
        checked(key, start)
    }

    /// What follows `[`, up to and including `]`.
    fn bracket(&mut self) -> Result<Segment, PathError> {
        let start = self.at;
        let segment = match self.peek() {
            Some(quote @ ('"' | '\'')) => {
                self.at += 1;
                let key = self.quoted(quote, start)?;
                checked(key, start)?
            }
            _ => self.position(start)?,
        };
        match self.next() {
            Some(']') => Ok(segment),
            Some(_) => Err(error(self.at, PathErrorKind::BadIndex)),
            None => Err(error(start, PathErrorKind::Unclosed)),
        }
    }

    fn quoted(&mut self, quote: char, start: usize) -> Result<String, PathError> {
        let mut key = String::new();
        while let Some(c) = self.next() {
            match c {
                '\\' => key.extend(self.next()),
                c if c == quote => return Ok(key),
                c => key.push(c),
            }
        }
        Err(error(start + 1, PathErrorKind::UnclosedQuote))
    }

    fn position(&mut self, start: usize) -> Result<Segment, PathError> {
        let mut digits = String::new();
        while let Some(c) = self.peek().filter(char::is_ascii_digit) {
            digits.push(c);
            self.at += 1;
        }
        if self.peek().is_none() {
            return Err(error(start, PathErrorKind::Unclosed));
        }
        digits
            .parse()
            .map(Segment::Index)
            .map_err(|_| error(start + 1, PathErrorKind::BadIndex))
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }
}

/// The key as a step, unless it is empty or forbidden; `start` is where it stands.
fn checked(key: String, start: usize) -> Result<Segment, PathError> {
    if key.is_empty() {
        return Err(error(start + 1, PathErrorKind::EmptySegment));
    }
    match FORBIDDEN.into_iter().find(|forbidden| *forbidden == key) {
        Some(forbidden) => Err(error(start + 1, PathErrorKind::Forbidden(forbidden))),
        None => Ok(Segment::Key(key)),
    }
}

fn error(position: usize, kind: PathErrorKind) -> PathError {
    PathError { position, kind }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(key: &str) -> Segment {
        Segment::Key(key.to_owned())
    }

    #[test]
    fn paths_as_people_write_them() {
        for (text, segments) in [
            (
                "channels.wecom.botId",
                vec![key("channels"), key("wecom"), key("botId")],
            ),
            (
                "bindings[0].agentId",
                vec![key("bindings"), Segment::Index(0), key("agentId")],
            ),
            (
                "groups[\"wr.A\"].allowFrom",
                vec![key("groups"), key("wr.A"), key("allowFrom")],
            ),
            (
                "accounts['hq'].name",
                vec![key("accounts"), key("hq"), key("name")],
            ),
            ("[\"a\\\"b\"][2]", vec![key("a\"b"), Segment::Index(2)]),
            (
                "a[0][1]",
                vec![key("a"), Segment::Index(0), Segment::Index(1)],
            ),
            ("accounts.售后", vec![key("accounts"), key("售后")]),
            ("a.0", vec![key("a"), key("0")]),
        ] {
            let path: ConfigPath = text.parse().unwrap();
            assert_eq!(path.segments(), segments, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_says_where_and_why() {
        use PathErrorKind as Kind;
        for (text, position, kind) in [
            ("", 1, Kind::EmptySegment),
            (".a", 1, Kind::EmptySegment),
            ("a..b", 3, Kind::EmptySegment),
            ("a.", 3, Kind::EmptySegment),
            ("客服..b", 4, Kind::EmptySegment),
            ("a[0", 2, Kind::Unclosed),
            ("a[", 2, Kind::Unclosed),
            ("a[\"b\"", 2, Kind::Unclosed),
            ("a[\"b", 3, Kind::UnclosedQuote),
            ("a]", 2, Kind::UnexpectedClose),
            ("a[\"\"]", 3, Kind::EmptySegment),
            ("a[x]", 3, Kind::BadIndex),
            ("a[]", 3, Kind::BadIndex),
            ("a[-1]", 3, Kind::BadIndex),
            ("a[0x]", 4, Kind::BadIndex),
            ("a[99999999999999999999]", 3, Kind::BadIndex),
            ("a[0]b", 5, Kind::AfterBracket),
            ("a.__proto__.b", 3, Kind::Forbidden("__proto__")),
            ("a['constructor']", 3, Kind::Forbidden("constructor")),
            ("prototype", 1, Kind::Forbidden("prototype")),
        ] {
            let error = text.parse::<ConfigPath>().unwrap_err();
            assert_eq!(error, PathError { position, kind }, "{text}");
        }
    }

    #[test]
    fn a_number_after_a_dot_counts_as_a_position() {
        assert_eq!(key("12").as_index(), Some(12));
        assert_eq!(key("a1").as_index(), None);
        assert_eq!(key("").as_index(), None);
    }

    proptest! {
        #[test]
        fn display_parses_back(
            keys in prop::collection::vec(
                prop_oneof![".{1,6}".prop_map(Segment::Key), (0usize..50).prop_map(Segment::Index)],
                1..6,
            )
        ) {
            let path: ConfigPath = keys.into_iter().collect();
            prop_assert_eq!(path.to_string().parse::<ConfigPath>().unwrap(), path);
        }
    }
}
