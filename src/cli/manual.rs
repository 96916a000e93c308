//! `wecom completions` and `wecom man`: what a shell and a manual know of the command line,
//! made from the command line itself.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use super::Cli;

/// Options of `wecom completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell to complete for
    #[arg(value_enum)]
    shell: Shell,
}

/// Options of `wecom man`.
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Write one page a command into this directory, which is made where it is missing
    #[arg(long, value_name = "DIRECTORY")]
    dir: Option<PathBuf>,
}

/// Prints the completion script.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "wecom", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the first page, or writes all of them.
pub(super) fn man(args: &ManArgs) -> anyhow::Result<ExitCode> {
    if let Some(directory) = &args.dir {
        std::fs::create_dir_all(directory)
            .and_then(|()| write_pages(directory))
            .with_context(|| format!("cannot write the pages to {}", directory.display()))?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        io::stdout().write_all(&page)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn write_pages(directory: &Path) -> io::Result<()> {
    clap_mangen::generate_to(command(), directory)
}

/// The command line without the pages about `help` itself.
fn command() -> Command {
    Cli::command().disable_help_subcommand(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(command: &Command, above: &str, found: &mut Vec<String>) {
        let name = format!("{above}{}", command.get_name());
        for below in command.get_subcommands() {
            names(below, &format!("{name}-"), found);
        }
        found.push(name);
    }

    #[test]
    fn every_command_has_a_page_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        write_pages(folder.path()).unwrap();
        let mut commands = Vec::new();
        names(&command(), "", &mut commands);
        assert!(
            commands.contains(&"wecom-channels-add".to_owned()),
            "{commands:?}"
        );
        for name in commands {
            let page = std::fs::read_to_string(folder.path().join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{name}");
        }
    }

    #[test]
    fn shells_learn_the_commands() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "wecom", &mut script);
            let script = String::from_utf8(script).unwrap();
            for word in ["channels", "pairing", "--account"] {
                let word = if matches!(shell, Shell::Fish) {
                    word.trim_start_matches('-')
                } else {
                    word
                };
                assert!(script.contains(word), "{shell} knows no {word}");
            }
        }
    }
}
