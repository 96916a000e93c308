//! Variables: where they come from, and `${NAME}` in texts.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::schema::is_variable_name;

/// Variables of all sources; an earlier source wins: process environment, `.env` of the
/// state directory, `env.vars` of the file. No `Debug`: values may be secrets.
pub(crate) struct Variables<'e> {
    environment: Option<&'e Environment>,
    dotenv: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
}

/// A text after its variables were put in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Expanded {
    pub(crate) text: String,
    /// Whether any variable was put in.
    pub(crate) used: bool,
    /// Variables that are missing or empty; their text stays as it was.
    pub(crate) missing: Vec<String>,
}

impl<'e> Variables<'e> {
    pub(crate) fn new(
        environment: &'e Environment,
        dotenv: BTreeMap<String, String>,
        file: BTreeMap<String, String>,
    ) -> Self {
        Self {
            environment: Some(environment),
            dotenv,
            file,
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.environment
            .and_then(|environment| environment.variable(name))
            .or_else(|| stored(&self.dotenv, name))
            .or_else(|| stored(&self.file, name))
    }

    /// Puts variables in. `$${NAME}` yields the literal `${NAME}`; what is put in is not
    /// looked at again.
    pub(crate) fn expand(&self, text: &str) -> Expanded {
        let mut expanded = Expanded {
            text: String::with_capacity(text.len()),
            used: false,
            missing: Vec::new(),
        };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.text.push_str(before);
            let (escaped, reference) = match after.strip_prefix('$') {
                Some(reference) => (true, reference),
                None => (false, after),
            };
            let Some((name, remaining)) = reference_name(reference) else {
                expanded.text.push('$');
                rest = after;
                continue;
            };
            rest = remaining;
            if escaped {
                expanded.push_reference(name);
            } else if let Some(value) = self.get(name) {
                expanded.text.push_str(value);
                expanded.used = true;
            } else {
                expanded.push_reference(name);
                expanded.missing.push(name.to_owned());
            }
        }
        expanded.text.push_str(rest);
        expanded
    }
}

impl Expanded {
    fn push_reference(&mut self, name: &str) {
        self.text.push_str("${");
        self.text.push_str(name);
        self.text.push('}');
    }
}

fn stored<'v>(source: &'v BTreeMap<String, String>, name: &str) -> Option<&'v str> {
    source
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// `{NAME}` at the start: the name, and what follows it.
fn reference_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix('{')?.split_once('}')?;
    is_variable_name(name).then_some((name, rest))
}

/// A line of a `.env` file that is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// Number of the line, from 1.
    pub(crate) line: usize,
    pub(crate) why: &'static str,
}

/// Reads `NAME=value` lines: optional `export`, `#` comments, single quotes literal, double
/// quotes with `\n`, `\t`, `\"` and `\\`.
pub(crate) fn parse_dotenv(text: &str) -> (BTreeMap<String, String>, Vec<BadLine>) {
    let mut variables = BTreeMap::new();
    let mut bad = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line);
        let mut refuse = |why| {
            bad.push(BadLine {
                line: index + 1,
                why,
            });
        };
        let Some((name, value)) = assignment.split_once('=') else {
            refuse("is not NAME=value");
            continue;
        };
        let name = name.trim();
        if !is_environment_name(name) {
            refuse("has a name that is not letters, digits and _");
            continue;
        }
        match unquote(value.trim()) {
            Some(value) if value.contains('\0') => refuse("holds a NUL character"),
            Some(value) => {
                variables.insert(name.to_owned(), value);
            }
            None => refuse("has no closing quote"),
        }
    }
    (variables, bad)
}

fn is_environment_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The value of one assignment, or `None` if a quote is not closed.
fn unquote(value: &str) -> Option<String> {
    if let Some(rest) = value.strip_prefix('\'') {
        return rest.split_once('\'').map(|(value, _)| value.to_owned());
    }
    let Some(rest) = value.strip_prefix('"') else {
        let end = value.find(" #").unwrap_or(value.len());
        return value.get(..end).map(|value| value.trim().to_owned());
    };
    let mut text = String::new();
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return Some(text),
            '\\' => match characters.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                escaped @ ('"' | '\\') => text.push(escaped),
                other => {
                    text.push('\\');
                    text.push(other);
                }
            },
            other => text.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in() {
        let environment = Environment::from_variables([("A", "1"), ("B", "${A}"), ("EMPTY", "")]);
        let variables = Variables::new(&environment, BTreeMap::new(), BTreeMap::new());
        for (text, expanded, used, missing) in [
            ("${A}${B}", "1${A}", true, vec![]),
            ("x-${A}-y", "x-1-y", true, vec![]),
            ("$${A}", "${A}", false, vec![]),
            ("$$${A}", "$${A}", false, vec![]),
            (
                "${lower} $A {A} ${} ${A",
                "${lower} $A {A} ${} ${A",
                false,
                vec![],
            ),
            ("${NONE}", "${NONE}", false, vec!["NONE"]),
            ("${EMPTY}${A}", "${EMPTY}1", true, vec!["EMPTY"]),
            ("100$", "100$", false, vec![]),
        ] {
            let found = variables.expand(text);
            assert_eq!(found.text, expanded, "{text}");
            assert_eq!(
                (found.used, found.missing),
                (used, missing.iter().map(ToString::to_string).collect()),
                "{text}"
            );
        }
    }

    #[test]
    fn an_earlier_source_is_never_overridden() {
        let environment = Environment::from_variables([("A", "process"), ("B", "")]);
        let source = |value: &str| {
            ["A", "B", "C"]
                .into_iter()
                .map(|name| (name.to_owned(), value.to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let mut dotenv = source("dotenv");
        dotenv.remove("C");
        let variables = Variables::new(&environment, dotenv, source("file"));
        assert_eq!(
            ["A", "B", "C", "D"].map(|name| variables.get(name)),
            [Some("process"), Some("dotenv"), Some("file"), None]
        );
    }

    #[test]
    fn dotenv_lines() {
        let text = "# remark\n\nA=1\nexport B = two words # remark\nC='a\\n#b'\nD=\"x\\n\\t\\\"\\\\y\"\n\
                    1X=bad\nnothing\nE=\"open\nF=\nG=a\0b\nA=second\n";
        let (variables, bad) = parse_dotenv(text);
        let expected: BTreeMap<String, String> = [
            ("A", "second"),
            ("B", "two words"),
            ("C", "a\\n#b"),
            ("D", "x\n\t\"\\y"),
            ("F", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        assert_eq!(variables, expected);
        assert_eq!(
            bad.iter().map(|bad| bad.line).collect::<Vec<_>>(),
            [7, 8, 9, 11]
        );
    }
}
