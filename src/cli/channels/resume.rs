//! `wecom channels resume`: back to work after a kick or a refusal.

use std::process::ExitCode;

use clap::Args;

use crate::cli::print;
use crate::daemon::Contact;
use crate::http::ResumeReply;

/// Options of `wecom channels resume`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ResumeArgs {
    /// Id of the account
    account: String,
}

pub(super) async fn run(args: &ResumeArgs, contact: &Contact) -> anyhow::Result<ExitCode> {
    let account = args.account.trim().to_lowercase();
    let path = format!("/accounts/{}/resume", url_segment(&account));
    let reply: ResumeReply = contact.post(&path).await?;
    match reply.error {
        None => {
            print::line(&format!("Account {account} connects again."));
            Ok(ExitCode::SUCCESS)
        }
        Some(error) => {
            print::note(&format!("error: {error}"));
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A text as one segment of a URL's path.
fn url_segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
