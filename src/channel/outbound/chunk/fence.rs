//! Code fences that a cut falls into.

use super::Limits;

/// Longest marker taken for a fence; a longer run is text, so that repeating a marker never
/// fills a message.
const MAX_MARKER: usize = 32;

/// Longest opening line repeated whole, in bytes; of a longer one only the marker is.
const MAX_OPENING: usize = 40;

/// Room for the longest closing line and its line break.
pub(super) const MAX_CLOSING: Limits = Limits {
    units: MAX_MARKER + 1,
    bytes: MAX_MARKER + 1,
};

/// A code fence that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fence {
    marker: String,
    opening: String,
}

impl Fence {
    /// The line that opens the same fence again.
    pub(super) fn opening(&self) -> &str {
        &self.opening
    }

    /// The line that closes it.
    pub(super) fn closing(&self) -> &str {
        &self.marker
    }

    fn closes_with(&self, line: &str) -> bool {
        let line = line.trim();
        marker_of(line).is_some_and(|marker| {
            marker.len() == line.len() && marker.starts_with(self.marker.as_str())
        })
    }
}

/// The fence open behind `text`, given the one open before it. The start of a line counts as
/// a line: whoever reads a piece sees no more of it.
pub(super) fn after(before: Option<&Fence>, text: &str) -> Option<Fence> {
    text.lines().fold(before.cloned(), |open, line| match open {
        Some(fence) if fence.closes_with(line) => None,
        Some(fence) => Some(fence),
        None => opened_by(line),
    })
}

fn opened_by(line: &str) -> Option<Fence> {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let bare = line.trim();
    let marker = marker_of(bare)?;
    let info = bare.get(marker.len()..)?;
    // Backticks behind the marker make it inline code.
    if indent > 3 || (marker.starts_with('`') && info.contains('`')) {
        return None;
    }
    let line = line.trim_end();
    let opening = if line.len() <= MAX_OPENING {
        line
    } else {
        marker
    };
    Some(Fence {
        marker: marker.to_owned(),
        opening: opening.to_owned(),
    })
}

fn marker_of(line: &str) -> Option<&str> {
    let first = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(first).len();
    (3..=MAX_MARKER)
        .contains(&length)
        .then(|| line.get(..length))?
}
