//! What can be made to go wrong with callbacks.

use serde::{Deserialize, Serialize};

use super::owner::HookOwner;

/// Something to go wrong with certain callbacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookFault {
    /// The [kind](super::HookCall::kind) of callback; without it any message or event, and no
    /// poll or check. A fault of polls waits for a message then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// How many such callbacks are concerned, from now on; 0 for all. Of the faults of polls,
    /// how many streams.
    #[serde(default = "one")]
    pub times: u32,
    /// What happens.
    pub fault: HookFaultKind,
}

/// What happens to a callback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum HookFaultKind {
    /// It is sent once more after its answer, the same to the last byte.
    Twice,
    /// The signature is of another token.
    WrongSignature,
    /// It says that it was sent so many seconds ago; negative is the future.
    StaleTimestamp(i64),
    /// The sealed text is changed on its way, after it was signed.
    TamperedBody,
    /// The sealed text is damaged and signed like a good one.
    Garbled,
    /// It is sealed for somebody else.
    OtherReceiver,
    /// A document whose entities would fill the memory, around the good sealed text; only
    /// callbacks of apps are documents.
    EntityBomb,
    /// The stream that answers this message is asked for only every so many milliseconds.
    SlowPoll(u64),
    /// The stream that answers this message is never asked for.
    NoPoll,
}

impl HookFault {
    /// A fault of the next callback.
    pub fn new(fault: HookFaultKind) -> Self {
        Self {
            on: None,
            times: 1,
            fault,
        }
    }

    /// Only of one kind.
    #[must_use]
    pub fn on(mut self, kind: &str) -> Self {
        self.on = Some(kind.to_owned());
        self
    }

    /// So many of them; 0 for all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

impl HookFaultKind {
    /// Whether a receiver that answers such a callback as if it were a good one breaks the
    /// protocol. Old ones, and those for others, it may take if it is set up so.
    pub(super) fn must_be_refused(&self) -> bool {
        matches!(
            self,
            Self::WrongSignature | Self::TamperedBody | Self::Garbled | Self::EntityBomb
        )
    }

    /// Whether it is about the polls of a stream.
    fn is_of_polls(&self) -> bool {
        matches!(self, Self::SlowPoll(_) | Self::NoPoll)
    }

    /// Whether it can happen to whoever is called: bots get no documents, and apps no polls.
    pub(super) fn is_for(&self, owner: &HookOwner) -> bool {
        match owner {
            HookOwner::Bot(_) => *self != Self::EntityBomb,
            HookOwner::App(_) => !self.is_of_polls(),
        }
    }

    /// Whether the call is not one that the service would make.
    pub(super) fn spoils(&self) -> bool {
        self.must_be_refused() || matches!(self, Self::StaleTimestamp(_) | Self::OtherReceiver)
    }
}

/// The faults that stand for one owner, in the order they were set.
#[derive(Debug, Default)]
pub(super) struct Faults {
    standing: Vec<HookFault>,
}

impl Faults {
    /// Adds one; says whether there is room.
    pub(super) fn add(&mut self, fault: HookFault) -> bool {
        let has_room = self.standing.len() < FAULTS_MAX;
        if has_room {
            self.standing.push(fault);
        }
        has_room
    }

    /// What stands.
    pub(super) fn standing(&self) -> &[HookFault] {
        &self.standing
    }

    /// Takes all that is to happen to a callback: it is used up by it.
    pub(super) fn take(&mut self, kind: &str) -> Vec<HookFaultKind> {
        let is_quiet = matches!(kind, POLL | CHECK);
        let mut due = Vec::new();
        self.standing.retain_mut(|fault| {
            let fits = match fault.on.as_deref() {
                Some(on) => on == kind,
                None if fault.fault.is_of_polls() => MESSAGES.contains(&kind),
                None => !is_quiet,
            };
            if !fits {
                return true;
            }
            due.push(fault.fault.clone());
            let is_last = fault.times == 1;
            fault.times = fault.times.saturating_sub(1);
            !is_last
        });
        due
    }
}

/// The kind of a poll.
pub(in crate::sim) const POLL: &str = "stream";
/// The kind of a check of the address.
pub(super) const CHECK: &str = "check";

/// What members say to bots.
const MESSAGES: [&str; 6] = ["text", "image", "mixed", "voice", "file", "video"];

fn one() -> u32 {
    1
}

/// Faults that stand at a time: more than any story needs.
const FAULTS_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_concerns_so_many_callbacks_of_its_kind() {
        let mut faults = Faults::default();
        faults.add(HookFault::new(HookFaultKind::Twice).times(2));
        faults.add(HookFault::new(HookFaultKind::Garbled).on("stream").times(0));
        faults.add(HookFault::new(HookFaultKind::NoPoll).on("image"));
        let twice = || vec![HookFaultKind::Twice];
        assert_eq!(faults.take("text"), twice());
        assert_eq!(
            faults.take("image"),
            [HookFaultKind::Twice, HookFaultKind::NoPoll]
        );
        assert_eq!(faults.take("image"), []);
        assert_eq!(faults.take("check"), []);
        faults.add(HookFault::new(HookFaultKind::NoPoll));
        assert_eq!(faults.take("enter_chat"), []);
        assert_eq!(faults.take("voice"), [HookFaultKind::NoPoll]);
        for _ in 0..3 {
            assert_eq!(faults.take("stream"), [HookFaultKind::Garbled]);
        }
    }

    #[test]
    fn faults_are_read_from_json() {
        let read = |json| serde_json::from_str::<HookFault>(json);
        let fault = read(r#"{"fault": {"stale_timestamp": 400}, "times": 2, "on": "text"}"#);
        let expected = HookFault::new(HookFaultKind::StaleTimestamp(400));
        assert_eq!(fault.unwrap(), expected.times(2).on("text"));
        assert!(read(r#"{"fault": "thrice"}"#).is_err());
    }
}
