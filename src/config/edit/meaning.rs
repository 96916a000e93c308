//! What JSON5 nodes mean as plain values.

use jsonc_parser::ast::Value as Node;
use serde_json::{Number, Value};

/// Largest whole number that every reader of the file keeps exactly (2^53).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a node.
pub(crate) fn value(node: &Node<'_>) -> Value {
    match node {
        Node::StringLit(string) => Value::String(string.value.clone().into_owned()),
        Node::NumberLit(number) => {
            let text = || Value::String(number.value.to_owned());
            self::number(number.value).map_or_else(text, Value::Number)
        }
        Node::BooleanLit(boolean) => Value::Bool(boolean.value),
        Node::NullKeyword(_) => Value::Null,
        Node::Array(array) => array.elements.iter().map(value).collect(),
        Node::Object(object) => object
            .properties
            .iter()
            .map(|p| (p.name.as_str().to_owned(), value(&p.value)))
            .collect(),
    }
}

/// A number in any of JSON5's notations; `None` if it is beyond what a double can hold.
/// Whole numbers are integers however they were written, so that `1e3` is `1000`.
pub(crate) fn number(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let hex = digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"));
    let whole = match hex {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => digits.parse::<u64>().ok(),
    };
    if let Some(whole) = whole {
        if !negative {
            return Some(whole.into());
        }
        if let Some(whole) = 0i64.checked_sub_unsigned(whole) {
            return Some(whole.into());
        }
    }
    // The standard parser takes the bare decimal points of JSON5 as well.
    let float = digits.parse::<f64>().ok()?;
    let float = if negative { -float } else { float };
    if float.fract() == 0.0 && float.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        return Some((float as i64).into());
    }
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_notation_of_a_number() {
        for (text, expected) in [
            ("7", json!(7)),
            ("-7", json!(-7)),
            ("+5", json!(5)),
            ("0x10", json!(16)),
            ("-0X1f", json!(-31)),
            ("1e3", json!(1000)),
            ("1.0", json!(1)),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("-0", json!(0)),
            ("1.25e-3", json!(0.00125)),
            ("18446744073709551615", json!(u64::MAX)),
            ("-9223372036854775808", json!(i64::MIN)),
            ("18446744073709551616", json!(18_446_744_073_709_551_616.0)),
        ] {
            assert_eq!(number(text).map(Value::Number), Some(expected), "{text}");
        }
        assert_eq!(number("1e999"), None);
    }
}
