//! Versions of OpenClaw and Node.

use std::fmt;
use std::str::FromStr;

/// Three numbers; OpenClaw's are year, month and release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(pub(super) u32, pub(super) u32, pub(super) u32);

/// The oldest OpenClaw that the plugin was seen to work with.
pub(super) const OLDEST: Version = Version(2026, 3, 28);

/// From this version on OpenClaw refuses Node 22.
const STRICT_NODE: Version = Version(2026, 9, 0);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = ();

    /// The first three numbers with dots between them: programs write names and hashes
    /// around them.
    fn from_str(text: &str) -> Result<Self, ()> {
        text.split_whitespace().find_map(three_numbers).ok_or(())
    }
}

fn three_numbers(word: &str) -> Option<Version> {
    let word = word.strip_prefix('v').unwrap_or(word);
    let mut numbers = word.splitn(3, '.');
    let whole = |part: &str| part.parse().ok();
    let (first, second) = (whole(numbers.next()?)?, whole(numbers.next()?)?);
    let digits = |c: &char| c.is_ascii_digit();
    let last: String = numbers.next()?.chars().take_while(digits).collect();
    Some(Version(first, second, whole(&last)?))
}

/// Whether OpenClaw runs on that Node; otherwise which one it wants.
pub(super) fn wanted_node(openclaw: Version, node: Version) -> Result<(), &'static str> {
    if openclaw < STRICT_NODE {
        return if node >= Version(22, 12, 0) {
            Ok(())
        } else {
            Err("22.12 or newer")
        };
    }
    let fits = (Version(24, 16, 0)..Version(25, 0, 0)).contains(&node) || node >= Version(26, 1, 0);
    if fits {
        Ok(())
    } else {
        Err("24.16 or newer of 24, or 26.1 or newer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_what_programs_print() {
        for (text, expected) in [
            ("OpenClaw 2026.9.6 (abc1234)", Ok(Version(2026, 9, 6))),
            ("2026.3.28", Ok(Version(2026, 3, 28))),
            ("v24.21.0\n", Ok(Version(24, 21, 0))),
            ("2026.10.1-beta.2", Ok(Version(2026, 10, 1))),
            ("OpenClaw", Err(())),
            ("1.2", Err(())),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
        }
    }

    #[test]
    fn newer_hosts_want_a_newer_node() {
        let old = Version(2026, 6, 35);
        let new = Version(2026, 9, 6);
        for (openclaw, node, fits) in [
            (old, Version(22, 12, 0), true),
            (old, Version(22, 11, 9), false),
            (new, Version(22, 20, 0), false),
            (new, Version(24, 15, 9), false),
            (new, Version(24, 16, 0), true),
            (new, Version(25, 3, 0), false),
            (new, Version(26, 1, 0), true),
        ] {
            assert_eq!(
                wanted_node(openclaw, node).is_ok(),
                fits,
                "{openclaw} {node}"
            );
        }
    }
}
