//! The check that the admin console makes when an address is saved: a sealed number in the
//! query, and the number itself as the whole answer.

use super::line::{Answer, LIMIT, NoAnswer, Request, RequestContent, SOON, digits};
use super::party::Party;
use super::{AREA, stranger};
use crate::cli::doctor::finding::Finding;
use crate::clock::{Clock, SystemClock};

/// A check of the address.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) request: Request,
    /// What the answer has to be.
    number: String,
    sealed: String,
}

const WHAT: &str = "the check of the address (GET)";

const PLAIN: &str = "the answer must reach WeCom as the daemon gave it, byte for byte: switch off \
                     whatever rewrites answers at this path (reverse proxy, CDN, gateway)";

impl Question {
    pub(super) fn new(party: &Party) -> Self {
        let number = digits();
        let sealed = party.cipher.seal(&number);
        let at = SystemClock.now_ms() / 1_000;
        let request = Request::signed(party, at, &sealed, |sealed| {
            RequestContent::Echo(sealed.to_owned())
        });
        Self {
            request,
            number,
            sealed,
        }
    }

    /// What the answer means.
    pub(super) fn judge(&self, party: &Party, answer: &Result<Answer, NoAnswer>) -> Vec<Finding> {
        let subject = party.subject();
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => return vec![stranger::no_answer(party, WHAT, failure)],
        };
        if answer.status != 200 {
            return vec![stranger::unexpected(party, WHAT, answer)];
        }
        if answer.body == self.number.as_bytes() {
            return right(subject, answer);
        }
        if answer.is_page() {
            return vec![stranger::page(party, WHAT, answer)];
        }
        let (seen, fix) = self.difference(answer);
        vec![Finding::error(
            AREA,
            subject,
            format!("{WHAT}: {seen}"),
            fix,
        )]
    }

    fn difference(&self, answer: &Answer) -> (String, &'static str) {
        let body = answer.body.as_slice();
        if let Some(encoding) = answer.header("content-encoding")
            && encoding != "identity"
        {
            return (
                "the answer is compressed, though nobody asked for that".to_owned(),
                PLAIN,
            );
        }
        if body.is_empty() {
            return (
                "the answer is 200 and empty".to_owned(),
                "something answers in the daemon's place: pass the request on to it, query \
                 included",
            );
        }
        if body == self.sealed.as_bytes() {
            return (
                "the echostr came back as it was sent, still encrypted".to_owned(),
                "something answers that does not know the key: pass the request on to the daemon",
            );
        }
        let text = String::from_utf8_lossy(body);
        let extra = [
            ("a byte order mark", text.contains('\u{feff}')),
            ("quotes", text.contains(['"', '\''])),
            ("a line break", text.contains(['\r', '\n'])),
            ("blanks", text.contains([' ', '\t'])),
        ];
        let around = ['\u{feff}', '"', '\'', '\r', '\n', ' ', '\t'];
        if text.trim_matches(around) == self.number {
            let names: Vec<&str> = extra.iter().filter(|one| one.1).map(|one| one.0).collect();
            let seen = format!("the right text, with {} around it", names.join(" and "));
            return (seen, PLAIN);
        }
        (
            format!(
                "200 with {} bytes that are not the text of the echostr",
                body.len()
            ),
            "another program answers at this address, or another account's: check where the \
             reverse proxy sends the path",
        )
    }
}

/// The right text came back: in time, and as a text?
fn right(subject: String, answer: &Answer) -> Vec<Finding> {
    let took = answer.took;
    let seen = format!("{WHAT}: echoed after {} ms", took.as_millis());
    let mut findings = vec![if took > SOON {
        Finding::warning(
            AREA,
            subject.clone(),
            format!("{seen}; the admin console waits {} s", SOON.as_secs()),
            "the address cannot be saved while it is that slow: look at the way there \
             (distance, TLS, proxies) and at the load of the daemon's machine",
        )
    } else {
        Finding::ok(AREA, subject.clone(), seen)
    }];
    if answer.claims_page() {
        findings.push(Finding::warning(
            AREA,
            subject,
            format!("{WHAT}: the text is right, but its Content-Type is a web page's"),
            PLAIN,
        ));
    }
    findings
}

/// How long an answer took, where that is too long for WeCom but not for us.
pub(super) fn slow(party: &Party, what: &str, answer: &Answer) -> Option<Finding> {
    (answer.took > SOON).then(|| {
        Finding::warning(
            AREA,
            party.subject(),
            format!(
                "{what}: answered after {} ms; WeCom sends a message again after {} s",
                answer.took.as_millis(),
                LIMIT.as_secs()
            ),
            "look at the way there (distance, TLS, proxies) and at the load of the daemon's \
             machine",
        )
    })
}
