//! A place in the configuration.

use std::fmt;

/// The place of a value: the keys that lead to it, as the user wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(crate) struct Place(Vec<Step>);

/// One step of a [`Place`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Key of an object.
    Key(String),
    /// Position in an array.
    Index(usize),
}

impl Place {
    /// The root of the file.
    pub(crate) fn root() -> Self {
        Self::default()
    }

    /// A place from dotted plain names; keys that hold a dot are added with
    /// [`Place::key`].
    pub(crate) fn of(dotted: &str) -> Self {
        Self(
            dotted
                .split('.')
                .filter(|name| !name.is_empty())
                .map(|name| Step::Key(name.to_owned()))
                .collect(),
        )
    }

    /// A place from its steps.
    pub(crate) fn from_steps(steps: &[Step]) -> Self {
        Self(steps.to_vec())
    }

    /// The place of a member.
    pub(crate) fn key(&self, key: &str) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Key(key.to_owned()));
        Self(steps)
    }

    /// The place of an element.
    pub(crate) fn index(&self, index: usize) -> Self {
        let mut steps = self.0.clone();
        steps.push(Step::Index(index));
        Self(steps)
    }

    /// The place `relative` below this one.
    pub(crate) fn join(&self, relative: &Place) -> Self {
        let mut steps = self.0.clone();
        steps.extend(relative.0.iter().cloned());
        Self(steps)
    }

    /// The steps from `base` to here, or `None` if this is not below it.
    pub(crate) fn below(&self, base: &Place) -> Option<Place> {
        self.0
            .strip_prefix(base.0.as_slice())
            .map(|rest| Self(rest.to_vec()))
    }

    /// The steps.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// The name of the first step.
    pub(crate) fn first_key(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The name of the last step.
    pub(crate) fn last_key(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// The last key with the positions after it, as a name for messages.
    pub(crate) fn name(&self) -> String {
        let from = self
            .0
            .iter()
            .rposition(|step| matches!(step, Step::Key(_)))
            .unwrap_or(0);
        Self::from_steps(self.0.get(from..).unwrap_or_default()).to_string()
    }

    /// Looks the place up in the members of an object.
    pub(crate) fn find_in<'v>(
        &self,
        members: &'v serde_json::Map<String, serde_json::Value>,
    ) -> Option<&'v serde_json::Value> {
        let (first, rest) = self.0.split_first()?;
        let Step::Key(key) = first else {
            return None;
        };
        Self::from_steps(rest).find(members.get(key)?)
    }

    /// Looks the place up in a JSON value.
    pub(crate) fn find<'v>(&self, value: &'v serde_json::Value) -> Option<&'v serde_json::Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_plain(key) => {
                    if position > 0 {
                        f.write_str(".")?;
                    }
                    f.write_str(key)?;
                }
                Step::Key(key) => {
                    let escaped = key.replace('\\', "\\\\").replace('"', "\\\"");
                    write!(f, "[\"{escaped}\"]")?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a key can stand between dots.
fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '$' | '*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_dots_or_quotes_stand_in_brackets() {
        let place = Place::of("channels.wecom").key("groups").key("wr.A");
        assert_eq!(place.to_string(), r#"channels.wecom.groups["wr.A"]"#);
        assert_eq!(
            Place::of("bindings").index(2).key("a\"b").to_string(),
            r#"bindings[2]["a\"b"]"#
        );
        assert_eq!(Place::root().key("客服").to_string(), "客服");
        assert_eq!(
            place
                .below(&Place::of("channels.wecom"))
                .unwrap()
                .first_key(),
            Some("groups")
        );
        assert_eq!(place.below(&Place::of("agents")), None);
        assert_eq!(Place::of("a.list").index(1).name(), "list[1]");
        assert_eq!(place.name(), r#"["wr.A"]"#);
    }
}
