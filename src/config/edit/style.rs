//! The hand a file is written in, so that new text looks like the old.

use jsonc_parser::ast::{ObjectPropName, Value as Node};
use jsonc_parser::common::Ranged;

use super::source::Source;

/// How new text is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// One level of indentation.
    pub(super) unit: String,
    /// Line break.
    pub(super) newline: &'static str,
    /// Quote of strings.
    pub(super) quote: char,
    /// Keys without quotes where the syntax allows it.
    pub(super) bare_keys: bool,
    /// A comma after the last member of what spans several lines.
    pub(super) trailing_commas: bool,
    /// Everything on one line without blanks.
    pub(super) compact: bool,
}

impl Style {
    /// What the majority of a file does; plain JSON with two blanks where it says nothing.
    pub(super) fn of(source: &Source<'_>) -> Self {
        let mut seen = Seen::default();
        if let Some(root) = &source.root {
            seen.visit(source, root);
        }
        Self {
            unit: unit(source).unwrap_or_else(|| "  ".to_owned()),
            newline: if source.text.contains("\r\n") {
                "\r\n"
            } else {
                "\n"
            },
            quote: if seen.single_quoted > seen.double_quoted {
                '\''
            } else {
                '"'
            },
            bare_keys: seen.bare_keys > seen.quoted_keys,
            trailing_commas: seen.trailing_commas > seen.no_trailing_commas,
            compact: seen.tight_colons > 0 && !source.text.trim().contains('\n'),
        }
    }

    /// The blank after a colon or comma.
    pub(super) fn blank(&self) -> &'static str {
        if self.compact { "" } else { " " }
    }
}

/// The indentation of the root's first member that begins a line.
fn unit(source: &Source<'_>) -> Option<String> {
    let root = source.container(&crate::config::path::ConfigPath::default())?;
    let member = root
        .members
        .iter()
        .find(|m| m.start > 0 && source.begins_line(m.start))?;
    let indent = source.indent(member.start);
    let unit = indent.strip_prefix(source.indent(root.range.start))?;
    (!unit.is_empty()).then(|| unit.to_owned())
}

#[derive(Default)]
struct Seen {
    single_quoted: usize,
    double_quoted: usize,
    bare_keys: usize,
    quoted_keys: usize,
    trailing_commas: usize,
    no_trailing_commas: usize,
    tight_colons: usize,
}

impl Seen {
    fn visit(&mut self, source: &Source<'_>, node: &Node<'_>) {
        match node {
            Node::StringLit(string) => self.quote(source, string.range.start),
            Node::Object(object) => {
                for property in &object.properties {
                    match &property.name {
                        ObjectPropName::Word(_) => self.bare_keys += 1,
                        ObjectPropName::String(name) => {
                            self.quoted_keys += 1;
                            self.quote(source, name.range.start);
                        }
                    }
                    if source.slice(property.name.end(), property.value.start()) == ":" {
                        self.tight_colons += 1;
                    }
                    self.visit(source, &property.value);
                }
                let last = object.properties.last().map(Ranged::end);
                self.end(source, last, object.range.end);
            }
            Node::Array(array) => {
                for element in &array.elements {
                    self.visit(source, element);
                }
                let last = array.elements.last().map(Ranged::end);
                self.end(source, last, array.range.end);
            }
            _ => {}
        }
    }

    fn quote(&mut self, source: &Source<'_>, start: usize) {
        if source.slice(start, start + 1) == "'" {
            self.single_quoted += 1;
        } else {
            self.double_quoted += 1;
        }
    }

    /// Looks at what follows the last member, where the closing bracket has its own line.
    fn end(&mut self, source: &Source<'_>, last: Option<usize>, end: usize) {
        let Some(last) = last.filter(|last| source.has_newline(*last, end)) else {
            return;
        };
        if source.comma_after(last).is_some() {
            self.trailing_commas += 1;
        } else {
            self.no_trailing_commas += 1;
        }
    }
}
