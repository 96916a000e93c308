//! What the documentation shows is true: configuration blocks load, commands parse, cards can
//! be sent, and what a command is said to print is what it prints.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use wecom::channel::cards;
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

/// A fenced block.
struct Block {
    language: String,
    content: String,
    /// Whether nothing but empty lines is between it and the block before.
    is_adjacent: bool,
}

fn all_blocks(page: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    let mut after_block = false;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.trim().strip_prefix("```") {
            let content = lines.by_ref().take_while(|line| line.trim() != "```");
            blocks.push(Block {
                language: language.to_owned(),
                content: content.collect::<Vec<_>>().join("\n"),
                is_adjacent: after_block,
            });
            after_block = true;
        } else if !line.trim().is_empty() {
            after_block = false;
        }
    }
    blocks
}

/// The fenced blocks of a language on a page.
fn blocks(page: &Path, language: &str) -> Vec<String> {
    let mut blocks = all_blocks(page);
    blocks.retain(|block| block.language == language);
    blocks.into_iter().map(|block| block.content).collect()
}

/// The words of a command as a shell would pass them on; quotes are all that is special here.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut quote = None;
    let mut in_word = false;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c.is_whitespace() => in_word = false,
            _ => {
                if !in_word {
                    words.push(String::new());
                    in_word = true;
                }
                if quote.is_none() && matches!(c, '\'' | '"') {
                    quote = Some(c);
                } else {
                    words.last_mut().unwrap().push(c);
                }
            }
        }
    }
    words
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
        ("DEEPSEEK_API_KEY", "four"),
        ("DASHSCOPE_API_KEY", "five"),
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
                if let Err(error) = Cli::try_parse_from(words(&line[at..])) {
                    panic!("{}: {line}\n{error}", page.display());
                }
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "{seen} commands are found");
}

#[test]
fn links_lead_to_files_and_headings() {
    let mut seen = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let (target, _) = link.split_once(')').unwrap();
            if target.contains("://") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap().join(file)
            };
            assert!(file.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                let is_there = headings(&file).iter().any(|heading| heading == anchor);
                assert!(is_there, "{}: {target}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} links are found");
}

/// The anchors of a page.
fn headings(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let words = line.trim_start_matches('#').trim().to_lowercase();
            let kept = words
                .chars()
                .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn cards_can_be_sent_as_they_are_written() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/chats.md");
    let mut types: Vec<_> = blocks(&guide, "json")
        .into_iter()
        .map(|block| {
            let taken = cards::take(&format!("```json\n{block}\n```"), 1_767_225_600_000);
            assert_eq!(taken.text, "", "{block}");
            let [card] = taken.cards.as_slice() else {
                panic!("{} cards in {block}", taken.cards.len());
            };
            assert_eq!(card.changes, [], "{block}");
            card.card.card_type().as_str()
        })
        .collect();
    types.sort_unstable();
    assert_eq!(
        types,
        [
            "button_interaction",
            "multiple_interaction",
            "news_notice",
            "text_notice",
            "vote_interaction"
        ]
    );
}

/// A command that only looks, and the text block right behind it, are run and compared under
/// the configuration block that stands last before them.
#[test]
fn shown_output_is_what_is_printed() {
    let home = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for page in pages() {
        let mut configuration = None;
        let mut command: Option<String> = None;
        for block in all_blocks(&page) {
            match block.language.as_str() {
                "json5" => configuration = Some(block.content),
                "sh" => command = Some(block.content).filter(|command| only_looks(command)),
                "text" if block.is_adjacent => {
                    let Some(command) = command.take() else {
                        continue;
                    };
                    let configuration = configuration.as_ref().unwrap();
                    std::fs::write(home.path().join("wecom.json"), configuration).unwrap();
                    let printed = print(home.path(), &command);
                    assert_eq!(printed, block.content, "{}: {command}", page.display());
                    seen += 1;
                }
                _ => {}
            }
        }
    }
    assert!(seen >= 6, "{seen} outputs are found");
}

fn only_looks(command: &str) -> bool {
    let is_one = command.lines().count() == 1;
    let looks = ["wecom route explain", "wecom cron list"];
    let looks = looks.iter().any(|looks| command.starts_with(looks));
    is_one && (looks || command.contains("--dry-run"))
}

/// What the program prints, notes on the surroundings left out.
fn print(home: &Path, command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wecom"))
        .args(&words(command)[1..])
        .env_clear()
        .env("WECOM_HOME", home)
        .env("WECOM_LOG", "off")
        .env("WECOM_SECRET", "one")
        .env("WECOM_ONE_SECRET", "two")
        .env("WECOM_TWO_SECRET", "three")
        .output()
        .unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    let lines = printed.lines().filter(|line| !line.starts_with("note: "));
    lines.collect::<Vec<_>>().join("\n")
}
