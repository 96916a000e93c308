//! The options of `wecom channels add`.

use std::io::Read;

use anyhow::{Context, bail};
use clap::Args;

use super::answers::{Answers, App, Bot, Given, Mode};
use crate::cli::channels::Channel;
use crate::config::Environment;
use crate::secret::Secret;

/// Options of `wecom channels add`. Without any of the account's settings it asks.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of a command line"
)]
pub(in crate::cli) struct AddArgs {
    /// The channel; there is one
    #[arg(long, default_value_t, hide_default_value = true)]
    pub(super) channel: Channel,
    /// Id of the account: letters and digits [default: the default account]
    #[arg(long, value_name = "ID")]
    pub(super) account: Option<String>,
    /// Display name
    #[arg(long)]
    pub(super) name: Option<String>,
    /// Bot ID of the admin console
    #[arg(long, value_name = "ID")]
    pub(super) bot_id: Option<String>,
    /// Secret of the bot; it shows in the process list and the shell's history
    #[arg(long, value_name = "SECRET", conflicts_with_all = ["secret_file", "secret_env"])]
    pub(super) secret: Option<String>,
    /// File that holds the bot's secret, read whenever it is needed; `-` reads it once, from standard input
    #[arg(long, value_name = "FILE", conflicts_with = "secret_env")]
    pub(super) secret_file: Option<String>,
    /// Variable that holds the bot's secret when the daemon runs
    #[arg(long, value_name = "NAME")]
    pub(super) secret_env: Option<String>,
    /// How the bot is connected
    #[arg(long, value_enum)]
    pub(super) mode: Option<Mode>,
    /// Token of the bot's webhook
    #[arg(long)]
    pub(super) token: Option<String>,
    /// EncodingAESKey of the bot's webhook
    #[arg(long, value_name = "KEY")]
    pub(super) aes_key: Option<String>,
    /// Receiver id at the end of each callback; a company's own bot has none
    #[arg(long, value_name = "ID")]
    pub(super) receive_id: Option<String>,
    /// Company id of the agent app (自建应用)
    #[arg(long, value_name = "ID")]
    pub(super) corp_id: Option<String>,
    /// Secret of the agent app
    #[arg(long, value_name = "SECRET")]
    pub(super) corp_secret: Option<String>,
    /// Number of the agent app
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) agent_id: Option<u64>,
    /// Token of the agent app's callbacks
    #[arg(long, value_name = "TOKEN")]
    pub(super) agent_token: Option<String>,
    /// EncodingAESKey of the agent app's callbacks
    #[arg(long, value_name = "KEY")]
    pub(super) agent_aes_key: Option<String>,
    /// Who may write to it
    #[arg(long, value_name = "POLICY", value_parser = ["pairing", "allowlist", "open", "disabled"])]
    pub(super) dm_policy: Option<String>,
    /// Members that may write to it, by user id; a,b or several times
    #[arg(long, value_name = "USERID", value_delimiter = ',')]
    pub(super) allow_from: Vec<String>,
    /// Groups that it answers in
    #[arg(long, value_name = "POLICY", value_parser = ["open", "allowlist", "disabled"])]
    pub(super) group_policy: Option<String>,
    /// Agent that answers
    #[arg(long, value_name = "AGENT")]
    pub(super) bind: Option<String>,
    /// Replace a bot or app that the account has already
    #[arg(long)]
    pub(super) yes: bool,
    /// Save without trying the credentials
    #[arg(long)]
    pub(super) no_test: bool,
    /// Say what would be written, write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

impl AddArgs {
    /// Whether nothing about an account is said, so that it has to be asked for.
    pub(super) fn asks(&self) -> bool {
        let texts = [
            &self.name,
            &self.bot_id,
            &self.secret,
            &self.secret_file,
            &self.secret_env,
            &self.token,
            &self.aes_key,
            &self.receive_id,
            &self.corp_id,
            &self.corp_secret,
            &self.agent_token,
            &self.agent_aes_key,
            &self.dm_policy,
            &self.group_policy,
            &self.bind,
        ];
        texts.iter().all(|text| text.is_none())
            && self.agent_id.is_none()
            && self.mode.is_none()
            && self.allow_from.is_empty()
            && !self.yes
            && !self.json
    }

    /// The account's settings as the options give them.
    pub(super) fn answers(
        &self,
        input: &mut dyn Read,
        environment: &Environment,
    ) -> anyhow::Result<Answers> {
        if self.token.is_some() && self.aes_key.is_none() {
            bail!(
                "--token is the webhook's token here and needs --aes-key. OpenClaw's `channels add \
                 --token` meant the bot's id: that is --bot-id"
            );
        }
        let literal = |text: &Option<String>| text.as_deref().map(Given::value);
        let secret = match (&self.secret_file, &self.secret_env) {
            (Some(file), _) if file == "-" => {
                let mut text = String::new();
                input
                    .read_to_string(&mut text)
                    .context("cannot read the secret from standard input")?;
                Some(Given::value(&text))
            }
            (Some(file), _) => Some(Given::file(file, environment)?),
            (None, Some(name)) => Some(Given::variable(name)?),
            (None, None) => literal(&self.secret),
        };
        if secret.as_ref().is_some_and(Given::is_empty) {
            bail!("the secret is empty");
        }
        Ok(Answers {
            name: self.name.clone(),
            mode: self.mode,
            bot: Bot {
                id: self.bot_id.as_deref().map(|id| id.trim().to_owned()),
                secret,
                token: literal(&self.token),
                aes_key: literal(&self.aes_key),
                receive_id: self.receive_id.clone(),
            },
            app: App {
                corp_id: self.corp_id.as_deref().map(|id| id.trim().to_owned()),
                secret: literal(&self.corp_secret),
                agent_id: self.agent_id,
                token: literal(&self.agent_token),
                aes_key: literal(&self.agent_aes_key),
            },
            dm_policy: self.dm_policy.clone(),
            allow_from: (!self.allow_from.is_empty()).then(|| self.allow_from.clone()),
            group_policy: self.group_policy.clone(),
            group_allow_from: None,
            owner: None,
            agent: self.bind.clone(),
        })
    }

    /// Secrets that stand on the command line, where others can see them.
    pub(super) fn shows_secrets(&self) -> bool {
        let secrets = [
            &self.secret,
            &self.token,
            &self.aes_key,
            &self.corp_secret,
            &self.agent_token,
            &self.agent_aes_key,
        ];
        secrets.iter().any(|secret| secret.is_some())
    }
}

impl Given {
    pub(super) fn value(text: &str) -> Self {
        Self::Value(Secret::new(text.trim()))
    }

    /// A variable, read when the configuration is.
    pub(super) fn variable(name: &str) -> anyhow::Result<Self> {
        let name = name.trim();
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !is_name {
            bail!(
                "`{name}` is no name of a variable here: capitals, digits and `_`, no digit first"
            );
        }
        Ok(Self::Variable(name.to_owned()))
    }

    /// A file, read when the configuration is.
    pub(super) fn file(path: &str, environment: &Environment) -> anyhow::Result<Self> {
        let expanded = environment.expand_tilde(path.trim());
        let path = std::path::absolute(&expanded)
            .with_context(|| format!("{} is no path", expanded.display()))?;
        let Some(path) = path.to_str() else {
            bail!(
                "{} cannot be written into the configuration",
                path.display()
            );
        };
        Ok(Self::File(path.to_owned()))
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Value(secret) if secret.reveal().is_empty())
    }
}
