//! A text with its syntax: nodes and tokens by byte range.

use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::ParseError;
use jsonc_parser::tokens::{Token, TokenAndRange};
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use crate::config::path::{ConfigPath, Segment};

/// The JSON5 that configuration files are written in.
pub(super) const JSON5: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: true,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: true,
    allow_hexadecimal_numbers: true,
    allow_unary_plus_numbers: true,
    allow_bare_decimal_point_numbers: true,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: true,
};

/// A parsed text.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) root: Option<Node<'a>>,
    tokens: Vec<TokenAndRange<'a>>,
}

/// An object or array, seen as a row of members.
pub(super) struct Container {
    /// From the opening to the closing bracket, both included.
    pub(super) range: Range,
    /// Properties of an object (key and value), or elements of an array.
    pub(super) members: Vec<Range>,
    pub(super) is_object: bool,
    /// Whether it stands on one line with what contains it.
    pub(super) is_inline: bool,
}

impl<'a> Source<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, ParseError> {
        let options = CollectOptions {
            comments: CommentCollectionStrategy::AsTokens,
            tokens: true,
        };
        let parsed = parse_to_ast(text, &options, &JSON5)?;
        Ok(Self {
            text,
            root: parsed.value,
            tokens: parsed.tokens.unwrap_or_default(),
        })
    }

    /// The node at `path`.
    pub(super) fn node(&self, path: &ConfigPath) -> Option<&Node<'a>> {
        path.segments().iter().try_fold(self.root.as_ref()?, step)
    }

    /// The container at `path`, if there is one.
    pub(super) fn container(&self, path: &ConfigPath) -> Option<Container> {
        let (members, range, is_object) = match self.node(path)? {
            Node::Object(object) => (
                object.properties.iter().map(|p| p.range).collect(),
                object.range,
                true,
            ),
            Node::Array(array) => (
                array.elements.iter().map(Ranged::range).collect(),
                array.range,
                false,
            ),
            _ => return None,
        };
        let is_inline = path.split_last().is_some_and(|(parent, _)| {
            self.node(&parent)
                .is_some_and(|parent| !self.has_newline(parent.range().start, range.start))
        });
        Some(Container {
            range,
            members,
            is_object,
            is_inline,
        })
    }

    /// Where every comment stands, in order.
    pub(super) fn comments(&self) -> impl Iterator<Item = Range> + '_ {
        self.tokens
            .iter()
            .filter(|t| is_comment(t))
            .map(|t| t.range)
    }

    /// The comma that follows `position`, comments aside.
    pub(super) fn comma_after(&self, position: usize) -> Option<Range> {
        let next = self.tokens_from(position).find(|t| !is_comment(t))?;
        (next.token == Token::Comma).then_some(next.range)
    }

    /// The comma that precedes `position`, comments aside.
    pub(super) fn comma_before(&self, position: usize) -> Option<Range> {
        let end = self.tokens.partition_point(|t| t.range.start < position);
        let before = self.tokens.get(..end)?.iter().rev();
        let last = before.into_iter().find(|t| !is_comment(t))?;
        (last.token == Token::Comma).then_some(last.range)
    }

    /// Where the comments end that follow `position` on the same line.
    pub(super) fn end_of_line_comments(&self, position: usize) -> usize {
        let mut end = position;
        for token in self.tokens_from(position) {
            if !is_comment(token) || self.has_newline(end, token.range.start) {
                break;
            }
            end = token.range.end;
        }
        end
    }

    /// Where the last comment inside `range` ends.
    pub(super) fn last_comment_end(&self, range: Range) -> Option<usize> {
        let inside = self.tokens_from(range.start);
        inside
            .take_while(|t| t.range.end <= range.end)
            .filter(|t| is_comment(t))
            .last()
            .map(|t| t.range.end)
    }

    /// The text between two positions.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn has_newline(&self, start: usize, end: usize) -> bool {
        self.slice(start, end).contains('\n')
    }

    /// Where the line of `position` begins.
    pub(super) fn line_start(&self, position: usize) -> usize {
        self.slice(0, position).rfind('\n').map_or(0, |at| at + 1)
    }

    /// Where the line of `position` ends, its line break included.
    pub(super) fn line_end(&self, position: usize) -> usize {
        self.slice(position, self.text.len())
            .find('\n')
            .map_or(self.text.len(), |at| position + at + 1)
    }

    /// The white space that begins the line of `position`.
    pub(super) fn indent(&self, position: usize) -> &'a str {
        let line = self.slice(self.line_start(position), position);
        let end = line.len() - line.trim_start().len();
        line.get(..end).unwrap_or_default()
    }

    /// Whether nothing but white space stands before `position` on its line.
    pub(super) fn begins_line(&self, position: usize) -> bool {
        self.slice(self.line_start(position), position)
            .trim()
            .is_empty()
    }

    fn tokens_from(&self, position: usize) -> impl Iterator<Item = &TokenAndRange<'a>> {
        let start = self.tokens.partition_point(|t| t.range.start < position);
        self.tokens.iter().skip(start)
    }
}

/// The member that `segment` means in `node`.
pub(super) fn step<'n, 'a>(node: &'n Node<'a>, segment: &Segment) -> Option<&'n Node<'a>> {
    match (node, segment) {
        (Node::Object(object), Segment::Key(key)) => object
            .properties
            .iter()
            .find(|p| p.name.as_str() == key)
            .map(|p| &p.value),
        (Node::Array(array), segment) => array.elements.get(segment.as_index()?),
        _ => None,
    }
}

fn is_comment(token: &TokenAndRange<'_>) -> bool {
    matches!(token.token, Token::CommentLine(_) | Token::CommentBlock(_))
}
