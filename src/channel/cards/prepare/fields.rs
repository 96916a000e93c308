//! Reads the fields of an object as what they were meant to be, noting what changes.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::candidate::Object;
use super::super::click::INERT_PREFIX;
use super::super::coerce;
use super::change::{ChangeKind, Changes};
use crate::wecom::card::CheckMode;
use crate::wecom::card::limits::KEY_MAX_BYTES;

/// A text is cut at this multiple of the recommended length; below it, the client cuts.
const CUT_AT: usize = 2;

/// An object of a card, and where it stands.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    object: &'a Object,
    path: String,
    changes: &'a Changes,
}

/// An entry of a list.
pub(super) enum Item<'a> {
    /// The short form: just a text.
    Text(String),
    /// An object.
    Fields(Fields<'a>),
}

impl<'a> Fields<'a> {
    pub(super) fn root(object: &'a Object, changes: &'a Changes) -> Self {
        Self {
            object,
            path: String::new(),
            changes,
        }
    }

    /// Notes what was done to a field of this object.
    pub(super) fn note(&self, key: &str, kind: ChangeKind) {
        self.changes.note(self.path_of(key), kind);
    }

    /// Whether there is a list of that name.
    pub(super) fn has_list(&self, key: &str) -> bool {
        self.get(key).is_some_and(Value::is_array)
    }

    /// A text of which `chars` characters are recommended.
    pub(super) fn text(&self, key: &str, chars: usize) -> Option<String> {
        self.text_of(&[key], chars)
    }

    /// The text of the first of several names that has one.
    pub(super) fn text_of(&self, keys: &[&str], chars: usize) -> Option<String> {
        let (key, text) = self.first(keys)?;
        Some(self.shortened(key, text, chars))
    }

    /// A text that was found for a field, cut where it is far too long.
    pub(super) fn shortened(&self, key: &str, text: String, chars: usize) -> String {
        match coerce::cut_chars(&text, CUT_AT * chars) {
            Some(cut) => {
                self.note(key, ChangeKind::Cut);
                cut
            }
            None => text,
        }
    }

    /// An id or another text that people do not read; at most `max` bytes.
    pub(super) fn token(&self, keys: &[&str], max: usize) -> Option<String> {
        let (key, text) = self.first(keys)?;
        let cut = coerce::cut_bytes(&text, max).trim_end();
        if cut.len() < text.len() {
            self.note(key, ChangeKind::Cut);
        }
        Some(cut.to_owned())
    }

    /// A key that comes back in events. What marks our own keys is taken off.
    pub(super) fn key(&self, keys: &[&str]) -> Option<String> {
        let key = self.token(keys, KEY_MAX_BYTES)?;
        let mut own = key.as_str();
        while let Some(rest) = own.strip_prefix(INERT_PREFIX) {
            own = rest.trim_start();
        }
        if own.len() < key.len() {
            self.note(keys.first().copied().unwrap_or_default(), ChangeKind::Cut);
        }
        (!own.is_empty()).then(|| own.to_owned())
    }

    /// A whole number in `range`, or a word for one.
    pub(super) fn number(
        &self,
        key: &str,
        words: &[(&str, u8)],
        range: RangeInclusive<u8>,
    ) -> Option<u8> {
        let value = self.get(key)?;
        let word = value.as_str().map(|word| word.trim().to_lowercase());
        let word = word.and_then(|word| words.iter().find(|(known, _)| *known == word));
        let number = match word {
            Some((_, number)) => Some(*number),
            None => coerce::number(value).and_then(|number| u8::try_from(number).ok()),
        };
        let number = number.filter(|number| range.contains(number));
        self.note_conversion(key, value, number.map(Value::from).as_ref());
        number
    }

    /// A truth value.
    pub(super) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = coerce::flag(value);
        self.note_conversion(key, value, flag.map(Value::from).as_ref());
        flag
    }

    /// How many options may be chosen.
    pub(super) fn mode(&self, key: &str) -> Option<CheckMode> {
        let value = self.get(key)?;
        let mode = coerce::mode(value);
        let number = mode.map(|mode| Value::from(u8::from(mode)));
        self.note_conversion(key, value, number.as_ref());
        mode
    }

    /// A number with a fraction, brought into a range, with two digits after the point.
    pub(super) fn ratio(&self, key: &str, min: f64, max: f64) -> Option<f64> {
        let value = self.get(key)?;
        let number = match value {
            Value::String(text) => text.trim().parse().ok(),
            value => value.as_f64(),
        };
        let number = number.filter(|number: &f64| number.is_finite());
        let ratio = number.map(|number| (number.clamp(min, max) * 100.0).round() / 100.0);
        self.note_conversion(key, value, ratio.map(Value::from).as_ref());
        ratio
    }

    /// The address of a web page.
    pub(super) fn url(&self, key: &str) -> Option<String> {
        let (key, text) = self.first(&[key])?;
        let url = coerce::web_page(&text);
        if url.is_none() {
            self.note(key, ChangeKind::Dropped);
        }
        url
    }

    /// A text that stands where an object should be.
    pub(super) fn text_in_place_of(&self, key: &str, chars: usize) -> Option<String> {
        self.get(key).filter(|value| value.is_string())?;
        self.note(key, ChangeKind::Converted);
        self.text(key, chars)
    }

    /// An object inside this one.
    pub(super) fn child(&self, key: &str) -> Option<Fields<'a>> {
        let value = self.get(key)?;
        let Some(object) = value.as_object() else {
            self.note(key, ChangeKind::Dropped);
            return None;
        };
        Some(Fields {
            object,
            path: self.path_of(key),
            changes: self.changes,
        })
    }

    /// The usable entries of a list, `max` at the most. `read` gets each with its number,
    /// counted from 1.
    pub(super) fn list<T>(
        &self,
        key: &str,
        max: usize,
        mut read: impl FnMut(usize, Item<'a>) -> Option<T>,
    ) -> Vec<T> {
        let mut list = Vec::new();
        let Some(value) = self.get(key) else {
            return list;
        };
        let Some(values) = value.as_array() else {
            self.note(key, ChangeKind::Dropped);
            return list;
        };
        for (at, value) in values.iter().enumerate() {
            if list.len() == max {
                self.note(key, ChangeKind::Cut);
                break;
            }
            let entry = format!("{key}[{at}]");
            let item = match value {
                Value::Object(object) => Some(Item::Fields(Fields {
                    object,
                    path: self.path_of(&entry),
                    changes: self.changes,
                })),
                value => coerce::text(value).map(Item::Text),
            };
            match item.and_then(|item| read(at + 1, item)) {
                Some(read) => list.push(read),
                None => self.note(&entry, ChangeKind::Dropped),
            }
        }
        list
    }

    /// A value that is there; `null` is not.
    fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn first<'k>(&self, keys: &[&'k str]) -> Option<(&'k str, String)> {
        keys.iter().find_map(|key| {
            let value = self.get(key)?;
            let text = coerce::text(value);
            if !value.is_string() {
                self.note_conversion(key, value, text.as_deref().map(Value::from).as_ref());
            }
            Some((*key, text?))
        })
    }

    fn note_conversion(&self, key: &str, from: &Value, to: Option<&Value>) {
        match to {
            Some(to) if to == from => {}
            Some(_) => self.note(key, ChangeKind::Converted),
            None => self.note(key, ChangeKind::Dropped),
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

impl<'a> Item<'a> {
    /// The object, where a text alone says nothing.
    pub(super) fn into_fields(self) -> Option<Fields<'a>> {
        match self {
            Self::Fields(fields) => Some(fields),
            Self::Text(_) => None,
        }
    }
}

/// Keys or ids that were given out; a repeated one gets a number.
#[derive(Default)]
pub(super) struct Unique(HashSet<String>);

impl Unique {
    pub(super) fn take(&mut self, id: String, max_bytes: usize) -> String {
        if self.0.insert(id.clone()) {
            return id;
        }
        let mut number = 2_usize;
        loop {
            let suffix = format!("_{number}");
            let room = max_bytes.saturating_sub(suffix.len());
            let unique = format!("{}{suffix}", coerce::cut_bytes(&id, room));
            if self.0.insert(unique.clone()) {
                return unique;
            }
            number += 1;
        }
    }
}
