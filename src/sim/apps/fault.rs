//! What can be made to go wrong with the API.

use serde::{Deserialize, Serialize};

/// Something to go wrong with certain requests. The body of `POST /sim/apps/faults`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiFault {
    /// The call, `message/send` for example; any by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// How many such requests are concerned, from now on; 0 for all.
    #[serde(default = "one")]
    pub times: u32,
    /// Whether the request takes effect before its answer is replaced.
    #[serde(default)]
    pub applied: bool,
    /// What happens.
    pub fault: ApiFaultKind,
}

/// What happens to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum ApiFaultKind {
    /// An answer with this number.
    Error {
        /// `errcode`.
        errcode: i64,
        /// `errmsg`.
        #[serde(default)]
        errmsg: String,
    },
    /// An HTTP status with this body.
    Http {
        /// The status.
        status: u16,
        /// The body.
        #[serde(default)]
        body: String,
    },
    /// It waits so many milliseconds and is then served like any other.
    Delay(u64),
    /// The connection is cut without an answer.
    Drop,
}

impl ApiFault {
    /// A fault of the next request, whatever it is.
    pub fn new(fault: ApiFaultKind) -> Self {
        Self {
            call: None,
            times: 1,
            applied: false,
            fault,
        }
    }

    /// An answer with this number to the next request.
    pub fn error(errcode: i64, errmsg: &str) -> Self {
        Self::new(ApiFaultKind::Error {
            errcode,
            errmsg: errmsg.to_owned(),
        })
    }

    /// Only of one call.
    #[must_use]
    pub fn on(mut self, call: &str) -> Self {
        self.call = Some(call.to_owned());
        self
    }

    /// So many of them; 0 for all.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// The request takes effect all the same.
    #[must_use]
    pub fn applied(mut self) -> Self {
        self.applied = true;
        self
    }
}

/// The faults that stand, in the order they were set.
#[derive(Debug, Default)]
pub(super) struct Faults {
    standing: Vec<ApiFault>,
}

impl Faults {
    /// Adds one; says whether there is room.
    pub(super) fn add(&mut self, fault: ApiFault) -> bool {
        let has_room = self.standing.len() < FAULTS_MAX;
        if has_room {
            self.standing.push(fault);
        }
        has_room
    }

    /// What stands.
    pub(super) fn standing(&self) -> &[ApiFault] {
        &self.standing
    }

    /// Ends all.
    pub(super) fn clear(&mut self) {
        self.standing.clear();
    }

    /// Takes what is to happen to a request: the first fault that fits.
    pub(super) fn take(&mut self, call: &str) -> Option<ApiFault> {
        let fits = |fault: &ApiFault| fault.call.as_deref().is_none_or(|it| it == call);
        let at = self.standing.iter().position(fits)?;
        let fault = self.standing.get_mut(at)?;
        let taken = fault.clone();
        if fault.times == 1 {
            self.standing.remove(at);
        } else {
            fault.times = fault.times.saturating_sub(1);
        }
        Some(taken)
    }
}

fn one() -> u32 {
    1
}

/// Faults that stand at a time: more than any story needs.
const FAULTS_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_concerns_so_many_calls_of_its_kind() {
        let mut faults = Faults::default();
        faults.add(ApiFault::error(-1, "busy").on("message/send").times(2));
        faults.add(ApiFault::new(ApiFaultKind::Drop).on("gettoken").times(0));
        let mut hits = |call: &str| faults.take(call).is_some();
        assert!(!hits("media/get"));
        assert!(hits("message/send") && hits("message/send") && !hits("message/send"));
        assert!(hits("gettoken") && hits("gettoken") && hits("gettoken"));
    }

    #[test]
    fn a_request_names_its_fault_by_key() {
        let read = |json| serde_json::from_str::<ApiFault>(json);
        let fault = read(r#"{"call": "message/send", "fault": {"error": {"errcode": 45009}}}"#);
        assert_eq!(
            fault.unwrap(),
            ApiFault::error(45_009, "").on("message/send")
        );
        assert!(read(r#"{"fault": "drip"}"#).is_err());
    }
}
