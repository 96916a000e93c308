//! `wecom channels add`: sets an account up, by questions or by options.
//!
//! Either way the credentials are tried before they are saved, and the file is written
//! once, at the end.

mod answers;
mod args;
mod ask;
mod plan;
mod probe;
mod report;
mod settle;
mod wizard;
mod words;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::Value;

use super::accounts::Section;
use super::configuration;
use crate::cli::{print, tokio_runtime};
use crate::clock::SystemClock;
use crate::config::edit::{Editor, read_value};
use crate::config::{Config, Environment, Location};
use crate::daemon::{self, Contact};

use answers::Answers;
use ask::AskError;
use plan::{Chosen, Plan, plan};
use probe::{Tried, try_account};
use report::Report;
use wizard::{Decided, Ended};

pub(in crate::cli) use args::AddArgs;
pub(in crate::cli) use probe::Outcome as TryOutcome;

/// Exit status for a command line that cannot be obeyed.
const EXIT_USAGE: u8 = 2;

/// Exit status after Ctrl-C, as shells have it.
const EXIT_INTERRUPTED: u8 = 130;

/// What is there before anything is decided.
struct Setup<'a> {
    location: &'a Location,
    environment: &'a Environment,
    /// The file as it stands.
    file: Value,
    /// What it means.
    config: Config,
    /// The daemon that runs with this state directory.
    daemon: Option<Contact>,
}

/// Exit status 0 when the account is saved, 1 when nothing was, 2 for a command line that
/// cannot be obeyed, 130 after Ctrl-C.
pub(super) fn run(
    args: &AddArgs,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let is_asked = args.asks();
    if is_asked && !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        print::note(
            "error: the questions need a terminal. Say it with options instead, for example\n  \
             wecom channels add --bot-id aibEXAMPLE --secret-file -\n`wecom channels add --help` \
             lists them",
        );
        return Ok(ExitCode::from(EXIT_USAGE));
    }
    let setup = Setup::read(location, environment)?;
    let decided = if is_asked {
        match tokio_runtime()?.block_on(wizard::run(&setup)) {
            Ok(Some(decided)) => decided,
            Ok(None) => return Ok(left(environment, ExitCode::FAILURE)),
            Err(Ended::Ask(AskError::Left)) => {
                return Ok(left(environment, ExitCode::from(EXIT_INTERRUPTED)));
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        match by_options(args, &setup)? {
            Ok(decided) => decided,
            Err(code) => return Ok(code),
        }
    };
    let plan = setup.plan(&decided.chosen, &decided.answers);
    let outcome = if args.dry_run {
        setup.editor().preview(&plan.operations)?
    } else {
        setup.editor().apply(&plan.operations)?
    };
    let mut report = Report::new(&setup, &decided, &plan, &outcome, args);
    if !args.dry_run {
        report.settled = settle::wait(&setup, &decided.chosen.id, &outcome)?;
    }
    report.print(args.json)?;
    Ok(if outcome.refused.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn left(environment: &Environment, code: ExitCode) -> ExitCode {
    print::note(words::LEFT.of(environment.language()));
    code
}

/// What the options say, tried against the service.
fn by_options(args: &AddArgs, setup: &Setup<'_>) -> anyhow::Result<Result<Decided, ExitCode>> {
    let answers = match args.answers(&mut std::io::stdin(), setup.environment) {
        Ok(answers) => answers,
        Err(error) => {
            print::error(&error);
            return Ok(Err(ExitCode::from(EXIT_USAGE)));
        }
    };
    if answers.keys().is_empty() && answers.agent.is_none() {
        print::note(
            "error: nothing is said about the account; `wecom channels add --help` lists the options",
        );
        return Ok(Err(ExitCode::from(EXIT_USAGE)));
    }
    let chosen = match &args.account {
        Some(name) => Chosen::named(name)?,
        None => setup.default_account(),
    };
    setup.refuse_replacement(&chosen, &answers, args.yes)?;
    if args.shows_secrets() {
        print::note(
            "warning: secrets on a command line show in the process list and in the shell's \
             history; --secret-file - reads the bot's from standard input, `wecom channels add` \
             alone asks",
        );
    }
    let tried = if args.no_test || args.dry_run {
        Vec::new()
    } else {
        tokio_runtime()?.block_on(setup.try_out(&chosen, &answers))?
    };
    if tried.iter().any(|one| one.result.is_failure()) {
        report::print_failure(&chosen.id, &tried, args.json)?;
        return Ok(Err(ExitCode::FAILURE));
    }
    Ok(Ok(Decided {
        chosen,
        answers,
        tried,
    }))
}

impl<'a> Setup<'a> {
    fn read(location: &'a Location, environment: &'a Environment) -> anyhow::Result<Self> {
        let config = configuration(location, environment)?;
        Ok(Self {
            location,
            environment,
            file: read_value(&location.path, environment)?,
            config,
            daemon: daemon::find(&location.home).ok(),
        })
    }

    fn editor(&self) -> Editor<'_> {
        Editor {
            location: self.location,
            environment: self.environment,
            clock: &SystemClock,
        }
    }

    /// The account that is meant where none is named.
    fn default_account(&self) -> Chosen {
        Chosen::default_of(&self.config)
    }

    fn plan(&self, chosen: &Chosen, answers: &Answers) -> Plan {
        plan(chosen, answers, &self.file, &self.config)
    }

    /// Tries the credentials as they would be in effect.
    async fn try_out(&self, chosen: &Chosen, answers: &Answers) -> anyhow::Result<Vec<Tried>> {
        let plan = self.plan(chosen, answers);
        let (_, loaded) = self.editor().trial(&plan.operations)?;
        let account = loaded.and_then(|loaded| {
            loaded
                .config
                .accounts
                .get(&chosen.id.as_str().into())
                .cloned()
        });
        Ok(match account {
            Some(account) => try_account(&account, self.daemon.as_ref()).await,
            None => Vec::new(),
        })
    }

    /// Options that would put another bot or app in the place of one that is there.
    fn refuse_replacement(
        &self,
        chosen: &Chosen,
        answers: &Answers,
        is_sure: bool,
    ) -> anyhow::Result<()> {
        let section = Section::of(&self.file);
        let Some(place) = section.place(&chosen.id).filter(|_| !is_sure) else {
            return Ok(());
        };
        let identities = [
            (place.key("botId"), &answers.bot.id),
            (place.key("agent").key("corpId"), &answers.app.corp_id),
        ];
        for (path, new) in identities {
            let present = section.get(&path).and_then(Value::as_str);
            if let (Some(present), Some(new)) = (present, new)
                && present.trim() != new
            {
                bail!(
                    "the account {} has another one already at {path}: --account ID sets up one \
                     beside it, --yes replaces it",
                    chosen.id
                );
            }
        }
        Ok(())
    }

    /// Where WeCom calls an account's bot (`bot`) or app (`agent`).
    fn callback(&self, what: &str, id: &str) -> String {
        let origin = self.config.gateway.public_origin.as_ref();
        let origin = origin.map_or_else(
            || "https://<gateway.publicOrigin>".to_owned(),
            |url| url.as_str().trim_end_matches('/').to_owned(),
        );
        format!("{origin}/plugins/wecom/{what}/{id}")
    }

    /// What would be written, secrets masked, a line each.
    fn summary(&self, chosen: &Chosen, answers: &Answers) -> String {
        let plan = self.plan(chosen, answers);
        report::summary(&plan)
    }
}
