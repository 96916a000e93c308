//! What has become of a message so far.

use super::Resolved;
use crate::channel::outbound::doors::{DoorError, Receipt};
use crate::channel::outbound::report::{DeliveryReport, Door, Failure, Fallback, Invalid, Status};

/// What has become of a message so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) via: Option<Door>,
    pub(super) fallback: Option<Fallback>,
    pub(super) warnings: Vec<String>,
    message_ids: Vec<String>,
    parts: usize,
    invalid: Invalid,
    is_unknown: bool,
    failure: Option<Failure>,
}

impl Tally {
    /// A message is out.
    pub(super) fn sent(&mut self, receipt: Receipt) {
        self.parts += 1;
        self.message_ids.extend(receipt.message_id);
        for (kind, items) in [
            ("members", &receipt.invalid.users),
            ("departments", &receipt.invalid.parties),
            ("tags", &receipt.invalid.tags),
        ] {
            if !items.is_empty() {
                self.warn(format!("WeCom did not take {kind} {}", items.join(", ")));
            }
        }
        self.invalid.add(receipt.invalid);
    }

    /// Something is not as it was asked for.
    pub(super) fn warn(&mut self, warning: String) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The way ends here, with something unsent.
    pub(super) fn stopped(&mut self, error: &DoorError) {
        self.is_unknown |= *error == DoorError::Unknown;
        self.failed(error.code(), error.to_string());
    }

    /// Something that was asked for does not arrive. The first reason is the one told.
    pub(super) fn failed(&mut self, code: String, message: String) {
        if self.failure.is_some() {
            self.warn(message);
        } else {
            self.failure = Some(Failure { code, message });
        }
    }

    /// A member could not be reached; others may.
    pub(super) fn unreached(&mut self, user: String) {
        self.invalid.users.push(user);
    }

    /// The report; `receivers` is how many were named, where that can be counted.
    pub(super) fn report(mut self, resolved: Resolved, receivers: Option<usize>) -> DeliveryReport {
        let mut seen = std::collections::HashSet::new();
        for list in [
            &mut self.invalid.users,
            &mut self.invalid.parties,
            &mut self.invalid.tags,
        ] {
            seen.clear();
            list.retain(|item| seen.insert(item.clone()));
        }
        let refused =
            self.invalid.users.len() + self.invalid.parties.len() + self.invalid.tags.len();
        if receivers.is_some_and(|all| refused >= all) && self.failure.is_none() {
            self.failure = Some(Failure {
                code: "invalid_receivers".to_owned(),
                message: "WeCom took none of the receivers: check their ids and the app's scope"
                    .to_owned(),
            });
            self.parts = 0;
        }
        let status = if self.is_unknown {
            Status::Unknown
        } else if self.failure.is_some() {
            if self.parts > 0 {
                Status::Partial
            } else {
                Status::Failed
            }
        } else if self.invalid.is_empty() {
            Status::Delivered
        } else {
            Status::Partial
        };
        let mut warnings = resolved.warnings;
        warnings.extend(self.warnings);
        DeliveryReport {
            ok: self.failure.is_none(),
            status,
            channel: "wecom".to_owned(),
            account: resolved.account,
            to: resolved.target,
            via: self.via,
            message_ids: self.message_ids,
            parts: self.parts,
            fallback: self.fallback,
            warnings,
            invalid: self.invalid,
            error: self.failure,
        }
    }
}
