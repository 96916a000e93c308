//! Edits of texts: cases a person would check, and properties for the rest.

use std::fmt::Write;

use jsonc_parser::ast::Value as Node;
use jsonc_parser::common::Range;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::source::Source;
use super::{Document, EditError};
use crate::config::path::{ConfigPath, Segment};

fn path(text: &str) -> ConfigPath {
    text.parse().unwrap()
}

fn edited(text: &str, edit: impl FnOnce(&mut Document) -> Result<(), EditError>) -> String {
    let mut document = Document::parse(text).unwrap();
    edit(&mut document).unwrap();
    document.text()
}

fn set(text: &str, at: &str, value: &Value) -> String {
    edited(text, |d| d.set(&path(at), value))
}

fn unset(text: &str, at: &str) -> String {
    edited(text, |d| d.unset(&path(at)))
}

const JSON5_FILE: &str = "\
// Our bots.
{
  channels: {
    // The one seat we have.
    wecom: {
      enabled: true, // since May
      botId: 'aib-1',
      /* ask ops */ secret: '${WECOM_SECRET}',
      allowFrom: ['zhangsan', /* boss */ 'lisi'],

      accounts: { hq: { name: '总部' } },
    },
  },
}
";

#[test]
fn a_changed_value_changes_nothing_else() {
    let text = set(JSON5_FILE, "channels.wecom.botId", &json!("it's new"));
    assert_eq!(text, JSON5_FILE.replace("'aib-1'", "\"it's new\""));
    let text = set(JSON5_FILE, "channels.wecom.enabled", &json!(false));
    assert_eq!(text, JSON5_FILE.replace("true,", "false,"));
    let text = set(JSON5_FILE, "channels.wecom.allowFrom[1]", &json!("wangwu"));
    assert_eq!(text, JSON5_FILE.replace("'lisi'", "'wangwu'"));
    assert_eq!(
        set(JSON5_FILE, "channels.wecom.enabled", &json!(true)),
        JSON5_FILE
    );
}

#[test]
fn a_new_key_follows_the_hand_of_the_file() {
    let text = set(JSON5_FILE, "channels.wecom.network.timeoutMs", &json!(5000));
    let expected = JSON5_FILE.replace(
        "      accounts: { hq: { name: '总部' } },\n",
        "      accounts: { hq: { name: '总部' } },\n      network: {\n        timeoutMs: 5000,\n      },\n",
    );
    assert_eq!(text, expected);
    let text = set(JSON5_FILE, "channels.wecom.accounts.hq.botId", &json!("b"));
    assert_eq!(text, JSON5_FILE.replace("'总部' }", "'总部', botId: 'b' }"));
    let text = set(JSON5_FILE, "channels.wecom.allowFrom[2]", &json!("wangwu"));
    assert_eq!(text, JSON5_FILE.replace("'lisi']", "'lisi', 'wangwu']"));
    let text = set(JSON5_FILE, "channels.wecom.groups[\"wr.A\"]", &json!({}));
    assert!(
        text.contains("      groups: {\n        'wr.A': {},\n      },\n"),
        "{text}"
    );
}

#[test]
fn plain_json_stays_plain_json() {
    let file = "{\n\t\"a\": 1,\n\t\"b\": []\n}";
    assert_eq!(
        set(file, "c.d", &json!([1, {"e": null}])),
        "{\n\t\"a\": 1,\n\t\"b\": [],\n\t\"c\": {\n\t\t\"d\": [\n\t\t\t1,\n\t\t\t{\n\t\t\t\t\"e\": null\n\t\t\t}\n\t\t]\n\t}\n}"
    );
    assert_eq!(unset(file, "b"), "{\n\t\"a\": 1\n}");
    assert_eq!(
        set("{\"a\":{\"b\":1}}", "a.c", &json!({"d": [1]})),
        "{\"a\":{\"b\":1,\"c\":{\"d\":[1]}}}"
    );
    assert_eq!(
        set("{\r\n  \"a\": 1\r\n}\r\n", "b", &json!(2)),
        "{\r\n  \"a\": 1,\r\n  \"b\": 2\r\n}\r\n"
    );
}

#[test]
fn removing_takes_the_line_and_leaves_the_comments() {
    assert_eq!(
        unset(JSON5_FILE, "channels.wecom.botId"),
        JSON5_FILE.replace("      botId: 'aib-1',\n", "")
    );
    assert_eq!(
        unset(JSON5_FILE, "channels.wecom.enabled"),
        JSON5_FILE.replace("enabled: true, // since May", "// since May")
    );
    assert_eq!(
        unset(JSON5_FILE, "channels.wecom.allowFrom[0]"),
        JSON5_FILE.replace("'zhangsan', /* boss */", "/* boss */")
    );
    assert_eq!(
        unset(JSON5_FILE, "channels.wecom.allowFrom[1]"),
        JSON5_FILE.replace("'zhangsan', /* boss */ 'lisi'", "'zhangsan' /* boss */")
    );
    assert_eq!(unset("{ a: 1, b: 2 }", "b"), "{ a: 1 }");
    assert_eq!(unset("{ a: 1, b: 2 }", "a"), "{ b: 2 }");
    assert_eq!(unset("{ a: 1, b: 2, }", "b"), "{ a: 1, }");
    assert_eq!(unset("{ a: 1 }", "a"), "{}");
    assert_eq!(
        unset("{\n  a: 1 // x\n  , b: 2\n}", "a"),
        "{\n  // x\n   b: 2\n}"
    );
    assert_eq!(
        unset("{\n  \"a\": 1, // x\n  \"b\": 2\n}", "b"),
        "{\n  \"a\": 1 // x\n}"
    );
}

#[test]
fn the_first_member_finds_its_place() {
    assert_eq!(set("", "a", &json!(1)), "{\n  \"a\": 1\n}\n");
    assert_eq!(
        set("{}", "a.b", &json!(1)),
        "{\n  \"a\": {\n    \"b\": 1\n  }\n}"
    );
    assert_eq!(set("{ a: {} }", "a.b", &json!(1)), "{ a: { b: 1 } }");
    assert_eq!(
        set("{ // none\n}", "a", &json!(1)),
        "{ // none\n  \"a\": 1\n}"
    );
    assert_eq!(
        set("{ /* none */ }", "a", &json!(1)),
        "{ /* none */\n  \"a\": 1\n }"
    );
    assert_eq!(
        set("// nothing yet", "a", &json!(1)),
        "// nothing yet\n{\n  \"a\": 1\n}\n"
    );
    assert_eq!(
        set("{\n  a: []\n}", "a[0]", &json!("x")),
        "{\n  a: [\"x\"]\n}"
    );
    assert_eq!(
        set("{\n  a: null\n}", "a.b", &json!(1)),
        "{\n  a: {\n    b: 1\n  }\n}"
    );
    assert_eq!(
        set("{ a: 1 // one\n}", "b", &json!(2)),
        "{ a: 1, b: 2 // one\n}"
    );
    assert_eq!(
        set("{\n  a: 1 // one\n  // end\n}", "b", &json!(2)),
        "{\n  a: 1, // one\n  b: 2\n  // end\n}"
    );
    assert_eq!(
        set("\u{feff}{}", "a", &json!(1)),
        "\u{feff}{\n  \"a\": 1\n}"
    );
}

#[test]
fn a_list_keeps_the_comments_of_the_entries_that_stay() {
    let file = "[1, 2]".replace(
        "[1, 2]",
        "{ l: [\n  'a', // A\n  'b', // B\n  'c', // C\n] }",
    );
    assert_eq!(
        set(&file, "l", &json!(["a", "c"])),
        "{ l: [\n  'a', // A\n  // B\n  'c', // C\n] }"
    );
    assert_eq!(
        set(&file, "l", &json!(["a", "x", "y", "c"])),
        "{ l: [\n  'a', // A\n  'x', // B\n  'y',\n  'c', // C\n] }"
    );
    assert_eq!(
        set(&file, "l", &json!(["x", "a", "b", "c"])),
        "{ l: [\n  'x', // A\n  'a', // B\n  'b', // C\n  'c',\n] }"
    );
    assert_eq!(
        set(&file, "l", &json!([])),
        "{ l: [\n  // A\n  // B\n  // C\n] }"
    );
}

#[test]
fn patches_and_merges() {
    let text = edited(JSON5_FILE, |d| {
        d.patch(
            &path("channels"),
            &json!({ "wecom": { "botId": null, "enabled": false, "name": { "x": null } } }),
        )
    });
    let expected = JSON5_FILE
        .replace("      botId: 'aib-1',\n", "")
        .replace("true,", "false,")
        .replace("'总部' } },\n", "'总部' } },\n      name: {},\n");
    assert_eq!(text, expected);
    let text = edited(JSON5_FILE, |d| {
        d.merge(
            &path("channels.wecom"),
            &json!({ "allowFrom": ["lisi", "wangwu"], "accounts": { "hq": { "enabled": false } } }),
        )
    });
    let expected = JSON5_FILE
        .replace("'lisi'", "'lisi', 'wangwu'")
        .replace("'总部' }", "'总部', enabled: false }");
    assert_eq!(text, expected);
}

#[test]
fn what_cannot_be_edited_is_refused_before() {
    let mut document = Document::parse("{ a: 1, l: [1], o: {} }").unwrap();
    let before = document.clone();
    for (at, error) in [
        ("a.b", EditError::NotAnObject { path: path("a") }),
        ("a[0]", EditError::NotAnArray { path: path("a") }),
        ("o[0]", EditError::NotAnArray { path: path("o") }),
        ("l.x", EditError::NotAnObject { path: path("l") }),
        (
            "l[2]",
            EditError::BeyondEnd {
                path: path("l"),
                index: 2,
                len: 1,
            },
        ),
        (
            "n[1]",
            EditError::BeyondEnd {
                path: path("n"),
                index: 1,
                len: 0,
            },
        ),
    ] {
        assert_eq!(document.set(&path(at), &json!(0)), Err(error), "{at}");
    }
    for at in ["x", "a.b", "l[1]", "o.x", "l.x"] {
        let error = EditError::Absent { path: path(at) };
        assert_eq!(document.unset(&path(at)), Err(error), "{at}");
    }
    assert_eq!(
        document.set(&ConfigPath::default(), &json!(1)),
        Err(EditError::Root)
    );
    assert_eq!(document, before);
}

#[test]
fn what_is_no_object_in_json5_is_refused_with_its_place() {
    for (text, place) in [
        (
            "{\n  a: 1,\n  b: 2,\n  a: 3\n}",
            "line 4, column 3: the key `a` stands here twice",
        ),
        (
            "{ o: { '客': 1, \"客\": 2 } }",
            "line 1, column 16: the key `客` stands here twice",
        ),
        ("[1]", "line 1, column 1: the file must hold one object"),
        ("{ a: 1 b: 2 }", "line 1, column 7: Expected comma"),
        ("{ a: NaN }", "line 1, column 6: Unexpected word"),
    ] {
        assert_eq!(Document::parse(text).unwrap_err().to_string(), place);
    }
}

/// Writes a value with comments, blanks and JSON5's liberties, as the dice say.
struct Scribe<'a> {
    dice: std::iter::Cycle<std::slice::Iter<'a, u8>>,
    comments: usize,
    out: String,
}

impl Scribe<'_> {
    fn roll(&mut self, sides: u8) -> u8 {
        self.dice.next().map_or(0, |d| d % sides)
    }

    fn trivia(&mut self) {
        for _ in 0..self.roll(3) {
            match self.roll(7) {
                0 => {
                    self.comments += 1;
                    let _ = writeln!(self.out, "// line {}", self.comments);
                }
                1 => {
                    self.comments += 1;
                    let _ = write!(self.out, "/* block {} */", self.comments);
                }
                2 => {
                    self.comments += 1;
                    let _ = write!(self.out, "/* tall\n {} */", self.comments);
                }
                3 => self.out.push_str("\r\n"),
                4 | 5 => self.out.push_str("\n    "),
                _ => self.out.push(' '),
            }
        }
    }

    fn members<T>(&mut self, brackets: [char; 2], items: &[T], mut one: impl FnMut(&mut Self, &T)) {
        self.out.push(brackets[0]);
        for (i, item) in items.iter().enumerate() {
            self.trivia();
            one(self, item);
            self.trivia();
            if i + 1 < items.len() || self.roll(2) == 0 {
                self.out.push(',');
            }
        }
        self.trivia();
        self.out.push(brackets[1]);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) if self.roll(2) == 0 && !text.contains(['\'', '\\']) => {
                let _ = write!(self.out, "'{text}'");
            }
            Value::Object(map) => {
                let entries: Vec<_> = map.iter().collect();
                self.members(['{', '}'], &entries, |s, (key, value)| {
                    if s.roll(2) == 0 && key.chars().all(|c| c.is_ascii_lowercase()) {
                        s.out.push_str(key);
                        // The parser wants a blank or the colon behind a bare key.
                        s.out.push(' ');
                    } else {
                        s.out.push_str(&Value::from(key.as_str()).to_string());
                    }
                    s.trivia();
                    s.out.push(':');
                    s.trivia();
                    s.value(value);
                });
            }
            Value::Array(items) => self.members(['[', ']'], items, Self::value),
            other => self.out.push_str(&other.to_string()),
        }
    }
}

fn scribble(value: &Value, dice: &[u8]) -> String {
    let mut scribe = Scribe {
        dice: dice.iter().cycle(),
        comments: 0,
        out: String::new(),
    };
    scribe.trivia();
    scribe.value(value);
    scribe.trivia();
    scribe.out
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1e9f64..1e9).prop_map(Value::from),
        "[a-z'\"\\\\客 /*,}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            any_object(inner),
        ]
    })
}

fn any_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-c.]{1,2}", value), 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>()))
}

/// Every path into a value, containers included, the root excluded.
fn paths(value: &Value, at: &ConfigPath, out: &mut Vec<ConfigPath>) {
    let members: Vec<_> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(k, v)| (Segment::Key(k.clone()), v))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| (Segment::Index(i), v))
            .collect(),
        _ => return,
    };
    for (segment, member) in members {
        let path = at.step(segment);
        paths(member, &path, out);
        out.push(path);
    }
}

fn pick(paths: &[ConfigPath], die: usize) -> Option<ConfigPath> {
    (!paths.is_empty()).then(|| paths[die % paths.len()].clone())
}

/// The reference: JSON pointers into a plain value.
fn slot<'v>(root: &'v mut Value, path: &ConfigPath) -> &'v mut Value {
    path.segments()
        .iter()
        .fold(root, |value, segment| match segment {
            Segment::Key(key) => &mut value[key.as_str()],
            Segment::Index(index) => &mut value[*index],
        })
}

/// The comments that are no part of the member at `path`.
fn comments_outside(text: &str, path: &ConfigPath) -> Vec<String> {
    let source = Source::parse(text).unwrap();
    let (parent, last) = path.split_last().unwrap();
    let index = match (source.node(&parent).unwrap(), last) {
        (Node::Object(object), Segment::Key(key)) => object
            .properties
            .iter()
            .position(|p| p.name.as_str() == key)
            .unwrap(),
        (_, last) => last.as_index().unwrap(),
    };
    let member = source.container(&parent).unwrap().members[index];
    let outside = |c: &Range| c.end <= member.start || c.start >= member.end;
    let comments = source.comments().filter(outside);
    comments.map(|c| text[c.start..c.end].to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_scalar_can_be_replaced_anywhere(
        root in any_object(any_value()),
        dice in prop::collection::vec(any::<u8>(), 1..80),
        die in any::<usize>(),
        new in prop_oneof![any::<bool>().prop_map(Value::from), "[a-z']{0,4}".prop_map(Value::from)],
    ) {
        let text = scribble(&root, &dice);
        let mut all = Vec::new();
        paths(&root, &ConfigPath::default(), &mut all);
        all.retain(|p| !slot(&mut root.clone(), p).is_object() && !slot(&mut root.clone(), p).is_array());
        let Some(path) = pick(&all, die) else { return Ok(()) };
        let mut document = Document::parse(&text).unwrap();
        let comments = document.comments();
        document.set(&path, &new).unwrap();
        let mut expected = root;
        *slot(&mut expected, &path) = new;
        prop_assert_eq!(document.value(), Document::parse(&expected.to_string()).unwrap().value());
        prop_assert_eq!(document.comments(), comments);
    }

    #[test]
    fn a_member_can_be_added_anywhere(
        root in any_object(any_value()),
        dice in prop::collection::vec(any::<u8>(), 1..80),
        die in any::<usize>(),
        new in any_value(),
    ) {
        let text = scribble(&root, &dice);
        let mut all = vec![ConfigPath::default()];
        paths(&root, &ConfigPath::default(), &mut all);
        all.retain(|p| slot(&mut root.clone(), p).is_object() || slot(&mut root.clone(), p).is_array());
        let container = pick(&all, die).unwrap();
        let mut expected = root.clone();
        let path = match slot(&mut expected, &container) {
            Value::Array(items) => {
                items.push(new.clone());
                container.index(items.len() - 1)
            }
            object => {
                object["new key"] = new.clone();
                container.key("new key")
            }
        };
        let mut document = Document::parse(&text).unwrap();
        let comments = document.comments();
        document.set(&path, &new).unwrap();
        prop_assert_eq!(document.value(), Document::parse(&expected.to_string()).unwrap().value());
        prop_assert_eq!(document.comments(), comments);
        // Taken out again, the text means what it meant.
        document.unset(&path).unwrap();
        prop_assert_eq!(document.value(), Document::parse(&root.to_string()).unwrap().value());
    }

    #[test]
    fn a_member_can_be_removed_anywhere(
        root in any_object(any_value()),
        dice in prop::collection::vec(any::<u8>(), 1..80),
        die in any::<usize>(),
    ) {
        let text = scribble(&root, &dice);
        let mut all = Vec::new();
        paths(&root, &ConfigPath::default(), &mut all);
        let Some(path) = pick(&all, die) else { return Ok(()) };
        let mut document = Document::parse(&text).unwrap();
        let kept = comments_outside(&text, &path);
        document.unset(&path).unwrap();
        let mut expected = root.clone();
        let (parent, last) = path.split_last().unwrap();
        match (slot(&mut expected, &parent), last) {
            (Value::Object(map), Segment::Key(key)) => drop(map.shift_remove(key)),
            (Value::Array(items), Segment::Index(index)) => drop(items.remove(*index)),
            _ => unreachable!(),
        }
        prop_assert_eq!(document.value(), Document::parse(&expected.to_string()).unwrap().value());
        prop_assert_eq!(document.comments(), kept);
    }

    #[test]
    fn any_object_can_become_any_other(
        old in any_object(any_value()),
        new in any_object(any_value()),
        dice in prop::collection::vec(any::<u8>(), 1..80),
    ) {
        let mut document = Document::parse(&scribble(&old, &dice)).unwrap();
        document.set(&ConfigPath::default(), &new).unwrap();
        prop_assert_eq!(
            sorted(document.value()),
            sorted(Document::parse(&new.to_string()).unwrap().value())
        );
        let text = document.text();
        document.set(&ConfigPath::default(), &new).unwrap();
        prop_assert_eq!(document.text(), text);
    }
}

/// Objects with their keys in order, so that `==` looks at content alone.
fn sorted(value: Value) -> String {
    let mut value = value;
    value.sort_all_objects();
    value.to_string()
}
