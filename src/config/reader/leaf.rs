//! Texts, numbers, words and lists of them.

use serde_json::{Number, Value};

use super::{Reader, shape};
use crate::config::duration;
use crate::config::findings::Finding;
use crate::config::place::Place;
use crate::config::schema::{Field, Node, Reading};

/// Largest whole number that every program which shares the file reads exactly.
const MAX_EXACT: u64 = (1 << 53) - 1;

impl Reader<'_> {
    pub(super) fn text(&mut self, value: &Value, node: &Node, place: &Place) -> Option<String> {
        let text = match value {
            Value::String(text) => self.expand(text, place)?,
            Value::Number(number) => self.text_of_number(number, node, place),
            other => return self.wrong_type(other, "a text", place),
        };
        self.check_length(&text, &node.field, place)?;
        if node.reading == Reading::Path && !text.trim().is_empty() {
            return Some(self.path(text.trim(), place));
        }
        Some(text)
    }

    /// A number where a text belongs, with a warning.
    pub(super) fn text_of_number(&mut self, number: &Number, node: &Node, place: &Place) -> String {
        if node.reading != Reading::NumberText {
            self.findings.push(Finding::warning(
                "string_from_number",
                place.clone(),
                "a text is written as a number: leading zeros or large numbers may be damaged \
                 already",
                format!("put the value of `{place}` in quotes"),
            ));
        }
        number.to_string()
    }

    /// A path from the root, with `~` expanded; relative ones start from the directory of
    /// the file that contains them.
    fn path(&self, text: &str, place: &Place) -> String {
        let path = self.env.expand_tilde(text);
        let base = self.included.directory(place, self.directory);
        base.join(path).display().to_string()
    }

    fn check_length(&mut self, text: &str, field: &Field, place: &Place) -> Option<()> {
        let over = |length: usize, limit: Option<u64>| {
            let length = u64::try_from(length).unwrap_or(u64::MAX);
            limit
                .filter(|limit| length > *limit)
                .map(|limit| (length, limit))
        };
        let (length, limit, unit) = match (
            over(text.chars().count(), field.max_chars),
            over(text.len(), field.max_bytes),
        ) {
            (Some((length, limit)), _) => (length, limit, "characters"),
            (None, Some((length, limit))) => (length, limit, "bytes"),
            (None, None) => return Some(()),
        };
        self.findings.push(Finding::error(
            "out_of_range",
            place.clone(),
            format!(
                "`{}` has {length} {unit}, at most {limit} are allowed",
                place.name()
            ),
            format!("shorten `{place}`"),
        ));
        None
    }

    pub(super) fn text_list(&mut self, value: &Value, node: &Node, place: &Place) -> Option<Value> {
        let single;
        let elements = match value {
            Value::Array(elements) => elements.as_slice(),
            Value::String(_) | Value::Number(_) => {
                self.findings.push(Finding::warning(
                    "type_mismatch",
                    place.clone(),
                    "a single value stands where a list belongs; it is taken as a list of one",
                    format!("write `{place}` as a list: [\"…\"]"),
                ));
                single = [value.clone()];
                &single
            }
            other => return self.wrong_type(other, "a list of texts", place),
        };
        let mut texts = Vec::with_capacity(elements.len());
        for (index, element) in elements.iter().enumerate() {
            let here = place.index(index);
            let text = self.list_entry(element, &here).unwrap_or_default();
            let text = text.trim();
            texts.push(if node.reading == Reading::Path && !text.is_empty() {
                Value::from(self.path(text, place))
            } else {
                Value::from(text)
            });
        }
        Some(Value::Array(texts))
    }

    fn list_entry(&mut self, element: &Value, place: &Place) -> Option<String> {
        match element {
            Value::String(text) => self.expand(text, place),
            Value::Number(number) if number.as_u64().is_some_and(|n| n <= MAX_EXACT) => {
                Some(number.to_string())
            }
            Value::Number(number) if number.is_u64() || number.as_f64().is_some_and(is_large) => {
                self.findings.push(Finding::error(
                    "id_precision",
                    place.clone(),
                    "the number is above 2^53 - 1, which other programs do not read exactly",
                    format!("put the value of `{place}` in quotes"),
                ));
                None
            }
            Value::Null => {
                self.null(place);
                None
            }
            other => self.wrong_type(other, "a text", place),
        }
    }

    pub(super) fn boolean(&mut self, value: &Value, place: &Place) -> Option<Value> {
        let text = match value {
            Value::Bool(_) => return Some(value.clone()),
            Value::String(text) => self.expand(text, place)?,
            other => return self.wrong_type(other, "true or false", place),
        };
        let boolean = match text.trim() {
            "true" => true,
            "false" => false,
            _ => return self.wrong_type(value, "true or false", place),
        };
        self.taken_from_text(place);
        Some(Value::Bool(boolean))
    }

    pub(super) fn number(
        &mut self,
        value: &Value,
        node: &Node,
        place: &Place,
        whole: bool,
    ) -> Option<Value> {
        let wanted = if whole { "a whole number" } else { "a number" };
        let number = match value {
            Value::Number(number) => number.clone(),
            Value::String(text) => {
                let text = self.expand(text, place)?;
                let Some(number) = parse_number(text.trim()) else {
                    return self.wrong_type(value, wanted, place);
                };
                self.taken_from_text(place);
                number
            }
            other => return self.wrong_type(other, wanted, place),
        };
        let number = match (whole, whole_number(&number)) {
            (true, Some(integer)) => integer,
            (true, None) => {
                self.findings.push(Finding::error(
                    "type_mismatch",
                    place.clone(),
                    format!("`{}` must be a whole number, not {number}", place.name()),
                    format!("change `{place}` to a whole number"),
                ));
                return None;
            }
            (false, _) => number,
        };
        self.check_range(&number, &node.field, place)?;
        Some(Value::Number(number))
    }

    fn check_range(&mut self, number: &Number, field: &Field, place: &Place) -> Option<()> {
        let value = number.as_f64()?;
        if field.minimum.is_none_or(|minimum| value >= minimum)
            && field.maximum.is_none_or(|maximum| value <= maximum)
        {
            return Some(());
        }
        let range = match (field.minimum, field.maximum) {
            (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
            (Some(minimum), None) => format!("{minimum} or more"),
            (None, Some(maximum)) => format!("{maximum} or less"),
            (None, None) => return Some(()),
        };
        self.findings.push(Finding::error(
            "out_of_range",
            place.clone(),
            format!("`{}` must be {range}, got {number}", place.name()),
            format!("change `{place}` to {range}"),
        ));
        None
    }

    /// Says that a text was taken as another type, unless a variable can have no other.
    fn taken_from_text(&mut self, place: &Place) {
        if !self.from_environment.contains(place) {
            self.findings.push(Finding::warning(
                "type_mismatch",
                place.clone(),
                "the value is written as a text; it is taken as what it says",
                format!("remove the quotes at `{place}`"),
            ));
        }
    }

    pub(super) fn word(&mut self, value: &Value, words: &[String], place: &Place) -> Option<Value> {
        let list = words.join(", ");
        let Value::String(text) = value else {
            return self.wrong_type(value, &format!("one of {list}"), place);
        };
        let text = self.expand(text, place)?;
        let text = text.trim();
        if words.iter().any(|word| word == text) {
            return Some(Value::from(text));
        }
        if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            self.findings.push(Finding::warning(
                "enum_value",
                place.clone(),
                format!("`{text}` is taken as `{word}`"),
                format!("write \"{word}\" at `{place}`"),
            ));
            return Some(Value::from(word.as_str()));
        }
        self.findings.push(Finding::error(
            "enum_value",
            place.clone(),
            format!(
                "`{}` is `{}`, which is not one of {list}",
                place.name(),
                abbreviated(text)
            ),
            format!("change `{place}` to one of {list}"),
        ));
        None
    }

    pub(super) fn duration(
        &mut self,
        value: &Value,
        reading: Reading,
        place: &Place,
    ) -> Option<Value> {
        let wanted = match reading {
            Reading::DurationOrFalse => "a duration such as \"24h\", or false",
            _ => "milliseconds or a duration such as \"1h30m\"",
        };
        let millis = match value {
            Value::Bool(false) if reading == Reading::DurationOrFalse => {
                return Some(Value::Bool(false));
            }
            Value::Number(number) => whole_number(number).and_then(|number| number.as_u64()),
            Value::String(text) => duration::parse_millis(self.expand(text, place)?.trim()),
            _ => None,
        };
        if millis.is_none() {
            self.findings.push(Finding::error(
                "type_mismatch",
                place.clone(),
                format!("`{}` must be {wanted}, not {}", place.name(), shape(value)),
                format!("change `{place}` to {wanted}"),
            ));
        }
        millis.map(Value::from)
    }
}

fn is_large(number: f64) -> bool {
    number > 9_007_199_254_740_991.0
}

/// The number if it is whole; `3e2` is.
fn whole_number(number: &Number) -> Option<Number> {
    if number.is_i64() || number.is_u64() {
        return Some(number.clone());
    }
    let float = number.as_f64()?;
    if float.fract() != 0.0 || float.abs() > 9_007_199_254_740_991.0 {
        return None;
    }
    format!("{float:.0}").parse::<i64>().ok().map(Number::from)
}

/// A decimal number as text.
fn parse_number(text: &str) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Number::from(integer));
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// Enough of a wrong word to find it.
fn abbreviated(text: &str) -> String {
    const SHOWN: usize = 40;
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}…")
}
