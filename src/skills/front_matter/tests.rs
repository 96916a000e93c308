use std::fmt::Write;

use serde_json::json;

use super::*;

const FOLDER: &str = "x-y";

fn problems(text: &str) -> Vec<String> {
    let mut report = Report::new(FOLDER);
    let parsed = parse(text, FOLDER, &mut report);
    assert_eq!(parsed.is_none(), report.has_errors(), "{text}");
    let problems = report.into_problems();
    problems.iter().map(ToString::to_string).collect()
}

/// A file with the needed fields and these lines, from line 4 on.
fn with(lines: &str) -> String {
    format!("---\nname: x-y\ndescription: What it does.\n{lines}\n---\n\n# Body\n")
}

#[test]
fn every_field_arrives_as_it_was_written() {
    let text = "---\nname: x-y\ndescription: >-\n  Folded\n  text: 企业微信\nlicense: MIT\n\
                compatibility: \"any\"\nallowed-tools: Read wecom_mcp\nmetadata:\n  version: \"1.0\"\n  \
                openclaw:\n    requires: {config: [channels.wecom]}\n    order: 3\n    ratio: -1.5\n    \
                big: 18446744073709551615\n    always: true\n    nothing:\n---\nBody.\n";
    let mut report = Report::new(FOLDER);
    let parsed = parse(text, FOLDER, &mut report);
    assert_eq!(report.into_problems(), []);
    let FrontMatter {
        name,
        description,
        members,
    } = parsed.unwrap();
    assert_eq!((&*name, &*description), ("x-y", "Folded text: 企业微信"));
    let expected = json!({
        "name": "x-y",
        "description": "Folded text: 企业微信",
        "license": "MIT",
        "compatibility": "any",
        "allowed-tools": "Read wecom_mcp",
        "metadata": { "version": "1.0", "openclaw": {
            "requires": { "config": ["channels.wecom"] }, "order": 3, "ratio": -1.5,
            "big": 18_446_744_073_709_551_615_u64, "always": true, "nothing": null } },
    });
    // As texts, for the order counts.
    assert_eq!(Value::Object(members).to_string(), expected.to_string());
}

#[test]
fn the_front_matter_is_found_between_its_fences() {
    for (text, problem) in [
        (
            "",
            "x-y/SKILL.md:1: the file must begin with a line `---`, without anything before it [front-matter]",
        ),
        (
            "# x",
            "x-y/SKILL.md:1: the file must begin with a line `---`, without anything before it [front-matter]",
        ),
        (
            "\n---\nname: x-y\n---\n",
            "x-y/SKILL.md:1: the file must begin with a line `---`, without anything before it [front-matter]",
        ),
        (
            "\u{feff}---\nname: x-y\n---\n",
            "x-y/SKILL.md:1: the file must begin with a line `---`, without anything before it [front-matter]",
        ),
        (
            "---\nname: x-y\n\n# Body",
            "x-y/SKILL.md:4: the front matter has no end: close it with a line `---` [front-matter]",
        ),
    ] {
        assert_eq!(problems(text), [problem], "{text:?}");
    }
    let windows = with("license: MIT").replace('\n', "\r\n");
    assert_eq!(problems(&windows), Vec::<String>::new());
}

#[test]
fn each_rule_names_file_line_and_remedy() {
    for (lines, problem) in [
        (
            "version: 1",
            "4: `version` is no field of a skill (name, description, license, compatibility, metadata, allowed-tools); put it under `metadata` [unknown-field]",
        ),
        ("license: 3", "4: `license` must be a text [field-type]"),
        (
            "allowed-tools: [Read]",
            "4: `allowed-tools` must be a text [field-type]",
        ),
        (
            "compatibility: ''",
            "4: `compatibility` has 0 characters; 1 to 500 are allowed [compatibility]",
        ),
        (
            "compatibility: {}",
            "4: `compatibility` must be a text [field-type]",
        ),
        ("metadata: x", "4: `metadata` must be a map [field-type]"),
        (
            "metadata:\n  io.modelcontextprotocol/x: z",
            "4: `io.modelcontextprotocol/x`: keys that begin with `io.modelcontextprotocol/` belong to MCP [reserved-key]",
        ),
        (
            "metadata:\n  since: 2026-09-01",
            "5: quote `2026-09-01`: bare, older YAML does not read a text [lossless]",
        ),
        (
            "metadata:\n  on: yes",
            "5: quote `yes`: bare, older YAML does not read a text [lossless]",
        ),
        (
            "metadata:\n  code: 0644",
            "5: quote `0644`: bare, older YAML does not read a text [lossless]",
        ),
        (
            "metadata:\n  at: 12:30",
            "5: quote `12:30`: bare, older YAML does not read a text [lossless]",
        ),
        (
            "metadata:\n  a: &a b",
            "5: anchors and aliases (`&name`, `*name`) are not for front matter; repeat the value, or quote it if it is text [lossless]",
        ),
        (
            "metadata:\n  1: b",
            "2: the key Number(1) must be a text: quote it [lossless]",
        ),
        (
            "metadata: !map {a: b}",
            "2: the tag !map is not for JSON [lossless]",
        ),
        (
            "metadata:\n  a: .nan",
            "2: the number .nan is not for JSON [lossless]",
        ),
    ] {
        let expected = format!("x-y/SKILL.md:{problem}");
        assert_eq!(problems(&with(lines)), [expected], "{lines}");
    }
    for fine in [
        "metadata:\n  since: \"2026-09-01\"",
        "metadata:\n  on: 'yes'",
        "metadata:\n  note: see https://x.example & y",
        "license: 12 months",
    ] {
        assert_eq!(problems(&with(fine)), Vec::<String>::new(), "{fine}");
    }
}

#[test]
fn yaml_that_does_not_parse_names_its_line() {
    let lines = problems(&with("metadata: {a: b"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("x-y/SKILL.md:"), "{lines:?}");
    assert!(lines[0].ends_with("[yaml]"), "{lines:?}");
    let twice = problems(&with("license: a\nlicense: b"));
    assert!(twice[0].contains("duplicate"), "{twice:?}");
    let list = problems("---\n- a\n---\nb\n");
    assert_eq!(
        list,
        ["x-y/SKILL.md:2: it must be a map of `field: value` lines [yaml]"]
    );
}

#[test]
fn name_and_description_are_needed() {
    let file = |fields: &str| format!("---\n{fields}\n---\nBody.\n");
    assert_eq!(
        problems(&file("license: MIT")),
        [
            "x-y/SKILL.md:1: `name` is missing [name]",
            "x-y/SKILL.md:1: `description` is missing [description]",
        ]
    );
    assert_eq!(
        problems(&file("name: 3\ndescription: [a]")),
        [
            "x-y/SKILL.md:2: `name` must be a text: quote it [field-type]",
            "x-y/SKILL.md:3: `description` must be a text: quote it [field-type]",
        ]
    );
    assert_eq!(
        problems(&file("description: ' '\nname: other")),
        [
            "x-y/SKILL.md:3: the name `other` must be that of the folder, `x-y` [name-is-folder]",
            "x-y/SKILL.md:2: the description is blank: say what the skill does and when to use it [description]",
        ]
    );
}

#[test]
fn a_name_has_its_letters_and_length() {
    for (name, good) in [
        ("a", true),
        ("wecom-2-x", true),
        (&"a".repeat(64), true),
        (&"a".repeat(65), false),
        ("", false),
        ("A", false),
        ("a_b", false),
        ("a b", false),
        ("-a", false),
        ("a-", false),
        ("a--b", false),
        ("日程", false),
        ("a/../b", false),
    ] {
        let mut report = Report::new(name);
        let text = format!("---\nname: \"{name}\"\ndescription: D\n---\nBody\n");
        assert_eq!(parse(&text, name, &mut report).is_some(), good, "{name}");
        let rules: Vec<Rule> = report.into_problems().iter().map(|it| it.rule).collect();
        assert_eq!(rules, vec![Rule::Name; usize::from(!good)], "{name}");
    }
}

#[test]
fn lengths_count_characters() {
    let described = |count: usize| {
        let description = "企".repeat(count);
        problems(&format!(
            "---\nname: x-y\ndescription: {description}\n---\nBody\n"
        ))
    };
    assert_eq!(described(1_024), Vec::<String>::new());
    assert_eq!(
        described(1_025),
        ["x-y/SKILL.md:3: the description has 1025 characters; at most 1024 [description]"]
    );
    let long = with("license: MIT") + &"line\n".repeat(500);
    assert_eq!(
        problems(&long),
        ["x-y/SKILL.md:501: 507 lines; move what is over 500 into references [long-body]"]
    );
    assert_eq!(
        problems("---\nname: x-y\ndescription: D\n---\n \n"),
        ["x-y/SKILL.md: there are no instructions below the front matter [empty-body]"]
    );
}

#[test]
fn a_bomb_of_aliases_and_a_flood_are_refused_at_once() {
    let mut bomb = String::from("metadata:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..40 {
        let below = level - 1;
        let tenfold = vec![format!("*a{below}"); 10].join(", ");
        writeln!(bomb, "  a{level}: &a{level} [{tenfold}]").unwrap();
    }
    assert!(!problems(&with(&bomb)).is_empty());
    let inside = bomb
        .replace('\n', ", ")
        .replacen("metadata:,   ", "metadata: {", 1);
    assert!(!problems(&with(&format!("{inside}}}"))).is_empty());
    let flood = with(&format!("license: {}", "a".repeat(MAX_BYTES)));
    assert!(problems(&flood)[0].ends_with("at most 16384 [front-matter]"));
    let deep = with(&format!(
        "metadata: {}{}",
        "[".repeat(8_000),
        "]".repeat(8_000)
    ));
    assert!(!problems(&deep).is_empty());
}
