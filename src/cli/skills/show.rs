//! `wecom skills list` and `wecom skills show`.

use clap::Args;
use serde_json::{Value, json};

use super::{Session, named};
use crate::skills::{SKILL_FILE, Skill, SkillFile};

/// Options of `skills list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Print JSON: front matter and files with sizes and digests
    #[arg(long)]
    pub json: bool,
}

/// Options of `skills show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Name of the skill
    pub name: String,
    /// File in the skill, such as references/fields.md [default: SKILL.md]
    pub file: Option<String>,
}

pub(super) fn list(args: &ListArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let skills = session.usable()?;
    if args.json {
        let all: Vec<Value> = skills.iter().map(as_json).collect();
        writeln!(session.out, "{}", serde_json::to_string_pretty(&all)?)?;
        return Ok(0);
    }
    let widest = skills.iter().map(|skill| skill.name().len()).max();
    for skill in skills.iter() {
        let width = widest.unwrap_or_default();
        let what = first_sentence(skill.description());
        writeln!(session.out, "{:width$}  {what}", skill.name())?;
    }
    Ok(0)
}

pub(super) fn show(args: &ShowArgs, session: &mut Session<'_>) -> anyhow::Result<u8> {
    let skills = session.usable()?;
    let skill = named(&skills, &args.name)?;
    let path = args.file.as_deref().unwrap_or(SKILL_FILE);
    let Some(file) = skill.file(path) else {
        let paths: Vec<&str> = skill.files().iter().map(SkillFile::path).collect();
        anyhow::bail!(
            "the skill {} has no file {path}; it has {}",
            args.name,
            paths.join(", ")
        );
    };
    session.out.write_all(file.bytes())?;
    Ok(0)
}

fn as_json(skill: &Skill) -> Value {
    let file = |file: &SkillFile| {
        json!({
            "path": file.path(),
            "size": file.size(),
            "digest": file.digest(),
            "mimeType": file.mime(),
        })
    };
    json!({
        "name": skill.name(),
        "uri": skill.uri(),
        "frontmatter": skill.front_matter(),
        "files": skill.files().iter().map(file).collect::<Vec<Value>>(),
    })
}

/// What the skill does; when to use it is for agents.
fn first_sentence(description: &str) -> &str {
    description
        .split_once(". ")
        .map_or(description, |(first, _)| first)
        .trim_end_matches('.')
}
