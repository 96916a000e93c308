//! One configuration file as text, with edits that touch nothing but what they name.

use std::collections::HashSet;

use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::{Range, Ranged};
use serde_json::{Map, Value};

use crate::config::path::{ConfigPath, Segment};

use super::gather;
use super::meaning;
use super::render::{self, Layout};
use super::source::Source;
use super::splice::{self, NewMember, Splice};
use super::style::Style;
use super::tree;

/// A JSON5 text that can be edited in place.
///
/// Comments, key order, quotes and white space outside an edited value stay byte for byte;
/// new text follows the hand that the file is written in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    bom: bool,
    text: String,
}

/// Why a text cannot be edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct SyntaxError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// Why an edit was not made; the document is unchanged then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A key was asked for where no object is.
    #[error("`{path}` is not an object; set the whole value, or unset it first")]
    NotAnObject {
        /// What is not an object.
        path: ConfigPath,
    },
    /// A position was asked for where no list is.
    #[error("`{path}` is not a list; a position such as `[0]` has no meaning there")]
    NotAnArray {
        /// What is not a list.
        path: ConfigPath,
    },
    /// A position behind the end of a list.
    #[error("`{path}` has {len} entries; `[{len}]` appends, `[{index}]` would leave a gap")]
    BeyondEnd {
        /// The list.
        path: ConfigPath,
        /// The position asked for.
        index: usize,
        /// How many entries there are.
        len: usize,
    },
    /// Nothing is there to be taken out.
    #[error("`{path}` is not set in this file; nothing changed")]
    Absent {
        /// What was to be removed.
        path: ConfigPath,
    },
    /// The file's root must stay an object.
    #[error("the whole file cannot be replaced by something that is not an object")]
    Root,
    /// The edited text would not mean what was asked for.
    #[error(
        "`{path}` cannot be changed without rewriting text around it; edit the file by hand there"
    )]
    CannotExpress {
        /// What was to be changed.
        path: ConfigPath,
    },
}

impl Document {
    /// Takes a text apart. A leading byte order mark is kept; a text without a value
    /// (empty, or comments only) counts as an empty object.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let bom = text.starts_with('\u{feff}');
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let parsed = Source::parse(&text).map_err(|e| SyntaxError {
            line: e.line_display(),
            column: e.column_display(),
            message: e.kind().to_string(),
        })?;
        let (has_root, at) = match &parsed.root {
            Some(root @ Node::Object(_)) => (true, repeated_key(root)),
            Some(other) => (
                true,
                Some((other.start(), "the file must hold one object".to_owned())),
            ),
            None => (false, None),
        };
        if let Some((at, message)) = at {
            return Err(syntax_error(&text, at, message));
        }
        let text = if has_root {
            text
        } else {
            // A comment without a line break would swallow the braces.
            let gap = if text.is_empty() || text.ends_with('\n') {
                ""
            } else {
                "\n"
            };
            format!("{text}{gap}{{}}\n")
        };
        Ok(Self { bom, text })
    }

    /// The text as it is now.
    pub fn text(&self) -> String {
        let bom = if self.bom { "\u{feff}" } else { "" };
        format!("{bom}{}", self.text)
    }

    /// What the text means.
    pub fn value(&self) -> Value {
        self.node_value(&ConfigPath::default()).unwrap_or_default()
    }

    /// The value at `path`, as written: references unresolved, includes not followed.
    pub fn get(&self, path: &ConfigPath) -> Option<Value> {
        self.node_value(path)
    }

    /// Every comment, in order, as written.
    pub fn comments(&self) -> Vec<String> {
        let Ok(source) = Source::parse(&self.text) else {
            return Vec::new();
        };
        let texts = source.comments().map(|c| source.slice(c.start, c.end));
        texts.map(str::to_owned).collect()
    }

    /// Puts `value` at `path`, creating what is missing on the way. Where an object
    /// replaces an object, or a list a list, only what differs is written.
    pub fn set(&mut self, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        if path.is_root() && !value.is_object() {
            return Err(EditError::Root);
        }
        self.checked(
            path,
            |root| tree::set(root, path, value.clone()),
            |document| document.put(path, value),
        )
    }

    /// Takes out the value at `path`; entries behind it in a list move up.
    pub fn unset(&mut self, path: &ConfigPath) -> Result<(), EditError> {
        let absent = || EditError::Absent { path: path.clone() };
        self.checked(
            path,
            |root| tree::unset(root, path).then_some(()).ok_or_else(absent),
            |document| document.take(path).ok_or_else(absent),
        )
    }

    /// JSON merge patch at `path`: objects merge, `null` removes, everything else replaces.
    pub fn patch(&mut self, path: &ConfigPath, changes: &Value) -> Result<(), EditError> {
        let target = merged(self.get(path).unwrap_or_default(), changes, Lists::Replace);
        self.set(path, &target)
    }

    /// Like [`Document::patch`], but entries of lists are added where they are missing.
    pub fn merge(&mut self, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        let target = merged(self.get(path).unwrap_or_default(), value, Lists::Join);
        self.set(path, &target)
    }

    /// Takes members of the object at `from` into the object at `into`, which is made where
    /// it is missing. Comments go with them where every one stands on lines of its own;
    /// elsewhere they stay where they are.
    pub fn gather(
        &mut self,
        into: &ConfigPath,
        from: &ConfigPath,
        keys: &[String],
    ) -> Result<(), EditError> {
        let held = self.get(from).unwrap_or_default();
        let moved: Vec<(&String, Value)> = keys
            .iter()
            .filter_map(|key| Some((key, held.get(key)?.clone())))
            .collect();
        let on_value = |root: &mut Value| {
            for (key, value) in &moved {
                tree::unset(root, &from.key(*key));
                tree::set(root, &into.key(*key), value.clone())?;
            }
            Ok(())
        };
        let with_comments = self.checked(into, on_value, |document| {
            document.edit(into, |source| gather::by_lines(source, into, from, keys))
        });
        if with_comments.is_ok() {
            return Ok(());
        }
        self.checked(into, on_value, |document| {
            for (key, value) in &moved {
                document.put(&into.key(*key), value)?;
                document.take(&from.key(*key));
            }
            Ok(())
        })
    }

    /// Runs an edit on the text and the same edit on the value, and keeps the text only if
    /// both agree.
    fn checked(
        &mut self,
        path: &ConfigPath,
        on_value: impl FnOnce(&mut Value) -> Result<(), EditError>,
        on_text: impl FnOnce(&mut Self) -> Result<(), EditError>,
    ) -> Result<(), EditError> {
        let mut expected = self.value();
        on_value(&mut expected)?;
        let mut edited = self.clone();
        on_text(&mut edited)?;
        if !tree::equivalent(&edited.value(), &expected) {
            return Err(EditError::CannotExpress { path: path.clone() });
        }
        *self = edited;
        Ok(())
    }

    fn node_value(&self, path: &ConfigPath) -> Option<Value> {
        let source = Source::parse(&self.text).ok()?;
        source.node(path).map(meaning::value)
    }

    fn put(&mut self, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        match self.get(path) {
            Some(old) if tree::equivalent(&old, value) => Ok(()),
            Some(Value::Object(old)) if value.is_object() => {
                self.put_object(path, &old, value.as_object().unwrap_or(&Map::new()))
            }
            Some(Value::Array(old)) if value.is_array() => {
                self.put_list(path, &old, value.as_array().map_or(&[], Vec::as_slice))
            }
            Some(_) => self.edit(path, |source| replace(source, path, value)),
            None => self.create(path, value),
        }
    }

    fn put_object(
        &mut self,
        path: &ConfigPath,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Result<(), EditError> {
        for (key, value) in new {
            // Looked at before the text is, which takes a parse each time.
            if !old.get(key).is_some_and(|old| tree::equivalent(old, value)) {
                self.put(&path.key(key), value)?;
            }
        }
        for key in old.keys().filter(|key| !new.contains_key(*key)) {
            let _ = self.take(&path.key(key));
        }
        Ok(())
    }

    /// Keeps equal entries at both ends, so that comments stay with their entries; what
    /// lies between is replaced one by one, then shortened or lengthened.
    fn put_list(
        &mut self,
        path: &ConfigPath,
        old: &[Value],
        new: &[Value],
    ) -> Result<(), EditError> {
        let same = |(a, b): &(&Value, &Value)| tree::equivalent(a, b);
        let head = old.iter().zip(new).take_while(same).count();
        let shorter = old.len().min(new.len()) - head;
        let tail = old
            .iter()
            .rev()
            .zip(new.iter().rev())
            .take(shorter)
            .take_while(same)
            .count();
        // Nothing can be put before the first entry: then the entries behind it change.
        let tail = if head == 0 && tail == old.len() {
            0
        } else {
            tail
        };
        let old_middle = old.len() - head - tail;
        let new_middle = new.len() - head - tail;
        for (offset, value) in new.iter().enumerate().skip(head).take(new_middle) {
            if offset < head + old_middle {
                self.put(&path.index(offset), value)?;
            } else if offset == 0 {
                self.create(&path.index(0), value)?;
            } else {
                self.edit(path, |source| insert(source, path, offset - 1, value))?;
            }
        }
        for _ in new_middle..old_middle {
            let _ = self.take(&path.index(head + new_middle));
        }
        Ok(())
    }

    /// Adds what is missing of `path` to the deepest value that exists.
    fn create(&mut self, path: &ConfigPath, value: &Value) -> Result<(), EditError> {
        let mut parent = path.clone();
        let mut value = value.clone();
        while let Some((shorter, last)) = parent.split_last() {
            match self.get(&shorter) {
                Some(Value::Object(_) | Value::Array(_)) => {
                    let key = match (last, self.get(&shorter)) {
                        (Segment::Key(key), Some(Value::Object(_))) => Some(key.as_str()),
                        _ => None,
                    };
                    let member = NewMember { key, value: &value };
                    return self.edit(&shorter, |source| {
                        let container = source.container(&shorter)?;
                        Some(splice::append(source, &container, &member))
                    });
                }
                found => {
                    value = match last {
                        Segment::Key(key) => Value::Object(Map::from_iter([(key.clone(), value)])),
                        Segment::Index(_) => Value::Array(vec![value]),
                    };
                    if found.is_some() {
                        return self.edit(&shorter, |source| replace(source, &shorter, &value));
                    }
                }
            }
            parent = shorter;
        }
        Err(EditError::Root)
    }

    /// Takes out one member; `None` if it is not there.
    fn take(&mut self, path: &ConfigPath) -> Option<()> {
        let (parent, last) = path.split_last()?;
        let position = {
            let source = Source::parse(&self.text).ok()?;
            match (source.node(&parent)?, last) {
                (Node::Object(object), Segment::Key(key)) => object
                    .properties
                    .iter()
                    .position(|p| p.name.as_str() == key)?,
                (Node::Array(_), last) => last.as_index()?,
                _ => return None,
            }
        };
        self.edit(path, |source| {
            let container = source.container(&parent)?;
            let member = container.members.get(position)?;
            Some(splice::remove(source, *member))
        })
        .ok()?;
        self.edit(&parent, |source| {
            let container = source.container(&parent)?;
            let inside = Range::new(container.range.start + 1, container.range.end - 1);
            let is_blank = source.slice(inside.start, inside.end).trim().is_empty();
            Some(if is_blank {
                vec![Splice::replace(inside, String::new())]
            } else {
                Vec::new()
            })
        })
        .ok()
    }

    fn edit(
        &mut self,
        path: &ConfigPath,
        splices: impl FnOnce(&Source<'_>) -> Option<Vec<Splice>>,
    ) -> Result<(), EditError> {
        let edited = Source::parse(&self.text)
            .ok()
            .and_then(|source| splices(&source))
            .map(|splices| splice::apply(&self.text, splices));
        match edited {
            Some(text) => {
                self.text = text;
                Ok(())
            }
            None => Err(EditError::CannotExpress { path: path.clone() }),
        }
    }
}

fn replace(source: &Source<'_>, path: &ConfigPath, value: &Value) -> Option<Vec<Splice>> {
    let range = source.node(path)?.range();
    let container = path
        .split_last()
        .and_then(|(parent, _)| source.node(&parent));
    let is_inline = container.is_some_and(|c| !source.has_newline(c.start(), range.start));
    let style = Style::of(source);
    let layout = if is_inline || style.compact {
        Layout::Inline
    } else {
        Layout::Lines(source.indent(range.start))
    };
    let text = render::value(value, &style, layout);
    Some(vec![Splice::replace(range, text)])
}

/// Adds an entry behind the one at `after`, which is not the list's last or is.
fn insert(
    source: &Source<'_>,
    path: &ConfigPath,
    after: usize,
    value: &Value,
) -> Option<Vec<Splice>> {
    let container = source.container(path)?;
    let member = *container.members.get(after)?;
    let is_last = after + 1 == container.members.len();
    let new = NewMember { key: None, value };
    Some(splice::insert_after(
        source, &container, member, is_last, &new,
    ))
}

/// What a merge does with two lists.
#[derive(Clone, Copy)]
enum Lists {
    Replace,
    Join,
}

fn merged(target: Value, patch: &Value, lists: Lists) -> Value {
    match (target, patch) {
        (target, Value::Object(patch)) => {
            let mut map = match target {
                Value::Object(map) => map,
                _ => Map::new(),
            };
            for (key, change) in patch {
                if change.is_null() {
                    map.shift_remove(key);
                } else {
                    let old = map.get(key).cloned().unwrap_or_default();
                    map.insert(key.clone(), merged(old, change, lists));
                }
            }
            Value::Object(map)
        }
        (Value::Array(mut items), Value::Array(more)) if matches!(lists, Lists::Join) => {
            for item in more {
                if !items.iter().any(|old| tree::equivalent(old, item)) {
                    items.push(item.clone());
                }
            }
            Value::Array(items)
        }
        (_, patch) => patch.clone(),
    }
}

/// The first key that an object has twice, with its position.
fn repeated_key(node: &Node<'_>) -> Option<(usize, String)> {
    match node {
        Node::Object(object) => {
            let mut seen = HashSet::new();
            object.properties.iter().find_map(|property| {
                if seen.insert(property.name.as_str()) {
                    return repeated_key(&property.value);
                }
                let message = format!("the key `{}` stands here twice", property.name.as_str());
                Some((property.start(), message))
            })
        }
        Node::Array(array) => array.elements.iter().find_map(repeated_key),
        _ => None,
    }
}

fn syntax_error(text: &str, at: usize, message: String) -> SyntaxError {
    let before = text.get(..at).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    SyntaxError {
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        message,
    }
}
