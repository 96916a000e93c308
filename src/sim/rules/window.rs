//! Quotas over sliding windows.

use std::collections::VecDeque;

use crate::sim::options::Quota;

/// When things happened, as far back as the quota looks.
#[derive(Debug, Clone, Default)]
pub(in crate::sim) struct Window {
    stamps: VecDeque<i64>,
}

impl Window {
    /// Whether one more is within the quota at `now_ms`; if so, it is counted.
    pub(in crate::sim) fn admit(&mut self, quota: Quota, now_ms: i64) -> bool {
        while self
            .stamps
            .front()
            .is_some_and(|at| *at <= now_ms - HOUR_MS)
        {
            self.stamps.pop_front();
        }
        let per_hour = usize::try_from(quota.per_hour).unwrap_or(usize::MAX);
        let per_minute = usize::try_from(quota.per_minute).unwrap_or(usize::MAX);
        let in_minute = self
            .stamps
            .iter()
            .rev()
            .take_while(|at| **at > now_ms - MINUTE_MS)
            .take(per_minute)
            .count();
        if self.stamps.len() >= per_hour || in_minute >= per_minute {
            return false;
        }
        self.stamps.push_back(now_ms);
        true
    }
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota {
        per_minute: 2,
        per_hour: 3,
    };

    #[test]
    fn a_window_slides() {
        let mut window = Window::default();
        let steps = [
            (0, true),
            (1, true),
            (59_999, false),
            (60_000, true),
            (60_001, false),
            (3_599_999, false),
            (3_600_000, true),
            (3_600_001, true),
            (3_600_002, false),
        ];
        for (at, admitted) in steps {
            assert_eq!(window.admit(QUOTA, at), admitted, "at {at}");
        }
    }
}
