//! What can go wrong when a bot fetches a file.

use serde::{Deserialize, Serialize};

/// Something to go wrong with the fetches of one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownloadFault {
    /// What happens.
    pub fault: DownloadFaultKind,
    /// To how many fetches; 0, the default, for all.
    #[serde(default)]
    pub times: u32,
}

/// What happens to a fetch. A status or a redirect takes the answer's place; of these the
/// first that is not used up counts, and all else goes together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DownloadFaultKind {
    /// This HTTP status, without the file.
    Status(u16),
    /// A redirect (302) to this URL; the empty one is the address itself.
    Redirect(String),
    /// So many milliseconds before the answer begins.
    Delay(u64),
    /// The body in pieces of `bytes` with pauses of `pause_ms`.
    Drip {
        /// Size of a piece.
        bytes: usize,
        /// Milliseconds between two.
        pause_ms: u64,
    },
    /// After so many bytes nothing more comes, and the connection stays open.
    Stall(u64),
    /// After so many bytes, of which the whole were announced, the connection is cut.
    Cut(u64),
    /// The body ends after so many bytes, and no more were announced.
    Truncate(u64),
    /// `Content-Length` is so many bytes more than there are: the body never is complete.
    LongLength(u64),
    /// `Content-Length` is so many bytes fewer than there are: the rest is not seen.
    ShortLength(u64),
    /// There is no `Content-Length`: the body comes in chunks.
    NoLength,
    /// So many zero bytes come in the place of the file.
    Huge(u64),
}

impl DownloadFault {
    /// A fault of every fetch.
    pub fn new(fault: DownloadFaultKind) -> Self {
        Self { fault, times: 0 }
    }

    /// Only of so many fetches.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

impl From<DownloadFaultKind> for DownloadFault {
    fn from(fault: DownloadFaultKind) -> Self {
        Self::new(fault)
    }
}

impl DownloadFaultKind {
    /// Whether it takes the answer's place.
    fn replaces(&self) -> bool {
        matches!(self, Self::Status(_) | Self::Redirect(_))
    }
}

/// The faults of an address, which fetches use up.
#[derive(Debug)]
pub(super) struct Standing(Vec<(DownloadFaultKind, Option<u32>)>);

impl Standing {
    /// None is used up yet.
    pub(super) fn new(faults: &[DownloadFault]) -> Self {
        let standing = |fault: &DownloadFault| {
            let left = (fault.times > 0).then_some(fault.times);
            (fault.fault.clone(), left)
        };
        Self(faults.iter().map(standing).collect())
    }

    /// What happens to the next fetch.
    pub(super) fn next(&mut self) -> Vec<DownloadFaultKind> {
        let first = self.0.iter().position(|(fault, _)| fault.replaces());
        let mut due = Vec::new();
        for (at, (fault, left)) in self.0.iter_mut().enumerate() {
            // Where the answer is replaced, what would happen to it waits for its turn.
            if first.is_none_or(|first| first == at) || matches!(fault, DownloadFaultKind::Delay(_))
            {
                due.push(fault.clone());
                if let Some(left) = left {
                    *left -= 1;
                }
            }
        }
        self.0.retain(|(_, left)| *left != Some(0));
        due
    }
}

#[cfg(test)]
mod tests {
    use super::DownloadFaultKind::{Cut, Delay, NoLength, Status};
    use super::*;

    #[test]
    fn a_replaced_answer_uses_up_nothing_of_the_next() {
        let faults = [
            DownloadFault::new(Status(503)).times(2),
            DownloadFault::new(Cut(1)).times(1),
            DownloadFault::new(Delay(5)),
            DownloadFault::new(NoLength).times(2),
        ];
        let mut standing = Standing::new(&faults);
        let fetches: Vec<_> = (0..5).map(|_| standing.next()).collect();
        let broken = vec![Status(503), Delay(5)];
        assert_eq!(
            fetches,
            [
                broken.clone(),
                broken,
                vec![Cut(1), Delay(5), NoLength],
                vec![Delay(5), NoLength],
                vec![Delay(5)],
            ]
        );
    }

    #[test]
    fn faults_are_read_from_json() {
        let json = r#"{ "fault": { "status": 503 }, "times": 2 }"#;
        let fault: DownloadFault = serde_json::from_str(json).unwrap();
        assert_eq!(fault, DownloadFault::new(Status(503)).times(2));
        let fault: DownloadFault = serde_json::from_str(r#"{ "fault": "no_length" }"#).unwrap();
        assert_eq!(fault, NoLength.into());
        assert!(serde_json::from_str::<DownloadFault>(r#"{ "fault": "nolength" }"#).is_err());
    }
}
