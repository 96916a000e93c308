//! The questions of the set-up, in order.

use serde_json::Value;

use super::Setup;
use super::answers::{Answers, Given, Mode};
use super::ask::{AskError, Question, Terminal};
use super::plan::Chosen;
use super::probe::{Outcome, Tried};
use super::words::{self, Words};
use crate::cli::channels::accounts::{DEFAULT, Section};
use crate::cli::print;
use crate::config::{Language, check_aes_key};
use crate::secret::Secret;

/// Why nothing is written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Ended {
    #[error(transparent)]
    Ask(#[from] AskError),
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// What the person decided.
pub(super) struct Decided {
    pub(super) chosen: Chosen,
    pub(super) answers: Answers,
    pub(super) tried: Vec<Tried>,
}

/// What is connected.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    WebSocket,
    Webhook,
    App,
    Both,
}

/// Asks everything. Nothing is written here; `None` where the person wants nothing written.
pub(super) async fn run(setup: &Setup<'_>) -> Result<Option<Decided>, Ended> {
    let language = language(setup.environment.language())?;
    let wizard = Wizard {
        terminal: Terminal { language },
        setup,
        section: Section::of(&setup.file),
    };
    print::note(wizard.terminal.word(words::INTRO));
    let chosen = wizard.account()?;
    let Some((mut answers, tried)) = wizard.credentials(&chosen).await? else {
        return Ok(None);
    };
    wizard.policies(&chosen, &mut answers)?;
    wizard.agent(&chosen, &mut answers)?;
    print::note(&words::SUMMARY.with(language, &setup.summary(&chosen, &answers)));
    if !wizard.terminal.confirm(words::WRITE, true)? {
        return Ok(None);
    }
    Ok(Some(Decided {
        chosen,
        answers,
        tried,
    }))
}

fn language(locale: Language) -> Result<Language, AskError> {
    let choices = [words::CHINESE, words::ENGLISH].map(|words| words.of(locale).to_owned());
    let default = usize::from(locale == Language::English);
    let terminal = Terminal { language: locale };
    Ok(match terminal.choose(words::LANGUAGE, &choices, default)? {
        0 => Language::Chinese,
        _ => Language::English,
    })
}

struct Wizard<'a> {
    terminal: Terminal,
    setup: &'a Setup<'a>,
    section: Section<'a>,
}

impl Wizard<'_> {
    fn say(&self, words: Words, text: &str) {
        print::note(&words.with(self.terminal.language, text));
    }

    fn account(&self) -> Result<Chosen, Ended> {
        let is_new = self
            .section
            .get(&crate::cli::channels::accounts::section_path())
            .and_then(Value::as_object)
            .is_none_or(serde_json::Map::is_empty);
        if is_new {
            return Ok(self.setup.default_account());
        }
        let ids = self.section.ids();
        let default = self.setup.default_account();
        let marked = ids.iter().position(|id| *id == default.id);
        let mut choices = ids.clone();
        choices.push(self.terminal.word(words::NEW_ACCOUNT).to_owned());
        let position =
            self.terminal
                .choose(words::ACCOUNT, &choices, marked.unwrap_or_default())?;
        if let Some(id) = ids.get(position) {
            return Ok(Chosen {
                id: id.clone(),
                note: None,
            });
        }
        let check = |typed: &str| {
            let chosen = Chosen::named(typed).map_err(|error| error.to_string())?;
            if typed.is_empty() {
                return Err(self.terminal.word(words::NOT_EMPTY).to_owned());
            }
            if ids.contains(&chosen.id) {
                return Err(words::ID_TAKEN.with(self.terminal.language, &chosen.id));
            }
            Ok(())
        };
        let typed = self.terminal.text(words::NEW_ID, None, check)?;
        let chosen = Chosen::named(&typed).map_err(anyhow::Error::from)?;
        self.say(words::ID_IS, &chosen.id);
        if !self.section.is_multi() {
            self.say(words::CONVERTS, "");
        }
        Ok(chosen)
    }

    /// Asks for credentials and tries them, until they work or the person goes on without.
    async fn credentials(&self, chosen: &Chosen) -> Result<Option<(Answers, Vec<Tried>)>, Ended> {
        loop {
            let answers = self.connection(chosen)?;
            if !self.terminal.confirm(words::TRY, true)? {
                return Ok(Some((answers, Vec::new())));
            }
            let tried = self.setup.try_out(chosen, &answers).await?;
            if tried.is_empty() {
                self.say(words::UNTRIED, "");
            }
            for one in &tried {
                self.report(one);
            }
            if !tried.iter().any(|one| one.result.is_failure()) {
                return Ok(Some((answers, tried)));
            }
            let choices = [words::REENTER, words::SAVE_ANYWAY, words::QUIT]
                .map(|words| self.terminal.word(words).to_owned());
            match self.terminal.choose(words::AFTER_FAILURE, &choices, 0)? {
                0 => {}
                1 => return Ok(Some((answers, tried))),
                _ => return Ok(None),
            }
        }
    }

    fn report(&self, tried: &Tried) {
        match &tried.result {
            Outcome::Accepted => self.say(words::TRIED_OK, tried.part),
            Outcome::Skipped(why) => self.say(words::TRIED_SKIPPED, why),
            Outcome::Failed { seen, fix } => {
                self.say(words::TRIED_FAILED, seen);
                self.say(words::FIX, fix);
            }
        }
    }

    fn connection(&self, chosen: &Chosen) -> Result<Answers, Ended> {
        const KINDS: [(Kind, Words); 4] = [
            (Kind::WebSocket, words::KIND_WEBSOCKET),
            (Kind::Webhook, words::KIND_WEBHOOK),
            (Kind::App, words::KIND_APP),
            (Kind::Both, words::KIND_BOTH),
        ];
        let choices = KINDS.map(|(_, words)| self.terminal.word(words).to_owned());
        let position = self.terminal.choose(words::KIND, &choices, 0)?;
        let kind = KINDS
            .get(position)
            .map_or(Kind::WebSocket, |(kind, _)| *kind);
        let mut answers = Answers::default();
        if matches!(kind, Kind::WebSocket | Kind::Both) {
            let present = self.present(chosen, &["connectionMode"]);
            answers.mode = present.is_some().then_some(Mode::Websocket);
            answers.bot.id = self.plain(chosen, &["botId"], words::BOT_ID)?;
            answers.bot.secret = self.given(chosen, &["secret"], words::SECRET)?;
        }
        if kind == Kind::Webhook {
            answers.mode = Some(Mode::Webhook);
            let keys = self.callback(chosen, ["token", "encodingAESKey"].map(|key| vec![key]))?;
            (answers.bot.token, answers.bot.aes_key) = keys;
            let typed = self.terminal.text(words::RECEIVE_ID, None, |_| Ok(()))?;
            answers.bot.receive_id = Some(typed).filter(|id| !id.is_empty());
            self.say(words::CALLBACK, &self.setup.callback("bot", &chosen.id));
        }
        if matches!(kind, Kind::App | Kind::Both) {
            let app = &mut answers.app;
            app.corp_id = self.plain(chosen, &["agent", "corpId"], words::CORP_ID)?;
            app.secret = self.given(chosen, &["agent", "corpSecret"], words::CORP_SECRET)?;
            let present = self.present(chosen, &["agent", "agentId"]);
            let number = |typed: &str| match typed.parse::<u64>() {
                Ok(number) if number > 0 => Ok(()),
                _ => Err(self.terminal.word(words::NOT_A_NUMBER).to_owned()),
            };
            let typed = self
                .terminal
                .text(words::AGENT_ID, present.as_deref(), number)?;
            app.agent_id = typed.parse().ok();
            if self.terminal.confirm(words::APP_RECEIVES, false)? {
                let places = ["token", "encodingAESKey"].map(|key| vec!["agent", key]);
                (app.token, app.aes_key) = self.callback(chosen, places)?;
                self.say(words::CALLBACK, &self.setup.callback("agent", &chosen.id));
            }
        }
        Ok(answers)
    }

    /// Token and key of a callback: kept, generated or typed.
    fn callback(
        &self,
        chosen: &Chosen,
        [token, key]: [Vec<&str>; 2],
    ) -> Result<(Option<Given>, Option<Given>), Ended> {
        let has_both =
            self.present(chosen, &token).is_some() && self.present(chosen, &key).is_some();
        if has_both && self.keeps("***")? {
            return Ok((None, None));
        }
        if self.terminal.confirm(words::GENERATE, true)? {
            let (token, key) = generated();
            self.say(
                words::GENERATED,
                &format!(
                    "  Token           {}\n  EncodingAESKey  {}",
                    token.reveal(),
                    key.reveal()
                ),
            );
            return Ok((Some(Given::Value(token)), Some(Given::Value(key))));
        }
        let token = self.entered(words::TOKEN, |text| self.visible(text))?;
        let key = self.entered(words::AES_KEY, check_aes_key)?;
        Ok((Some(token), Some(key)))
    }

    /// A value that may be shown; `None` keeps the present one.
    fn plain(
        &self,
        chosen: &Chosen,
        keys: &[&str],
        question: Question,
    ) -> Result<Option<String>, Ended> {
        if let Some(present) = self.present(chosen, keys)
            && self.keeps(&beginning(&present))?
        {
            return Ok(None);
        }
        Ok(Some(
            self.terminal
                .text(question, None, |text| self.visible(text))?,
        ))
    }

    /// A secret; `None` keeps the present one.
    fn given(
        &self,
        chosen: &Chosen,
        keys: &[&str],
        question: Question,
    ) -> Result<Option<Given>, Ended> {
        if let Some(present) = self.present(chosen, keys) {
            let is_reference = present.starts_with("${") || present.starts_with('{');
            let shown = if is_reference {
                present.as_str()
            } else {
                "***"
            };
            if self.keeps(shown)? {
                return Ok(None);
            }
        }
        Ok(Some(self.entered(question, |text| self.visible(text))?))
    }

    fn keeps(&self, shown: &str) -> Result<bool, AskError> {
        self.say(words::KEEPS, shown);
        self.terminal.confirm(words::KEEP, true)
    }

    /// A secret as typed, or where it is.
    fn entered(
        &self,
        question: Question,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Given, Ended> {
        let read = |text: &str| match text.split_once(':') {
            Some(("env", name)) => Given::variable(name).map(Some),
            Some(("file", path)) => Given::file(path, self.setup.environment).map(Some),
            _ => Ok(None),
        };
        let secret = self.terminal.secret(question, |text| match read(text) {
            Ok(Some(_)) => Ok(()),
            Ok(None) => check(text),
            Err(error) => Err(error.to_string()),
        })?;
        Ok(match read(secret.reveal())? {
            Some(reference) => reference,
            None => Given::Value(secret),
        })
    }

    fn visible(&self, text: &str) -> Result<(), String> {
        let complaint = if text.is_empty() {
            words::NOT_EMPTY
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            words::NOT_ASCII
        } else {
            return Ok(());
        };
        Err(self.terminal.word(complaint).to_owned())
    }

    /// What the account has at these keys itself.
    fn present(&self, chosen: &Chosen, keys: &[&str]) -> Option<String> {
        let place = self.section.place(&chosen.id)?;
        let path = keys.iter().fold(place, |path, key| path.key(*key));
        Some(match self.section.get(&path)? {
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }

    fn policies(&self, chosen: &Chosen, answers: &mut Answers) -> Result<(), Ended> {
        let of = |choices: &[(&str, Words)]| -> Vec<String> {
            choices
                .iter()
                .map(|(_, words)| self.terminal.word(*words).to_owned())
                .collect()
        };
        let now = |key: &str, choices: &[(&str, Words)]| {
            let present = self.present(chosen, &[key])?;
            choices.iter().position(|(name, _)| *name == present)
        };
        let (dm, groups) = (&words::DM_CHOICES, &words::GROUP_CHOICES);
        let default = now("dmPolicy", dm).unwrap_or_default();
        let policy = self.terminal.choose(words::DM_POLICY, &of(dm), default)?;
        let policy = dm.get(policy).map_or("pairing", |(name, _)| *name);
        answers.dm_policy = Some(policy.to_owned());
        if policy == "allowlist" {
            answers.allow_from = Some(self.ids(words::ALLOW_FROM)?);
        }
        let present = now("groupPolicy", groups);
        let policy = self.terminal.choose(
            words::GROUP_POLICY,
            &of(groups),
            present.unwrap_or_default(),
        )?;
        let policy = groups.get(policy).map_or("open", |(name, _)| *name);
        // The default is written only where it takes something back.
        answers.group_policy = (policy != "open" || present.is_some()).then(|| policy.to_owned());
        if policy == "allowlist" {
            answers.group_allow_from = Some(self.ids(words::GROUP_IDS)?);
        }
        if self.setup.config.commands.owner_allow_from.is_empty() {
            let owner = self.terminal.text(words::OWNER, Some(""), |_| Ok(()))?;
            answers.owner = Some(owner).filter(|owner| !owner.is_empty());
        }
        Ok(())
    }

    fn ids(&self, question: Question) -> Result<Vec<String>, AskError> {
        let check = |text: &str| {
            if split_ids(text).is_empty() {
                Err(self.terminal.word(words::NOT_EMPTY).to_owned())
            } else {
                Ok(())
            }
        };
        Ok(split_ids(&self.terminal.text(question, None, check)?))
    }

    fn agent(&self, chosen: &Chosen, answers: &mut Answers) -> Result<(), Ended> {
        let agents = &self.setup.config.agents;
        let is_multi = self.section.is_multi() || chosen.id != DEFAULT;
        if !is_multi && agents.list.len() < 2 {
            return Ok(());
        }
        let ids: Vec<String> = agents.list.iter().map(|agent| agent.id.clone()).collect();
        let default = agents
            .default_agent
            .as_ref()
            .and_then(|agent| ids.iter().position(|id| id == agent));
        let mut choices = ids.clone();
        choices.push(self.terminal.word(words::NO_AGENT).to_owned());
        loop {
            let position =
                self.terminal
                    .choose(words::AGENT, &choices, default.unwrap_or_default())?;
            match ids.get(position) {
                // Without accounts to tell apart the default agent needs no binding.
                Some(_) if !is_multi && default == Some(position) => {}
                Some(id) => answers.agent = Some(id.clone()),
                None if is_multi && !self.terminal.confirm(words::UNBOUND, false)? => continue,
                None => {}
            }
            return Ok(());
        }
    }
}

/// Enough of an id to recognise it by.
fn beginning(id: &str) -> String {
    if id.starts_with("${") || id.starts_with('{') {
        return id.to_owned();
    }
    let shown: String = id.chars().take(4).collect();
    format!("{shown}…")
}

/// Ids as people separate them.
fn split_ids(text: &str) -> Vec<String> {
    text.split([',', '，', ';', '；', '、', ' ', '\t', '\n'])
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A token and a key of the form that WeCom's console takes.
fn generated() -> (Secret, Secret) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD_NO_PAD;
    use rand::distr::{Alphanumeric, SampleString};

    /// Characters of a token; the console takes up to 32.
    const TOKEN: usize = 16;
    let token = Alphanumeric.sample_string(&mut rand::rng(), TOKEN);
    let key = STANDARD_NO_PAD.encode(rand::random::<[u8; 32]>());
    (Secret::new(token), Secret::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_separated_as_people_do() {
        assert_eq!(
            split_ids(" zhangsan，lisi; wangwu、1001\tzhao ,, "),
            ["zhangsan", "lisi", "wangwu", "1001", "zhao"]
        );
        assert_eq!(split_ids(" ，; "), Vec::<String>::new());
    }

    #[test]
    fn generated_keys_are_what_the_console_takes() {
        let (token, key) = generated();
        assert_eq!(token.reveal().len(), 16);
        assert!(
            token
                .reveal()
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric())
        );
        assert_eq!(check_aes_key(key.reveal()), Ok(()));
        assert_ne!(generated().1, key);
    }

    #[test]
    fn an_id_is_shown_by_its_beginning_and_a_reference_whole() {
        assert_eq!(beginning("aibEXAMPLE"), "aibE…");
        assert_eq!(beginning("${WECOM_BOT}"), "${WECOM_BOT}");
    }
}
