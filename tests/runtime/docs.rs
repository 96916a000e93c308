//! What the documentation shows is true: configuration blocks load, commands parse.

use std::path::{Path, PathBuf};

use clap::Parser;
use wecom::cli::Cli;
use wecom::config::{Environment, Location, Severity, all_issues, load_text};

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let in_docs = std::fs::read_dir(root.join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = in_docs.collect();
    pages.extend(["README.md", "README.zh-CN.md", "CONTRIBUTING.md"].map(|name| root.join(name)));
    pages.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    pages
}

/// The fenced blocks of a language on a page.
fn blocks(page: &Path, language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let opening = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == opening {
            blocks.push(
                lines
                    .by_ref()
                    .take_while(|line| line.trim() != "```")
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    }
    blocks
}

#[test]
fn configuration_blocks_load_without_errors() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("secrets")).unwrap();
    let secret = home.path().join("secrets/three");
    std::fs::write(&secret, "a-secret\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let environment = Environment::from_variables([
        ("WECOM_SECRET", "one"),
        ("WECOM_ONE_SECRET", "two"),
        ("WECOM_TWO_SECRET", "three"),
    ]);
    let location = Location {
        home: home.path().to_owned(),
        path: home.path().join("wecom.json"),
        read_only: true,
    };
    let mut seen = 0;
    for page in pages() {
        for block in blocks(&page, "json5") {
            let loaded = load_text(&block, &location, &environment);
            let loaded =
                loaded.unwrap_or_else(|error| panic!("{}: {error}\n{block}", page.display()));
            let mut errors = all_issues(&loaded.config);
            errors.retain(|issue| issue.severity != Severity::Info);
            assert!(
                errors.is_empty(),
                "{}: {errors:#?}\n{block}",
                page.display()
            );
            seen += 1;
        }
    }
    assert!(seen >= 2, "blocks are found");
}

#[test]
fn commands_parse() {
    let mut seen = 0;
    for page in pages() {
        for block in blocks(&page, "sh") {
            for line in block.lines() {
                let Some(at) = line.find("wecom ") else {
                    continue;
                };
                let words = line[at..]
                    .split_whitespace()
                    .map(|word| word.trim_matches(['\'', '"']));
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{}: {line}\n{error}", page.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "{seen} commands are found");
}
