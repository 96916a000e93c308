//! `wecom doctor --callback`: WeCom is played against an address of ours.
//!
//! The requests are those that WeCom would send, made with the account's own keys, and no
//! proxy is used: WeCom comes from outside, whatever way this machine takes there. What is
//! sent causes nothing: an echo, and events of a type that nobody reacts to.

mod certificate;
mod echo;
mod event;
mod line;
mod party;
mod reach;
mod refusal;
mod stranger;

use std::path::Path;

use url::Url;

use super::finding::Finding;
use super::network;
use crate::clock::{Clock, SystemClock};
use crate::config::{Account, Config};
use line::{Answer, Line, NoAnswer};
use party::Party;

const AREA: &str = "callback";

/// Calls an address as WeCom would, for each of those that answer at it. `is_named` tells
/// that somebody chose the only one of `accounts`.
pub(super) async fn check(
    url: &Url,
    config: &Config,
    accounts: &[&Account],
    is_named: bool,
) -> Vec<Finding> {
    let parties = match party::parties(url, config, accounts, is_named) {
        Ok(parties) => parties,
        Err(finding) => return vec![finding],
    };
    let ca_file = parties.iter().find_map(|party| ca_file(config, party));
    let (reached, client) = reach::reach(url, ca_file, SystemClock.now_ms()).await;
    let mut findings: Vec<Finding> = parties
        .iter()
        .filter_map(|party| off(config, party))
        .collect();
    findings.extend(reached);
    let Some(client) = client else {
        return findings;
    };
    let line = Line {
        client,
        url: url.clone(),
    };
    // Who answers there has one clock, whoever is called.
    let mut clock = None;
    for party in &parties {
        let (found, clock_seen) = examine(&line, party).await;
        findings.extend(found);
        clock = clock.or(clock_seen);
    }
    findings.extend(clock);
    findings
}

/// Where nobody answers for a reason that is known beforehand.
fn off(config: &Config, party: &Party) -> Option<Finding> {
    let account = config.accounts.get(&party.account)?;
    (!account.enabled).then(|| {
        Finding::warning(
            AREA,
            party.subject(),
            "the account is off: the daemon does not answer for it",
            "set `enabled` to true, of the account and of channels.wecom",
        )
    })
}

fn ca_file<'a>(config: &'a Config, party: &Party) -> Option<&'a Path> {
    let account = config.accounts.get(&party.account)?;
    account.network.ca_file.as_deref()
}

/// What there is to say about a party, and about the clock there.
async fn examine(line: &Line, party: &Party) -> (Vec<Finding>, Option<Finding>) {
    let echo = echo::Question::new(party);
    let echoed = line.ask(&echo.request).await;
    let mut findings = echo.judge(party, &echoed);

    let event = event::Event::new(party);
    let posted = line.ask(&event.request).await;
    findings.extend(event.judge(party, &posted));

    // Whoever refuses everything says nothing by refusing these.
    if is_accepted(&echoed) || is_accepted(&posted) {
        let forged = refusal::forged(party);
        findings.push(refusal::judge_forged(party, &line.ask(&forged).await));
        if let Some(old) = refusal::old(party) {
            findings.push(refusal::judge_old(party, &line.ask(&old).await));
        }
    }
    (findings, clock(&line.url, [&echoed, &posted]))
}

fn is_accepted(answer: &Result<Answer, NoAnswer>) -> bool {
    answer.as_ref().is_ok_and(|answer| answer.status == 200)
}

/// What time it is there, by the first answer that says it.
fn clock(url: &Url, answers: [&Result<Answer, NoAnswer>; 2]) -> Option<Finding> {
    let mut answers = answers
        .into_iter()
        .filter_map(|answer| answer.as_ref().ok());
    let (date, at_ms) = answers.find_map(|answer| Some((answer.header("date")?, answer.at_ms)))?;
    network::clock(&network::place(url), date, at_ms)
}

/// An address without what may be secret: no login, no query.
fn address(url: &Url) -> String {
    format!("{}{}", network::place(url), url.path())
}
