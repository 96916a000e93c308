//! Fields of a body, with refusals that name them.

use serde_json::Value;

use super::refusal::Refusal;

/// An object of a body and its path, for error texts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a> {
    value: &'a Value,
    path: &'a str,
}

impl<'a> Object<'a> {
    /// The object at `path`, which the caller took from there.
    pub(super) fn new(value: &'a Value, path: &'a str) -> Result<Self, Refusal> {
        if value.is_object() {
            Ok(Self { value, path })
        } else {
            Err(Refusal::parameter(format!("{path} must be an object")))
        }
    }

    /// The object of a field.
    pub(super) fn object(&self, key: &'a str) -> Result<Self, Refusal> {
        match self.value.get(key) {
            Some(value) => Self::new(value, key),
            None => Err(Refusal::parameter(format!(
                "{}.{key} is missing",
                self.path
            ))),
        }
    }

    /// Any value of a field.
    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.value.get(key)
    }

    /// A text, possibly empty.
    pub(super) fn text(&self, key: &str) -> Result<&'a str, Refusal> {
        self.text_opt(key)?.ok_or_else(|| self.missing(key))
    }

    /// A text that says something.
    pub(super) fn name(&self, key: &str) -> Result<&'a str, Refusal> {
        match self.text(key)? {
            "" => Err(self.wrong(key, "must not be empty")),
            text => Ok(text),
        }
    }

    /// A text, if it is there.
    pub(super) fn text_opt(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        match self.value.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(key, "must be a string")),
        }
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, key: &str) -> Result<u64, Refusal> {
        self.number_opt(key)?.ok_or_else(|| self.missing(key))
    }

    /// A whole number that is not negative, if it is there.
    pub(super) fn number_opt(&self, key: &str) -> Result<Option<u64>, Refusal> {
        match self.value.get(key) {
            None => Ok(None),
            Some(value) => match value.as_u64() {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, "must be a whole number")),
            },
        }
    }

    /// A flag.
    pub(super) fn flag(&self, key: &str) -> Result<bool, Refusal> {
        match self.value.get(key) {
            None => Err(self.missing(key)),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.wrong(key, "must be true or false")),
        }
    }

    /// The refusal of one field.
    pub(super) fn wrong(&self, key: &str, rule: &str) -> Refusal {
        Refusal::parameter(format!("{}.{key} {rule}", self.path))
    }

    fn missing(&self, key: &str) -> Refusal {
        self.wrong(key, "is missing")
    }
}
