//! The front matter of a `SKILL.md`, by the Agent Skills format.
//!
//! Hosts get it as JSON and compare it with the file's YAML, each with a parser of its
//! own. So what two parsers could read differently is refused: anchors, tags, keys that
//! are no text, and bare words that older YAML takes for something else.

use serde_json::{Map, Number, Value};

use super::problem::{Report, Rule};
use super::skill::SKILL_FILE;

/// What stands above and below the front matter.
const FENCE: &str = "---";

/// The fields of the format.
const FIELDS: [&str; 6] = [
    "name",
    "description",
    "license",
    "compatibility",
    "metadata",
    "allowed-tools",
];

/// Longest name, in characters.
const MAX_NAME: usize = 64;
/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 1_024;
/// Longest compatibility note, in characters.
const MAX_COMPATIBILITY: usize = 500;
/// Most bytes of front matter; hosts read it for every skill at every start.
const MAX_BYTES: usize = 16 * 1_024;
/// Most lines of a `SKILL.md` that still reads well; more belongs into references.
const MAX_LINES: usize = 500;
/// Keys of `metadata` that begin so belong to MCP.
const RESERVED: &str = "io.modelcontextprotocol/";

/// Front matter that keeps the rules.
#[derive(Debug, PartialEq)]
pub(super) struct FrontMatter {
    pub(super) name: String,
    pub(super) description: String,
    /// All of it, in the author's order.
    pub(super) members: Map<String, Value>,
}

/// Reads the front matter of the `SKILL.md` in the folder of that name, and tells `report`
/// what is wrong with it. `None` if something in the report is an error.
pub(super) fn parse(text: &str, folder: &str, report: &mut Report) -> Option<FrontMatter> {
    let (yaml, body) = match split(text) {
        Ok(parts) => parts,
        Err(Broken { line, message }) => {
            report.add_at(SKILL_FILE, Some(line), Rule::FrontMatter, message);
            return None;
        }
    };
    if yaml.len() > MAX_BYTES {
        let message = format!("it has {} bytes; at most {MAX_BYTES}", yaml.len());
        report.add_at(SKILL_FILE, Some(1), Rule::FrontMatter, message);
        return None;
    }
    let members = members(yaml, report)?;
    let mut check = Check {
        yaml,
        members: &members,
        report,
    };
    let name = check.name(folder);
    let description = check.description();
    check.others();
    if body.trim().is_empty() {
        let message = "there are no instructions below the front matter";
        report.add(SKILL_FILE, Rule::EmptyBody, message);
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        let message = format!("{lines} lines; move what is over {MAX_LINES} into references");
        report.add_at(SKILL_FILE, Some(MAX_LINES + 1), Rule::LongBody, message);
    }
    if report.has_errors() {
        return None;
    }
    Some(FrontMatter {
        name: name?,
        description: description?,
        members,
    })
}

/// No front matter, and the line that shows it.
struct Broken {
    line: usize,
    message: &'static str,
}

/// The text between the two fences, and what follows.
fn split(text: &str) -> Result<(&str, &str), Broken> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    if first.trim_end() != FENCE {
        return Err(Broken {
            line: 1,
            message: "the file must begin with a line `---`, without anything before it",
        });
    }
    let mut end = first.len();
    for line in lines {
        let begin = end;
        end += line.len();
        if line.trim_end() == FENCE {
            let yaml = text.get(first.len()..begin).unwrap_or_default();
            return Ok((yaml, text.get(end..).unwrap_or_default()));
        }
    }
    Err(Broken {
        line: text.lines().count(),
        message: "the front matter has no end: close it with a line `---`",
    })
}

/// The YAML as JSON, if it is a map that JSON can hold.
fn members(yaml: &str, report: &mut Report) -> Option<Map<String, Value>> {
    // The fence above is the file's first line.
    let below_fence = |line: usize| line + 1;
    if let Some(index) = yaml.lines().position(has_anchor) {
        // Not even read: aliases of aliases grow without end.
        let message = "anchors and aliases (`&name`, `*name`) are not for front matter; \
                       repeat the value, or quote it if it is text";
        report.add_at(SKILL_FILE, Some(index + 2), Rule::Lossless, message);
        return None;
    }
    let value: yaml_serde::Value = match yaml_serde::from_str(yaml) {
        Ok(value) => value,
        Err(error) => {
            let line = error.location().map(|place| below_fence(place.line()));
            report.add_at(SKILL_FILE, line, Rule::Yaml, error.to_string());
            return None;
        }
    };
    match to_json(value) {
        Ok(Value::Object(members)) => {
            check_bare_words(yaml, &members, report);
            Some(members)
        }
        Ok(_) => {
            let message = "it must be a map of `field: value` lines";
            report.add_at(SKILL_FILE, Some(2), Rule::Yaml, message);
            None
        }
        Err(message) => {
            report.add_at(SKILL_FILE, Some(2), Rule::Lossless, message);
            None
        }
    }
}

/// Refuses bare words that YAML 1.1 and 1.2 read differently.
fn check_bare_words(yaml: &str, members: &Map<String, Value>, report: &mut Report) {
    for text in texts(members).filter(|text| is_ambiguous(text)) {
        let quoted = [format!("\"{text}\""), format!("'{text}'")];
        if !quoted.iter().any(|quoted| yaml.contains(quoted)) {
            let bare = format!(" {text}");
            let line = yaml
                .lines()
                .position(|line| line.trim_end().ends_with(&bare));
            let message = format!("quote `{text}`: bare, older YAML does not read a text");
            report.add_at(SKILL_FILE, line.map(|at| at + 2), Rule::Lossless, message);
        }
    }
}

/// Whether a value in this line begins as an anchor or an alias does.
fn has_anchor(line: &str) -> bool {
    let line = line.trim_start();
    let value = line
        .strip_prefix("- ")
        .or_else(|| line.split_once(": ").map(|(_, value)| value))
        .unwrap_or(line);
    let mut letters = value.trim_start().chars();
    matches!(letters.next(), Some('&' | '*'))
        && letters
            .next()
            .is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
}

/// YAML as JSON, without loss, or what is in the way.
fn to_json(value: yaml_serde::Value) -> Result<Value, String> {
    use yaml_serde::Value as Yaml;

    Ok(match value {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::Bool(value),
        Yaml::String(text) => Value::String(text),
        Yaml::Number(number) => Value::Number(to_number(&number)?),
        Yaml::Sequence(items) => {
            Value::Array(items.into_iter().map(to_json).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(entries) => {
            let entry = |(key, value): (Yaml, Yaml)| match key {
                Yaml::String(key) => Ok((key, to_json(value)?)),
                other => Err(format!("the key {other:?} must be a text: quote it")),
            };
            Value::Object(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
        }
        Yaml::Tagged(tagged) => return Err(format!("the tag {} is not for JSON", tagged.tag)),
    })
}

fn to_number(number: &yaml_serde::Number) -> Result<Number, String> {
    number
        .as_u64()
        .map(Number::from)
        .or_else(|| number.as_i64().map(Number::from))
        .or_else(|| number.as_f64().and_then(Number::from_f64))
        .ok_or_else(|| format!("the number {number} is not for JSON"))
}

/// Every text in it, at any depth.
fn texts(members: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let mut open: Vec<&Value> = members.values().collect();
    std::iter::from_fn(move || {
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => return Some(text.as_str()),
                Value::Array(items) => open.extend(items),
                Value::Object(members) => open.extend(members.values()),
                _ => {}
            }
        }
        None
    })
}

/// Whether YAML 1.1 reads the bare word as a truth value, a date, an octal or a
/// sexagesimal number.
fn is_ambiguous(text: &str) -> bool {
    let truth = ["y", "n", "yes", "no", "on", "off"];
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let date = |text: &str| {
        let date = text.split(['T', ' ']).next().unwrap_or_default();
        let parts: Vec<&str> = date.split('-').collect();
        parts.len() == 3 && parts.iter().all(|part| digits(part))
    };
    truth.iter().any(|word| text.eq_ignore_ascii_case(word))
        || date(text)
        || (text.len() > 1 && text.starts_with('0') && digits(text))
        || (text.contains(':') && text.split(':').all(digits))
}

/// The rules of single fields.
struct Check<'a> {
    yaml: &'a str,
    members: &'a Map<String, Value>,
    report: &'a mut Report,
}

impl Check<'_> {
    fn name(&mut self, folder: &str) -> Option<String> {
        let name = self.required("name", Rule::Name)?;
        if name.is_empty() || name.chars().count() > MAX_NAME {
            let message = format!("the name must have 1 to {MAX_NAME} characters");
            self.say("name", Rule::Name, message);
        } else if !is_name(&name) {
            let message = "the name may have lower-case letters a-z, digits and single \
                           hyphens between them";
            self.say("name", Rule::Name, message);
        }
        if name != folder {
            let message = format!("the name `{name}` must be that of the folder, `{folder}`");
            self.say("name", Rule::NameIsFolder, message);
        }
        Some(name)
    }

    fn description(&mut self) -> Option<String> {
        let description = self.required("description", Rule::Description)?;
        let length = description.chars().count();
        if description.trim().is_empty() {
            let message = "the description is blank: say what the skill does and when to use it";
            self.say("description", Rule::Description, message);
        } else if length > MAX_DESCRIPTION {
            let message =
                format!("the description has {length} characters; at most {MAX_DESCRIPTION}");
            self.say("description", Rule::Description, message);
        }
        Some(description)
    }

    fn others(&mut self) {
        for (field, value) in self.members {
            match field.as_str() {
                "name" | "description" => {}
                "license" | "allowed-tools" if value.is_string() => {}
                "compatibility" => self.compatibility(value),
                "metadata" => self.metadata(value),
                known if FIELDS.contains(&known) => {
                    self.say(field, Rule::FieldType, format!("`{field}` must be a text"));
                }
                _ => {
                    let message = format!(
                        "`{field}` is no field of a skill ({}); put it under `metadata`",
                        FIELDS.join(", ")
                    );
                    self.say(field, Rule::UnknownField, message);
                }
            }
        }
    }

    fn compatibility(&mut self, value: &Value) {
        match value.as_str().map(|text| text.chars().count()) {
            Some(1..=MAX_COMPATIBILITY) => {}
            Some(length) => {
                let message = format!(
                    "`compatibility` has {length} characters; 1 to {MAX_COMPATIBILITY} are allowed"
                );
                self.say("compatibility", Rule::Compatibility, message);
            }
            None => {
                let message = "`compatibility` must be a text";
                self.say("compatibility", Rule::FieldType, message);
            }
        }
    }

    /// The format says texts; OpenClaw needs a map below, and validators admit it.
    fn metadata(&mut self, value: &Value) {
        let Some(metadata) = value.as_object() else {
            self.say("metadata", Rule::FieldType, "`metadata` must be a map");
            return;
        };
        for key in metadata.keys().filter(|key| key.starts_with(RESERVED)) {
            let message = format!("`{key}`: keys that begin with `{RESERVED}` belong to MCP");
            self.say("metadata", Rule::ReservedKey, message);
        }
    }

    fn required(&mut self, field: &str, rule: Rule) -> Option<String> {
        match self.members.get(field) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                let message = format!("`{field}` must be a text: quote it");
                self.say(field, Rule::FieldType, message);
                None
            }
            None => {
                self.say(field, rule, format!("`{field}` is missing"));
                None
            }
        }
    }

    fn say(&mut self, field: &str, rule: Rule, message: impl Into<String>) {
        let begins = |line: &str| {
            let line = line.trim_start_matches(['"', '\'']);
            let rest = line.strip_prefix(field);
            rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        };
        let line = self.yaml.lines().position(begins);
        let at = line.map_or(1, |line| line + 2);
        self.report.add_at(SKILL_FILE, Some(at), rule, message);
    }
}

fn is_name(name: &str) -> bool {
    name.split('-').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests;
