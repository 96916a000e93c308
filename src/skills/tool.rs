//! `wecom_skill`: skills for clients that know tools only.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{SKILL_FILE, Skill, SkillFile, Skills};

/// Its name.
pub const NAME: &str = "wecom_skill";

/// A short label for people.
pub const TITLE: &str = "企业微信技能";

/// Bytes of the description: it is in every conversation's context.
const MAX_DESCRIPTION: usize = 2_048;

const INTRODUCTION: &str = "Reads the skills for WeCom (企业微信): step-by-step instructions, one \
skill for each kind of task. Read the one that fits before using wecom_mcp. Without `name` it \
lists all; `file` reads a further file that a skill points to.\n";

/// What the tool answers.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillReply {
    /// For a model to read.
    pub text: String,
    /// The same for programs.
    pub structured: Value,
    /// Whether the arguments were wrong; the answer then says what to use.
    pub is_error: bool,
}

/// JSON schema of the arguments.
pub fn input_schema(skills: &Skills) -> Value {
    let names: Vec<&str> = skills.iter().map(Skill::name).collect();
    json!({
        "type": "object",
        "properties": {
            "name": {
                "type": "string",
                "enum": names,
                "description": "The skill; without it all are listed"
            },
            "file": {
                "type": "string",
                "description": "A file of the skill, as the skill names it, such as references/fields.md. Default SKILL.md"
            }
        }
    })
}

/// What the tool is for: all skills by name, and the beginning of what each is about.
pub fn description(skills: &Skills) -> String {
    let mut text = INTRODUCTION.to_owned();
    let room = MAX_DESCRIPTION
        .saturating_sub(text.len())
        .checked_div(skills.len())
        .unwrap_or_default();
    for skill in skills.iter() {
        // "- ", ": " and the line's end.
        let words = room.saturating_sub(skill.name().len() + 5);
        let about = shortened(skill.description(), words);
        // Writing to a string can't fail.
        writeln!(text, "- {}: {about}", skill.name()).ok();
    }
    text.truncate(text.trim_end().len());
    text
}

/// The beginning of a text in at most `bytes`, up to its first sentence's end.
fn shortened(text: &str, bytes: usize) -> String {
    const CUT: char = '…';
    let line = text.lines().next().unwrap_or_default();
    let sentence = line
        .find(['。', ';', '；'])
        .or_else(|| line.find(". "))
        .and_then(|end| line.get(..end))
        .unwrap_or(line);
    if sentence.len() <= bytes {
        return sentence.to_owned();
    }
    let mut end = bytes.saturating_sub(CUT.len_utf8());
    while !sentence.is_char_boundary(end) {
        end -= 1;
    }
    let kept = sentence.get(..end).unwrap_or_default();
    format!("{}{CUT}", kept.trim_end())
}

/// One use of it. What is wrong with the arguments is said in the answer, for the model.
pub fn call(skills: &Skills, arguments: &Map<String, Value>) -> SkillReply {
    let text_of = |name: &str| arguments.get(name).and_then(Value::as_str);
    let Some(name) = text_of("name") else {
        return listed(skills);
    };
    let Some(skill) = skills.get(name) else {
        let known: Vec<&str> = skills.iter().map(Skill::name).collect();
        return refused(
            &format!("There is no skill `{name}`."),
            &format!("Use one of: {}", known.join(", ")),
        );
    };
    let path = text_of("file").unwrap_or(SKILL_FILE);
    let known: Vec<&str> = skill.files().iter().map(SkillFile::path).collect();
    let Some(text) = skill.file(path).and_then(SkillFile::text) else {
        return refused(
            &format!("The skill `{name}` has no text file `{path}`."),
            &format!("Use one of: {}", known.join(", ")),
        );
    };
    SkillReply {
        text: text.to_owned(),
        structured: json!({
            "name": name,
            "file": path,
            "text": text,
            "files": known,
        }),
        is_error: false,
    }
}

fn listed(skills: &Skills) -> SkillReply {
    let all: Vec<Value> = skills
        .iter()
        .map(|skill| json!({ "name": skill.name(), "description": skill.description() }))
        .collect();
    let structured = json!({ "skills": all });
    SkillReply {
        text: pretty(&structured),
        structured,
        is_error: false,
    }
}

fn refused(message: &str, next: &str) -> SkillReply {
    let structured = json!({
        "ok": false,
        "error": { "kind": "invalid_args", "message": message, "retryable": false, "next": next },
    });
    SkillReply {
        text: pretty(&structured),
        structured,
        is_error: true,
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call_with(arguments: &Value) -> SkillReply {
        call(&Skills::built_in(), arguments.as_object().unwrap())
    }

    #[test]
    fn the_description_names_every_skill_in_little_room() {
        let skills = Skills::built_in();
        let description = description(&skills);
        assert!(
            description.len() <= MAX_DESCRIPTION,
            "{}",
            description.len()
        );
        for skill in skills.iter() {
            assert!(description.contains(skill.name()), "{}", skill.name());
        }
    }

    #[test]
    fn files_are_the_manifests_letter_for_letter() {
        let found = call_with(&json!({ "name": "wecom-edit-todo" }));
        assert!(found.text.starts_with("---\n"));
        assert_eq!(found.structured["text"], found.text);
        let reference = json!({ "name": "wecom-edit-todo", "file": "references/fields.md" });
        assert!(!call_with(&reference).is_error);
        for file in [
            "../wecom-msg/SKILL.md",
            "/etc/passwd",
            "references",
            "./SKILL.md",
        ] {
            let result = call_with(&json!({ "name": "wecom-edit-todo", "file": file }));
            assert!(result.is_error, "{file}");
        }
        let unknown = call_with(&json!({ "name": "../etc" }));
        assert!(unknown.is_error);
        assert!(unknown.text.contains("wecom-edit-todo"));
    }

    #[test]
    fn without_a_name_all_are_listed() {
        let listed = call_with(&json!({}));
        let count = listed.structured["skills"].as_array().unwrap().len();
        assert_eq!(count, Skills::built_in().len());
        assert_eq!(listed.text, pretty(&listed.structured));
    }

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(shortened("短句。后文", 100), "短句");
        assert_eq!(shortened("企业微信文档", 10), "企业…");
        assert_eq!(shortened("First. Second", 100), "First");
    }
}
