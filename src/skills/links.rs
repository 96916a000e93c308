//! Links between the files of a skill.

use std::collections::BTreeSet;

use super::problem::{Report, Rule};
use super::skill::{SKILL_FILE, SkillFile};

/// Tells of links that lead nowhere, and of files that no link leads to.
pub(super) fn check(files: &[SkillFile], report: &mut Report) {
    let known: BTreeSet<&str> = files.iter().map(SkillFile::path).collect();
    let mut linked: BTreeSet<String> = BTreeSet::from([SKILL_FILE.to_owned()]);
    for file in files.iter().filter(|file| file.mime() == "text/markdown") {
        for Link { line, target } in links(file.text().unwrap_or_default()) {
            match resolve(file.path(), target, &known) {
                Some(path) => {
                    if file.path() == SKILL_FILE {
                        linked.insert(path);
                    }
                }
                None => report.add_at(
                    file.path(),
                    Some(line),
                    Rule::BrokenLink,
                    format!("the link `{target}` leads to no file of this skill"),
                ),
            }
        }
    }
    for path in known.iter().filter(|path| !linked.contains(**path)) {
        let message = "SKILL.md has no link to it, so nobody will read it";
        report.add(path, Rule::Unlinked, message);
    }
}

/// A link to a file.
#[derive(Debug, PartialEq)]
struct Link<'a> {
    line: usize,
    target: &'a str,
}

/// The relative links of a Markdown text, outside of code.
fn links(text: &str) -> Vec<Link<'_>> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            // Every second piece between backticks is code.
            let prose = line.split('`').step_by(2);
            for after in prose.flat_map(|piece| piece.split("](").skip(1)) {
                let target = after.split([')', ' ']).next().unwrap_or_default();
                let path = target.split('#').next().unwrap_or_default();
                if !path.is_empty() && !has_scheme(target) {
                    found.push(Link {
                        line: index + 1,
                        target: path,
                    });
                }
            }
        }
    }
    found
}

fn has_scheme(target: &str) -> bool {
    target.contains("://") || target.starts_with("mailto:")
}

/// The file that a link leads to: from the folder of the file that it stands in, as
/// Markdown has it, else from the skill's own, as hosts have it.
fn resolve(from: &str, target: &str, known: &BTreeSet<&str>) -> Option<String> {
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    [folder, ""]
        .into_iter()
        .filter_map(|start| join(start, target))
        .find(|path| known.contains(path.as_str()))
}

fn join(start: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = start.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn problems(files: &[(&str, &'static str)]) -> Vec<String> {
        let files: Vec<SkillFile> = files
            .iter()
            .map(|(path, text)| SkillFile::new(*path, Bytes::from_static(text.as_bytes())))
            .collect();
        let mut report = Report::new("x");
        check(&files, &mut report);
        let lines = report.into_problems();
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_lead_to_files_of_the_skill_and_files_have_links() {
        let main = "# x\n[a](references/a.md#top) [b](references/b.md \"B\") [w](https://x.example)\n\
                    `[code](nowhere.md)` [above](#x)\n```\n[block](nowhere.md)\n```\n";
        let good = [
            ("SKILL.md", main),
            ("references/a.md", "[b](b.md) [main](../SKILL.md)"),
            ("references/b.md", "[a](references/a.md)"),
        ];
        assert_eq!(problems(&good), Vec::<String>::new());
        let bad = [
            (
                "SKILL.md",
                "\n[gone](references/gone.md)\n[out](../other/SKILL.md)",
            ),
            ("references/a.md", "[up](../../x.md)"),
        ];
        assert_eq!(
            problems(&bad),
            [
                "x/SKILL.md:2: the link `references/gone.md` leads to no file of this skill \
                 [broken-link]",
                "x/SKILL.md:3: the link `../other/SKILL.md` leads to no file of this skill \
                 [broken-link]",
                "x/references/a.md:1: the link `../../x.md` leads to no file of this skill \
                 [broken-link]",
                "x/references/a.md: SKILL.md has no link to it, so nobody will read it [unlinked]",
            ]
        );
    }
}
