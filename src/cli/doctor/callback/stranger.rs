//! Answers that a daemon in good order does not give: who gave them, and why.

use super::line::{Answer, LIMIT, NoAnswer};
use super::party::{Party, Role};
use super::{AREA, address};
use crate::cli::doctor::finding::Finding;

/// Longest name of a server that is shown.
const MAX_NAME: usize = 40;

/// Nothing came back.
pub(super) fn no_answer(party: &Party, what: &str, failure: &NoAnswer) -> Finding {
    let (seen, fix) = match failure {
        NoAnswer::Late => (
            format!("no answer within {} s", LIMIT.as_secs()),
            "WeCom gives up after that, and sends a message three times at the most: see whether \
             the daemon runs and its machine is not overloaded (`wecom status`), and whether the \
             reverse proxy waits for something else",
        ),
        NoAnswer::Broken(why) => (
            format!("the connection ended without an answer ({why})"),
            "something on the way cuts it: a firewall that inspects requests, a reverse proxy \
             whose daemon is gone, or a port that does not speak HTTP",
        ),
    };
    Finding::error(AREA, party.subject(), format!("{what}: {seen}"), fix)
}

/// A web page.
pub(super) fn page(party: &Party, what: &str, answer: &Answer) -> Finding {
    Finding::error(
        AREA,
        party.subject(),
        format!("{what}: a web page, answered {}", by_whom(answer)),
        "a login, a CDN's check of browsers, or a site's own page stands before the daemon: let \
         requests to this path through to it without a login and without a check",
    )
}

/// A status that is not what it should be.
pub(super) fn unexpected(party: &Party, what: &str, answer: &Answer) -> Finding {
    if (300..400).contains(&answer.status) {
        return redirect(party, what, answer);
    }
    let seen = match OurWord::of(answer) {
        Some(word) => {
            let fix = word.fix(party);
            let seen = format!(
                "{what}: the daemon answered {}: {}",
                answer.status,
                word.text()
            );
            return Finding::error(AREA, party.subject(), seen, fix);
        }
        None => format!("{what}: answered {}", by_whom(answer)),
    };
    Finding::error(
        AREA,
        party.subject(),
        seen,
        fix_of_status(party, answer.status),
    )
}

/// The status, and who gave it, as far as he says it.
pub(super) fn by_whom(answer: &Answer) -> String {
    // From outside: only what a name consists of is shown.
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "/.-_ ()".contains(*c);
    let name: Option<String> = answer
        .header("server")
        .map(|name| name.chars().filter(is_plain).take(MAX_NAME).collect());
    match name.filter(|name| !name.is_empty()) {
        Some(name) => format!("{} by {name}", answer.status),
        None => answer.status.to_string(),
    }
}

fn redirect(party: &Party, what: &str, answer: &Answer) -> Finding {
    // Its query repeats what was sent.
    let target = answer
        .leads_to
        .as_ref()
        .map(|target| format!(" to {}", address(target)))
        .unwrap_or_default();
    Finding::error(
        AREA,
        party.subject(),
        format!("{what}: redirected{target}, {}", by_whom(answer)),
        "WeCom follows no redirect: enter the final address in the admin console, or answer \
         without one (a common cause: http to https, with and without `www`, a login)",
    )
}

fn fix_of_status(party: &Party, status: u16) -> String {
    let paths = match party.role {
        Role::Bot => "/plugins/wecom/bot[/ACCOUNT], /wecom/bot[/ACCOUNT], /wecom",
        Role::App { .. } => "/plugins/wecom/agent[/ACCOUNT], /wecom/agent[/ACCOUNT]",
    };
    match status {
        400 => "something before the daemon does not like the request: query and body must pass \
                unchanged (plain http on a port of https gives this too)"
            .to_owned(),
        401 | 403 | 407 => "a login or a firewall stands before the daemon: let WeCom's requests \
                            to this path through; they bring their own signature"
            .to_owned(),
        404 | 410 => format!(
            "nothing is there: the reverse proxy must pass the path on whole, without a part \
             taken away or added; the daemon answers at {paths}"
        ),
        405 | 501 => {
            "the reverse proxy lets only some methods through: GET and POST are needed".to_owned()
        }
        411 | 413 => "the reverse proxy allows smaller bodies than WeCom sends: let 1 MiB through \
             (nginx: client_max_body_size 1m)"
            .to_owned(),
        429 => "something before the daemon limits requests: exempt this path".to_owned(),
        502..=504 | 520..=527 => {
            "the reverse proxy does not reach the daemon: `wecom run` must be up, and the proxy \
             must go to its gateway.bind and gateway.port (127.0.0.1:19789 by default)"
                .to_owned()
        }
        _ => {
            "it is no answer of the daemon: check where the reverse proxy sends the path".to_owned()
        }
    }
}

/// The reasons that the daemon gives for a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OurWord {
    AccountNotFound,
    AccountConflict,
    DecryptFailed,
    Stale,
    Incomplete,
    NotConfigured,
    Unreadable,
    TooLarge,
}

/// How the daemon writes them, in a JSON or as a line of text.
const WORDS: [(&str, OurWord); 16] = [
    ("account_not_found", OurWord::AccountNotFound),
    ("signature verification failed", OurWord::AccountNotFound),
    ("account_conflict", OurWord::AccountConflict),
    ("decrypt_failed", OurWord::DecryptFailed),
    ("decryption failed", OurWord::DecryptFailed),
    ("stale_timestamp", OurWord::Stale),
    ("missing required query parameters", OurWord::Incomplete),
    ("missing_parameters", OurWord::Incomplete),
    ("agent_not_configured", OurWord::NotConfigured),
    ("\"not_found\"", OurWord::NotConfigured),
    ("missing encrypt field", OurWord::Unreadable),
    ("missing_encrypt", OurWord::Unreadable),
    ("empty payload", OurWord::Unreadable),
    ("invalid JSON body", OurWord::Unreadable),
    ("invalid_xml", OurWord::Unreadable),
    ("payload_too_large", OurWord::TooLarge),
];

impl OurWord {
    /// The reason in an answer. A page or a long text is not the daemon's.
    fn of(answer: &Answer) -> Option<Self> {
        const LONGEST: usize = 1_024;
        if answer.is_page() || answer.body.len() > LONGEST {
            return None;
        }
        let text = String::from_utf8_lossy(&answer.body);
        WORDS
            .iter()
            .find(|(word, _)| text.contains(word))
            .map(|(_, reason)| *reason)
    }

    fn text(self) -> &'static str {
        match self {
            Self::AccountNotFound => "no account there has this signature",
            Self::AccountConflict => "several accounts there have this signature",
            Self::DecryptFailed => "the signature is right, but it cannot decrypt",
            Self::Stale => "the request is too old or from the future",
            Self::Incomplete => "the query has not arrived",
            Self::NotConfigured => "no account there answers at this path",
            Self::Unreadable => "the body has not arrived as it was sent",
            Self::TooLarge => "the body is too large",
        }
    }

    fn fix(self, party: &Party) -> String {
        let same = "is it the daemon of this configuration, and has it taken up the last change \
                    (`wecom config reload`)?";
        match self {
            Self::AccountNotFound => format!(
                "the daemon there has another `{}` for this account, or the path belongs to \
                 another one: {same}",
                party.key("token")
            ),
            Self::AccountConflict => format!(
                "give every account its own `{}`, or use the path with the account at its end",
                party.key("token")
            ),
            Self::DecryptFailed => {
                let receiver = match party.role {
                    Role::Bot => "receiveId",
                    Role::App { .. } => "agent.corpId",
                };
                let key = party.key("encodingAESKey");
                format!("the daemon there has another `{key}` or `{receiver}`: {same}")
            }
            Self::Stale => "set the clocks of this machine and the daemon's right: timedatectl \
                            set-ntp true"
                .to_owned(),
            Self::Incomplete => {
                "the reverse proxy drops the query: it must pass it on unchanged".to_owned()
            }
            Self::NotConfigured => {
                format!("switch the account on and give it its keys there: {same}")
            }
            Self::Unreadable | Self::TooLarge => {
                "the reverse proxy must pass the body on unchanged".to_owned()
            }
        }
    }
}
