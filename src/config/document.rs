//! One JSON5 file, from bytes to a value, refusing what could be misread.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use serde_json::{Map, Number, Value};

use super::effective::{Issue, Severity};
use super::place::Place;

/// Largest file that is read, in bytes; each included file counts by itself.
pub const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;

/// Deepest nesting of objects and arrays.
pub const MAX_DEPTH: usize = 64;

/// Keys that would change objects themselves in the JavaScript programs that share the file.
const FORBIDDEN_KEYS: [&str; 3] = ["__proto__", "constructor", "prototype"];

/// A file that cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The operating system refuses.
    #[error("cannot read {path}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A directory, a pipe, a device, or a link to a link.
    #[error("{path} is {kind}: a regular file is needed", path = path.display())]
    NotRegular {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        kind: &'static str,
    },
    /// Larger than [`MAX_FILE_BYTES`].
    #[error("{path} has {bytes} bytes or more: at most {MAX_FILE_BYTES} are read", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes seen.
        bytes: u64,
    },
    /// Not UTF-8, or a NUL byte.
    #[error("{path} is not UTF-8 text: byte {offset} {what}", path = path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// Offset of the first bad byte, from 0.
        offset: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Not JSON5, or JSON5 that means two things.
    #[error("{path}:{line}:{column}: {message}", path = path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
        /// Dotted path of the key concerned; empty where the text has no structure yet.
        key: String,
        /// What is wrong and what to write.
        message: String,
    },
}

impl DocumentError {
    /// The same as a finding, for commands that list findings.
    pub fn as_issue(&self) -> Issue {
        let (code, path, fix) = match self {
            Self::Io { path, .. } => ("file_unreadable", path, "check that the file is readable"),
            Self::NotRegular { path, .. } => {
                ("file_kind", path, "name a regular file, or a link to one")
            }
            Self::TooLarge { path, .. } => ("file_too_large", path, "is this the right file?"),
            Self::Encoding { path, .. } => ("file_encoding", path, "save the file as UTF-8"),
            Self::Syntax { path, .. } => ("syntax", path, "correct the place that is named"),
        };
        let place = match self {
            Self::Syntax { key, .. } if !key.is_empty() => key.clone(),
            _ => path.display().to_string(),
        };
        Issue {
            severity: Severity::Error,
            code,
            path: place,
            message: self.to_string(),
            fix: fix.to_owned(),
        }
    }
}

/// A file as read.
#[derive(Debug)]
pub(crate) struct RawFile {
    pub(crate) text: String,
    /// Whether group or others may read or write it.
    pub(crate) open_to_others: bool,
}

/// Reads a configuration file. `Ok(None)`: there is none.
pub(crate) fn read(path: &Path) -> Result<Option<RawFile>, DocumentError> {
    let io = |source| DocumentError::Io {
        path: path.to_path_buf(),
        source,
    };
    // The kind is looked at before opening: opening a pipe would wait for its other end.
    let metadata = match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => {
            let target = followed_once(path).map_err(io)?;
            match std::fs::symlink_metadata(&target) {
                Ok(metadata) => metadata,
                Err(error) => return Err(io(error)),
            }
        }
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io(error)),
    };
    require_regular(path, &metadata)?;
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    require_regular(path, &metadata)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok(Some(RawFile {
        text: decode(path, bytes)?,
        open_to_others: open_to_others(&metadata),
    }))
}

/// Where a link points, without following a second one.
fn followed_once(path: &Path) -> std::io::Result<PathBuf> {
    let target = std::fs::read_link(path)?;
    Ok(match path.parent() {
        Some(parent) => parent.join(target),
        None => target,
    })
}

fn require_regular(path: &Path, metadata: &Metadata) -> Result<(), DocumentError> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = if metadata.is_dir() {
        "a directory"
    } else if metadata.is_symlink() {
        "a link to a link"
    } else {
        "a pipe, socket or device"
    };
    Err(DocumentError::NotRegular {
        path: path.to_path_buf(),
        kind,
    })
}

#[cfg(unix)]
fn open_to_others(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o066 != 0
}

#[cfg(not(unix))]
fn open_to_others(_metadata: &Metadata) -> bool {
    false
}

/// Checks size and encoding; a byte order mark is skipped.
pub(crate) fn decode(path: &Path, bytes: Vec<u8>) -> Result<String, DocumentError> {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if length > MAX_FILE_BYTES {
        return Err(DocumentError::TooLarge {
            path: path.to_path_buf(),
            bytes: length,
        });
    }
    let encoding = |offset, what| DocumentError::Encoding {
        path: path.to_path_buf(),
        offset,
        what,
    };
    if let Some(offset) = bytes.iter().position(|byte| *byte == 0) {
        return Err(encoding(offset, "is NUL (UTF-16 text? save as UTF-8)"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        encoding(
            error.utf8_error().valid_up_to(),
            "begins no character (save the file as UTF-8)",
        )
    })?;
    match text.strip_prefix('\u{feff}') {
        Some(rest) => Ok(rest.to_owned()),
        None => Ok(text),
    }
}

/// Parses the text of `path`.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Map<String, Value>, DocumentError> {
    let options = ParseOptions {
        allow_missing_commas: false,
        allow_non_finite_numbers: false,
        ..ParseOptions::default()
    };
    let syntax = |offset: usize, place: &Place, message: String| {
        let (line, column) = position(text, offset);
        DocumentError::Syntax {
            path: path.to_path_buf(),
            line,
            column,
            key: place.to_string(),
            message,
        }
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        syntax(
            error.range().start,
            &Place::root(),
            error.kind().to_string(),
        )
    })?;
    let root = match parsed.value {
        Some(ast::Value::Object(root)) => root,
        Some(other) => {
            let message = "the file must hold one object: { … }".to_owned();
            return Err(syntax(other.range().start, &Place::root(), message));
        }
        None => {
            let message = "the file is empty: write {} for an empty configuration".to_owned();
            return Err(syntax(0, &Place::root(), message));
        }
    };
    let mut reader = Reader { text };
    reader
        .object(&root, &Place::root(), 1)
        .map_err(|error| syntax(error.offset, &error.place, error.message))
}

/// Line and character of a byte offset, both from 1.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before
        .get(line_start..)
        .map_or(0, |rest| rest.chars().count());
    (line, column + 1)
}

/// Turns the syntax tree into a value, with the checks that the parser leaves to us.
struct Reader<'t> {
    text: &'t str,
}

struct Refused {
    offset: usize,
    place: Place,
    message: String,
}

impl Reader<'_> {
    fn object(
        &mut self,
        object: &ast::Object<'_>,
        place: &Place,
        depth: usize,
    ) -> Result<Map<String, Value>, Refused> {
        let mut members: Map<String, Value> = Map::new();
        for property in &object.properties {
            let name = property.name.as_str();
            let here = place.key(name);
            let refuse = |message: String| Refused {
                offset: property.name.range().start,
                place: here.clone(),
                message,
            };
            if FORBIDDEN_KEYS.contains(&name) {
                return Err(refuse(format!("the key `{name}` is not allowed")));
            }
            if members.contains_key(name) {
                return Err(refuse(format!(
                    "the key `{here}` stands here a second time: remove one of them"
                )));
            }
            let value = self.value(&property.value, &here, depth)?;
            members.insert(name.to_owned(), value);
        }
        Ok(members)
    }

    fn value(
        &mut self,
        value: &ast::Value<'_>,
        place: &Place,
        depth: usize,
    ) -> Result<Value, Refused> {
        let refuse = |message: String| Refused {
            offset: value.range().start,
            place: place.clone(),
            message,
        };
        if depth >= MAX_DEPTH && matches!(value, ast::Value::Object(_) | ast::Value::Array(_)) {
            return Err(refuse(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(match value {
            ast::Value::Object(object) => Value::Object(self.object(object, place, depth + 1)?),
            ast::Value::Array(array) => {
                let mut elements = Vec::with_capacity(array.elements.len());
                for (index, element) in array.elements.iter().enumerate() {
                    elements.push(self.value(element, &place.index(index), depth + 1)?);
                }
                Value::Array(elements)
            }
            ast::Value::StringLit(string) => {
                if has_bare_line_break(string.text(self.text)) {
                    return Err(refuse(
                        "a line break inside the text: is the closing quote missing? (write \\n \
                         for a line break)"
                            .to_owned(),
                    ));
                }
                Value::String(string.value.clone().into_owned())
            }
            ast::Value::NumberLit(number) => Value::Number(
                parse_number(number.value)
                    .ok_or_else(|| refuse(format!("`{}` is too large a number", number.value)))?,
            ),
            ast::Value::BooleanLit(boolean) => Value::Bool(boolean.value),
            ast::Value::NullKeyword(_) => Value::Null,
        })
    }
}

/// JSON5 allows a line break in a text only after a backslash.
fn has_bare_line_break(literal: &str) -> bool {
    let mut escaped = false;
    let mut previous = ' ';
    for character in literal.chars() {
        let continues = escaped || (character == '\n' && previous == '\r');
        if matches!(character, '\n' | '\r') && !continues {
            return true;
        }
        escaped = character == '\\' && !escaped;
        // A carriage return that was escaped takes the line feed after it along.
        previous = if character == '\r' && !continues {
            ' '
        } else {
            character
        };
    }
    false
}

/// A JSON5 number: sign, hexadecimal, bare decimal points. `None` if it is too large to
/// be held.
fn parse_number(literal: &str) -> Option<Number> {
    let (negative, digits) = match literal.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, literal.strip_prefix('+').unwrap_or(literal)),
    };
    if let Some(hexadecimal) = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        let magnitude = u64::from_str_radix(hexadecimal, 16).ok()?;
        return if negative {
            i64::try_from(magnitude).ok().map(|n| Number::from(-n))
        } else {
            Some(Number::from(magnitude))
        };
    }
    let sign = if negative { "-" } else { "" };
    if let Ok(integer) = format!("{sign}{digits}").parse::<i64>() {
        return Some(Number::from(integer));
    }
    if let (false, Ok(integer)) = (negative, digits.parse::<u64>()) {
        return Some(Number::from(integer));
    }
    let float: f64 = format!("{sign}{digits}").parse().ok()?;
    Number::from_f64(float)
}

#[cfg(test)]
mod tests;
