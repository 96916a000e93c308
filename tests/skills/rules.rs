//! The rules, each a function from a page to what is wrong with it.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;
use wecom::catalogue::{self, Method, RetryClass};
use wecom::skills::Skills;

use crate::markdown::{Line, Page};
use crate::vocabulary;

/// The beginning of a call.
const CALL: &str = "wecom_mcp call";
/// The beginning of a request for a category's methods.
const LIST: &str = "wecom_mcp list";
/// The section that repeats rules of the README.
const SHARED: &str = "## Shared rules";

/// Something wrong on a line.
pub(crate) struct Finding {
    page: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(page: &Page, line: usize, what: impl Into<String>) -> Self {
        Self {
            page: page.name.clone(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.what)
    }
}

/// A call as a skill writes it.
pub(crate) struct Call {
    line: usize,
    method: &'static Method,
    args: Value,
}

/// Every call of a page, or why a line is none.
fn parsed_calls(page: &Page) -> impl Iterator<Item = Result<Call, Finding>> {
    let is_call = |line: &Line| line.text.contains(CALL);
    page.notation().into_iter().filter(is_call).map(|line| {
        parse(&line.text)
            .map(|(method, args)| Call {
                line: line.number,
                method,
                args,
            })
            .map_err(|what| Finding::new(page, line.number, what))
    })
}

/// The calls of a page that are well formed.
pub(crate) fn all_calls(page: &Page) -> Vec<Call> {
    parsed_calls(page).filter_map(Result::ok).collect()
}

fn parse(text: &str) -> Result<(&'static Method, Value), String> {
    let form = || format!("not of the form `{CALL} CATEGORY METHOD '{{...}}'`: {text}");
    let rest = text.strip_prefix(CALL).ok_or_else(form)?;
    let mut words = rest.splitn(4, ' ');
    let (Some(""), Some(category), Some(name), Some(args)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(form());
    };
    let json = args
        .strip_prefix('\'')
        .and_then(|args| args.strip_suffix('\''))
        .ok_or_else(form)?;
    let method = catalogue::method(category, name)
        .ok_or_else(|| format!("there is no method {category}.{name}"))?;
    let args = serde_json::from_str(json).map_err(|error| format!("{error}: {json}"))?;
    Ok((method, args))
}

/// Calls have the one form, name a method of the catalogue, and their arguments are
/// accepted; categories that are listed exist.
pub(crate) fn calls(page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    for call in parsed_calls(page) {
        match call {
            Err(finding) => findings.push(finding),
            Ok(call) => {
                let name = format!("{}.{}", call.method.category, call.method.name);
                let schema = call.method.agent_input_schema();
                findings.extend(
                    violations(schema, &call.args)
                        .into_iter()
                        .map(|what| Finding::new(page, call.line, format!("{name}: {what}"))),
                );
            }
        }
    }
    let listed = page.notation().into_iter().filter_map(|line| {
        let category = line.text.strip_prefix(LIST)?.trim();
        let unknown = !category.is_empty() && !catalogue::categories().contains(&category);
        unknown.then(|| Finding::new(page, line.number, format!("no category {category}")))
    });
    findings.extend(listed);
    findings
}

/// Sample answers satisfy the method's schema.
pub(crate) fn answers(page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    for answer in page.answers() {
        let line = answer.block.number;
        let name = format!("{}.{}", answer.category, answer.method);
        let Some(method) = catalogue::method(answer.category, answer.method) else {
            findings.push(Finding::new(
                page,
                line,
                format!("there is no method {name}"),
            ));
            continue;
        };
        let wrong = match serde_json::from_str(&answer.block.text) {
            Ok(value) => violations(method.agent_output_schema(), &value),
            Err(error) => vec![error.to_string()],
        };
        findings.extend(
            wrong
                .into_iter()
                .map(|what| Finding::new(page, line, format!("{name}: {what}"))),
        );
    }
    // A line that nearly has the form would pass as prose.
    let stray = page.prose.iter().filter(|line| {
        line.text.starts_with("Answer (")
            && !page
                .blocks
                .iter()
                .any(|block| block.before == line.text.trim())
    });
    findings.extend(stray.map(|line| Finding::new(page, line.number, "no block follows")));
    findings
}

/// Blocks that say they are JSON are.
pub(crate) fn json_blocks(page: &Page) -> Vec<Finding> {
    let blocks = page.blocks.iter().filter(|block| block.language == "json");
    blocks
        .filter_map(|block| {
            let error = serde_json::from_str::<Value>(&block.text).err()?;
            Some(Finding::new(page, block.number, error.to_string()))
        })
        .collect()
}

/// What looks like a method's name is one, with or without its category before it.
pub(crate) fn method_names(page: &Page) -> Vec<Finding> {
    let categories = catalogue::categories();
    let wrong = |span: &&Line| match span.text.split_once('.') {
        Some((category, name)) if categories.contains(&category) => {
            !name.contains('.') && catalogue::method(category, name).is_none()
        }
        _ => vocabulary::is_unknown_method(&span.text),
    };
    let unknown = page.spans.iter().filter(wrong);
    unknown
        .map(|span| Finding::new(page, span.number, format!("there is no `{}`", span.text)))
        .collect()
}

/// Tools, skills and commands that are named exist.
pub(crate) fn other_names(page: &Page) -> Vec<Finding> {
    let skills = Skills::built_in();
    let mut findings = Vec::new();
    for line in &page.prose {
        let words = line.text.split(|letter: char| {
            !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_')
        });
        for word in words.filter(|word| word.starts_with("wecom-")) {
            if skills.get(word.trim_end_matches('-')).is_none() {
                findings.push(Finding::new(page, line.number, format!("no skill {word}")));
            }
        }
    }
    for line in page.notation() {
        // As an argument of a host's own command, or alone.
        let text = line.text.rsplit("-- ").next().unwrap_or_default().trim();
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["wecom", rest @ ..] if !vocabulary::has_command(rest) => {
                findings.push(Finding::new(
                    page,
                    line.number,
                    format!("no command {text}"),
                ));
            }
            [tool, ..] if tool.starts_with("wecom_") && !is_tool(tool) => {
                findings.push(Finding::new(page, line.number, format!("no tool {tool}")));
            }
            _ => {}
        }
    }
    findings
}

/// Our tools, plain and in patterns or with prefixes of hosts.
fn is_tool(name: &str) -> bool {
    let plain = name.strip_prefix("wecom__").unwrap_or(name);
    ["wecom_mcp", "wecom_skill", wecom::cron::tool::NAME, "*"].contains(&plain)
}

/// A section that calls a method which needs consent says to ask.
pub(crate) fn consent(page: &Page) -> Vec<Finding> {
    let needs_consent = |call: &Call| call.method.confirm != "no";
    let mut findings = Vec::new();
    for call in all_calls(page).into_iter().filter(needs_consent) {
        let section = page.section(call.line);
        let asks = page.prose.iter().any(|line| {
            let words = line.text.to_lowercase();
            let mut words = words.split(|letter: char| !letter.is_alphabetic());
            section.contains(&line.number)
                && words.any(|word| ["ask", "asks", "asked", "asking", "consent"].contains(&word))
        });
        if !asks {
            let what = format!(
                "{} without asking ({})",
                call.method.name, call.method.confirm
            );
            findings.push(Finding::new(page, call.line, what));
        }
    }
    findings
}

/// What people are shown, the block quotes, has no placeholders of ids and no JSON.
pub(crate) fn shown_samples(page: &Page) -> Vec<Finding> {
    let is_id = |word: &str| {
        word.contains('_')
            && word.len() > 3
            && word.starts_with(|letter: char| letter.is_ascii_uppercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let quotes = page
        .prose
        .iter()
        .filter(|line| line.text.trim_start().starts_with('>'));
    let shows = quotes.filter(|line| {
        let mut words = line
            .text
            .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'));
        words.any(is_id) || line.text.contains("{\"") || line.text.contains("@me")
    });
    shows
        .map(|line| Finding::new(page, line.number, format!("shown: {}", line.text)))
        .collect()
}

/// No block makes the same call twice if it must not be repeated.
pub(crate) fn repetitions(page: &Page) -> Vec<Finding> {
    let mut findings = Vec::new();
    for block in &page.blocks {
        let mut seen = BTreeSet::new();
        for line in block.text.lines() {
            let once = parse(line).is_ok_and(|(method, _)| method.retry != RetryClass::Safe);
            if once && !seen.insert(line) {
                findings.push(Finding::new(page, block.number, format!("twice: {line}")));
            }
        }
    }
    findings
}

/// `SKILL.md` ends with shared rules, each word for word one of the source, in its order.
pub(crate) fn shared_rules(page: &Page, source: &Page) -> Vec<Finding> {
    if !page.name.ends_with("/SKILL.md") {
        return Vec::new();
    }
    let Some(heading) = page.prose.iter().find(|line| line.text == SHARED) else {
        return vec![Finding::new(page, 1, "there are no shared rules")];
    };
    let mut known = source.prose.iter().map(|line| line.text.as_str());
    let rules = page
        .prose
        .iter()
        .filter(|line| line.number > heading.number && !line.text.is_empty());
    let foreign = rules.filter(|rule| !known.any(|known| known == rule.text));
    foreign
        .map(|rule| {
            Finding::new(
                page,
                rule.number,
                format!("not in the README: {}", rule.text),
            )
        })
        .collect()
}

fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::draft202012::new(schema).expect("the catalogue's schemas are good");
    validator
        .iter_errors(value)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect()
}
