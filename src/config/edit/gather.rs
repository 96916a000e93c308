//! Moving members of an object, as lines of text, into a new object inside of it.

use jsonc_parser::ast::{ObjectProp, Value as Node};
use jsonc_parser::common::Range;

use crate::config::path::{ConfigPath, Segment};

use super::source::Source;
use super::splice::Splice;
use super::style::Style;

/// Takes the members `keys` of the object at `from` into a new object at `into`, each with
/// the comments above it and behind it. The new object stands where the last of them stood.
///
/// `None` where a member shares its lines with something else, or something stands at
/// `into` already.
pub(super) fn by_lines(
    source: &Source<'_>,
    into: &ConfigPath,
    from: &ConfigPath,
    keys: &[String],
) -> Option<Vec<Splice>> {
    let Node::Object(object) = source.node(from)? else {
        return None;
    };
    let names: Vec<String> = into
        .segments()
        .strip_prefix(from.segments())?
        .iter()
        .map(Segment::name)
        .collect();
    let outermost = names.first()?;
    let is_key = |key: &str, property: &&ObjectProp<'_>| property.name.as_str() == key;
    if object.properties.iter().any(|p| is_key(outermost, &p)) {
        return None;
    }
    let chosen = object
        .properties
        .iter()
        .filter(|property| keys.iter().any(|key| is_key(key, property)));
    let blocks = chosen
        .map(|property| Block::of(source, property.range, object.range))
        .collect::<Option<Vec<Block>>>()?;
    let Some((last, earlier)) = blocks.split_last() else {
        return Some(Vec::new());
    };
    let style = Style::of(source);
    let text = new_object(source, &style, &names, &blocks, last);
    let mut splices: Vec<Splice> = earlier
        .iter()
        .map(|block| Splice::replace(block.lines, String::new()))
        .collect();
    splices.push(Splice::replace(last.lines, text));
    Some(splices)
}

/// A member with the lines that belong to it.
struct Block {
    member: Range,
    /// Whole lines, from its first comment to its line break.
    lines: Range,
    /// Where its comma is.
    comma: Option<Range>,
}

impl Block {
    fn of(source: &Source<'_>, member: Range, object: Range) -> Option<Self> {
        let comma = source.comma_after(member.end);
        let end = comma.map_or(member.end, |comma| comma.end);
        let is_plain = source
            .slice(member.end, end)
            .trim_matches([' ', ','])
            .is_empty();
        let rest = source.end_of_line_comments(end);
        let line_end = source.line_end(rest);
        let owns_lines = source.begins_line(member.start)
            && line_end <= object.end
            && source.slice(rest, line_end).trim().is_empty();
        if !is_plain || !owns_lines {
            return None;
        }
        let mut start = source.line_start(member.start);
        while start > object.start {
            let above = source.line_start(start - 1);
            let is_comment = is_comment_line(source.slice(above, start));
            if above <= object.start || !is_comment {
                break;
            }
            start = above;
        }
        Some(Self {
            member,
            lines: Range::new(start, line_end),
            comma,
        })
    }

    /// Its lines, with or without a comma behind the member.
    fn text(&self, source: &Source<'_>, with_comma: bool) -> String {
        let after = self.comma.map_or(self.member.end, |comma| comma.end);
        let comma = if with_comma { "," } else { "" };
        format!(
            "{}{comma}{}",
            source.slice(self.lines.start, self.member.end),
            source.slice(after, self.lines.end)
        )
    }
}

fn is_comment_line(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"))
}

fn new_object(
    source: &Source<'_>,
    style: &Style,
    names: &[String],
    blocks: &[Block],
    last: &Block,
) -> String {
    let newline = style.newline;
    let base = source.indent(last.member.start);
    let indent = |depth: usize| format!("{base}{}", style.unit.repeat(depth));
    let is_bare = !source
        .slice(last.member.start, last.member.end)
        .starts_with(['"', '\'']);
    let quote = if is_bare {
        String::new()
    } else {
        style.quote.to_string()
    };
    let mut text = String::new();
    for (depth, name) in names.iter().enumerate() {
        text.extend([
            &indent(depth),
            quote.as_str(),
            name,
            quote.as_str(),
            ": {",
            newline,
        ]);
    }
    let deeper = style.unit.repeat(names.len());
    for (number, block) in blocks.iter().enumerate() {
        let is_last = number + 1 == blocks.len();
        for line in block
            .text(source, !is_last || style.trailing_commas)
            .split_inclusive('\n')
        {
            let indent = if line.trim().is_empty() { "" } else { &deeper };
            text.extend([indent, line]);
        }
    }
    for depth in (0..names.len()).rev() {
        let has_comma = if depth == 0 {
            last.comma.is_some()
        } else {
            style.trailing_commas
        };
        let comma = if has_comma { "," } else { "" };
        text.extend([&indent(depth), "}", comma, newline]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::Document;

    fn gathered(text: &str, keys: &[&str]) -> String {
        let mut document = Document::parse(text).unwrap();
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        document
            .gather(
                &"w.accounts.default".parse().unwrap(),
                &"w".parse().unwrap(),
                &keys,
            )
            .unwrap();
        document.text()
    }

    #[test]
    fn comments_go_with_their_members() {
        let text = "\
// Ours.
{
  w: {
    enabled: true, // since May
    // From the console.
    botId: 'aib', // the first
    network: { timeoutMs: 5000 },
    /* never in clear */
    secret: '${S}',
    allowFrom: [
      'a', // me
    ],
  },
}
";
        assert_eq!(
            gathered(text, &["secret", "botId", "allowFrom", "absent"]),
            "\
// Ours.
{
  w: {
    enabled: true, // since May
    network: { timeoutMs: 5000 },
    accounts: {
      default: {
        // From the console.
        botId: 'aib', // the first
        /* never in clear */
        secret: '${S}',
        allowFrom: [
          'a', // me
        ],
      },
    },
  },
}
"
        );
    }

    #[test]
    fn strict_json_stays_strict() {
        let text = "{\n  \"w\": {\n    \"enabled\": true,\n    \"botId\": \"aib\",\n    \"secret\": \"s\"\n  }\n}\n";
        assert_eq!(
            gathered(text, &["botId", "secret"]),
            "{\n  \"w\": {\n    \"enabled\": true,\n    \"accounts\": {\n      \"default\": {\n        \
             \"botId\": \"aib\",\n        \"secret\": \"s\"\n      }\n    }\n  }\n}\n"
        );
    }

    #[test]
    fn what_shares_a_line_moves_as_a_value() {
        let text = "{ w: { botId: 'aib', /* x */ secret: 's', accounts: {} } }";
        let moved = Document::parse(&gathered(text, &["botId", "secret"])).unwrap();
        assert_eq!(
            moved.value(),
            serde_json::json!({ "w": { "accounts": { "default": { "botId": "aib", "secret": "s" } } } })
        );
        assert_eq!(moved.comments(), ["/* x */"]);
        assert_eq!(gathered(text, &["absent"]), text);
    }
}
