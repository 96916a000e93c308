//! `wecom pairing`: strangers who asked for access, and who got it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{print, reload, tokio_runtime};
use crate::channel::pairing::{
    Change, Changed, Listing, Pairings, exported, iso_time, looks_like_code, read_file,
};
use crate::clock::SystemClock;
use crate::config::edit::{Change as Edit, Editor, Operation};
use crate::config::{Environment, Location, load, normalise_account_id};
use crate::daemon::{self, Contact, ContactError, HomeLock};
use crate::ids::{AccountId, UserId};
use crate::store::{SqliteStore, Store};

/// Path of the local API.
const API: &str = "/pairing";

/// Subcommands of `wecom pairing`.
#[derive(Debug, Subcommand)]
pub(super) enum PairingCommand {
    /// Show who asked for access
    List(ListArgs),
    /// Grant access to the person with this code
    Approve(ApproveArgs),
    /// Refuse the request with this code
    #[command(alias = "deny")]
    Reject(CodeArgs),
    /// Take an approved person's access away
    Revoke(RevokeArgs),
    /// Take over pairing files of OpenClaw
    Import(ImportArgs),
    /// Write the pairings into a directory, as files in OpenClaw's form
    Export(ExportArgs),
}

/// Options of `wecom pairing list`.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// The channel: wecom
    channel: Option<String>,
    /// The same
    #[arg(long = "channel", value_name = "CHANNEL", conflicts_with = "channel")]
    named: Option<String>,
    /// Only this account
    #[arg(long)]
    account: Option<String>,
    /// Show who was approved
    #[arg(long)]
    approved: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A code, and perhaps the channel before or after it.
#[derive(Debug, Args)]
pub(super) struct CodeArgs {
    /// The code from `wecom pairing list`
    #[arg(required = true, num_args = 1..=2, value_names = ["CODE", "CHANNEL"])]
    words: Vec<String>,
    /// The channel: wecom
    #[arg(long)]
    channel: Option<String>,
    /// The request must be of this account
    #[arg(long)]
    account: Option<String>,
}

/// Options of `wecom pairing approve`.
#[derive(Debug, Args)]
pub(super) struct ApproveArgs {
    #[command(flatten)]
    code: CodeArgs,
    /// Tell the person in their chat with the bot
    #[arg(long)]
    notify: bool,
    /// Make the person the first owner, who may use owners' commands
    #[arg(long)]
    owner: bool,
}

/// Options of `wecom pairing revoke`.
#[derive(Debug, Args)]
pub(super) struct RevokeArgs {
    /// The person's user id
    user: String,
    /// The account [default: the default account]
    #[arg(long)]
    account: Option<String>,
}

/// Options of `wecom pairing import`.
#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// wecom-pairing.json, wecom-allowFrom.json, wecom-ACCOUNT-allowFrom.json
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Options of `wecom pairing export`.
#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The directory
    directory: PathBuf,
}

pub(super) fn run(
    command: PairingCommand,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio_runtime()?;
    let perform = async |change| Desk::open(location).await?.apply(change).await;
    match command {
        PairingCommand::List(args) => {
            for channel in args.channel.iter().chain(&args.named) {
                this_channel(channel)?;
            }
            let account = account(args.account.as_deref())?;
            let mut listing = runtime.block_on(listing(location))?;
            if let Some(account) = account {
                let of = json!(account);
                listing
                    .requests
                    .retain(|request| request.meta.get("accountId") == Some(&of));
                listing
                    .approved
                    .retain(|sender| sender.account_id == account);
                if listing.requests.is_empty() && listing.approved.is_empty() {
                    let loaded = load(location, environment)?;
                    loaded.config.account(account.as_str())?;
                }
            }
            show(&listing, args.approved, args.json);
        }
        PairingCommand::Approve(args) => {
            let (code, account) = args.code.parse()?;
            let notify = args.notify;
            let change = Change::Approve {
                code,
                account,
                notify,
            };
            let changed = runtime.block_on(perform(change))?;
            let sender = changed.sender.context("the daemon names nobody")?;
            print::line(&format!("Approved wecom sender {sender}."));
            if let Some(warning) = changed.warning {
                print::note(&format!("warning: {sender} was not told: {warning}"));
            }
            first_owner(&sender, args.owner, location, environment)?;
        }
        PairingCommand::Reject(args) => {
            let (code, account) = args.parse()?;
            let changed = runtime.block_on(perform(Change::Reject { code, account }))?;
            let sender = changed.sender.context("the daemon names nobody")?;
            print::line(&format!("Rejected wecom sender {sender}."));
        }
        PairingCommand::Revoke(args) => {
            let account = match account(args.account.as_deref())? {
                Some(account) => account,
                None => load(location, environment)?.config.default_account,
            };
            let sender = UserId::new(args.user.trim());
            let changed = Change::Revoke {
                sender: sender.clone(),
                account: account.clone(),
            };
            runtime.block_on(perform(changed))?;
            print::line(&format!(
                "Revoked wecom sender {sender} of account {account}."
            ));
        }
        PairingCommand::Import(args) => runtime.block_on(import(&args.files, location))?,
        PairingCommand::Export(args) => {
            let listing = runtime.block_on(listing(location))?;
            export(listing, &args.directory)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Who answers: the running daemon, or the store itself while none runs.
enum Desk {
    Daemon(Contact),
    Local { pairings: Pairings, _lock: HomeLock },
}

impl Desk {
    async fn open(location: &Location) -> anyhow::Result<Self> {
        match daemon::find(&location.home) {
            Ok(contact) => return Ok(Self::Daemon(contact)),
            Err(ContactError::NotRunning { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let lock = HomeLock::acquire(&location.home)?;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&location.home.join("state.db"))?);
        let pairings = Pairings::load(store, SystemClock::shared()).await?;
        Ok(Self::Local {
            pairings,
            _lock: lock,
        })
    }

    async fn listing(&self) -> anyhow::Result<Listing> {
        Ok(match self {
            Self::Daemon(contact) => contact.get(API).await?,
            Self::Local { pairings, .. } => pairings.listing().await?,
        })
    }

    async fn apply(&self, change: Change) -> anyhow::Result<Changed> {
        Ok(match self {
            Self::Daemon(contact) => contact.send(API, &change).await?,
            Self::Local { pairings, .. } => pairings.apply(change, None).await?,
        })
    }
}

async fn listing(location: &Location) -> anyhow::Result<Listing> {
    Desk::open(location).await?.listing().await
}

/// Who is approved, as the daemon or the store knows it.
pub(super) async fn is_approved(
    location: &Location,
    account: &AccountId,
    sender: &UserId,
) -> anyhow::Result<bool> {
    let approved = listing(location).await?.approved;
    Ok(approved
        .iter()
        .any(|record| record.account_id == *account && record.id.folded() == sender.folded()))
}

impl CodeArgs {
    /// The code and the account. Of two words one is the code, the other the channel.
    fn parse(&self) -> anyhow::Result<(String, Option<AccountId>)> {
        let code = match self.words.as_slice() {
            [code] => code,
            [first, second] if this_channel(first).is_ok() => second,
            [first, second] if this_channel(second).is_ok() => first,
            [first, second] if looks_like_code(first) && looks_like_code(second) => {
                bail!("two codes: take one at a time")
            }
            [first, second] => {
                let channel = if looks_like_code(first) {
                    second
                } else {
                    first
                };
                return Err(no_such_channel(channel));
            }
            _ => bail!("one code is needed"),
        };
        if let Some(channel) = &self.channel {
            this_channel(channel)?;
        }
        Ok((code.clone(), account(self.account.as_deref())?))
    }
}

fn this_channel(name: &str) -> anyhow::Result<()> {
    if name.trim().eq_ignore_ascii_case("wecom") {
        return Ok(());
    }
    Err(no_such_channel(name))
}

fn no_such_channel(name: &str) -> anyhow::Error {
    anyhow!("there is no channel `{name}` here: leave it out, or write wecom")
}

fn account(name: Option<&str>) -> anyhow::Result<Option<AccountId>> {
    match name.map(str::trim) {
        Some("") => bail!("--account needs the id of an account"),
        name => Ok(name.map(|name| AccountId::new(normalise_account_id(name)))),
    }
}

fn show(listing: &Listing, approved: bool, as_json: bool) {
    let Listing {
        requests,
        approved: senders,
    } = listing;
    match (approved, as_json) {
        (true, true) => print::line(&format!(
            "{:#}",
            json!({ "channel": "wecom", "approved": senders })
        )),
        (false, true) => print::line(&format!(
            "{:#}",
            json!({ "channel": "wecom", "requests": requests })
        )),
        (true, false) => {
            print::line(&format!("Approved wecom senders ({})", senders.len()));
            for sender in senders {
                let at = iso_time(sender.approved_at_ms);
                print::line(&format!(
                    "  {}  account {}  {at}",
                    sender.id, sender.account_id
                ));
            }
        }
        (false, false) if requests.is_empty() => {
            print::line("No pending wecom pairing requests.");
        }
        (false, false) => {
            print::line(&format!(
                "Pending wecom pairing requests ({})",
                requests.len()
            ));
            let width = requests.iter().map(|request| request.id.len()).max();
            let width = width.unwrap_or_default().max("wecomUserId".len());
            print::line(&format!(
                "  {:<8}  {:<width$}  {:<24}  Meta",
                "Code", "wecomUserId", "Requested"
            ));
            for request in requests {
                let meta = json!(request.meta);
                let at = iso_time(request.created_at);
                print::line(&format!(
                    "  {}  {:<width$}  {at:<24}  {meta}",
                    request.code, request.id
                ));
            }
        }
    }
}

/// Offers to make the person the first owner: an approval alone makes nobody one.
fn first_owner(
    sender: &UserId,
    wanted: bool,
    location: &Location,
    environment: &Environment,
) -> anyhow::Result<()> {
    let owners = load(location, environment)?
        .config
        .commands
        .owner_allow_from;
    if !owners.is_empty() {
        if wanted {
            print::note("note: commands.ownerAllowFrom names owners already; nothing was changed");
        }
        return Ok(());
    }
    let named = wanted || (std::io::stdin().is_terminal() && asked(sender)?);
    if !named {
        return Ok(());
    }
    let owner = format!("wecom:{sender}");
    let editor = Editor {
        location,
        environment,
        clock: &SystemClock,
    };
    let edit = Edit::Set(json!([owner]));
    editor.apply(&[Operation::new("commands.ownerAllowFrom".parse()?, edit)])?;
    print::line(&format!("commands.ownerAllowFrom is now [\"{owner}\"]."));
    if daemon::find(&location.home).is_ok()
        && let Err(error) = reload::ask_daemon(location)
    {
        print::note(&format!("warning: the daemon did not reload: {error:#}"));
    }
    Ok(())
}

fn asked(sender: &UserId) -> anyhow::Result<bool> {
    let mut err = std::io::stderr().lock();
    write!(
        err,
        "No owner is set. Make {sender} the owner, who may use owners' commands? [y/N] "
    )?;
    err.flush()?;
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
}

async fn import(files: &[PathBuf], location: &Location) -> anyhow::Result<()> {
    let desk = Desk::open(location).await?;
    for path in files {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = read_file(&name, &text).with_context(|| format!("cannot use {shown}"))?;
        let changed = desk.apply(Change::Import { file }).await?;
        print::line(&format!(
            "{shown}: {} new requests, {} new approved senders",
            changed.requests, changed.approved
        ));
    }
    Ok(())
}

/// Writes the files (mode 0600, each replaced at once).
fn export(listing: Listing, directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory)
        .with_context(|| format!("cannot make {}", directory.display()))?;
    let (requests, approved) = listing.into_records();
    for (name, value) in exported(&requests, &approved) {
        let path = directory.join(name);
        let shown = path.display();
        // A named temporary file has mode 0600.
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        write!(file, "{value:#}")?;
        file.persist(&path)
            .with_context(|| format!("cannot write {shown}"))?;
        print::line(&shown.to_string());
    }
    Ok(())
}
