//! Where a Markdown text is code: shared by whoever cuts, escapes or reads answers.

/// Longest marker taken for a fence; a longer run of backticks is text, so that repeating
/// a marker never fills a message.
pub(super) const MAX_MARKER: usize = 32;

/// Longest opening line repeated whole, in bytes; of a longer one only the marker is.
const MAX_OPENING: usize = 40;

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
            marker.len() >= self.marker.len()
                && marker.starts_with(self.marker.as_str())
                && marker.len() == line.len()
        })
    }
}

/// The fence that is open after `line`, given the one open before it.
pub(super) fn after_line(before: Option<Fence>, line: &str) -> Option<Fence> {
    match before {
        Some(fence) if fence.closes_with(line) => None,
        Some(fence) => Some(fence),
        None => opened_by(line),
    }
}

/// The fence that is open after `text`, given the one open before it.
pub(super) fn after(before: Option<Fence>, text: &str) -> Option<Fence> {
    text.lines().fold(before, after_line)
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
    // Its indentation is that of the code in it.
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
    let first = line
        .chars()
        .next()
        .filter(|first| matches!(first, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(first).len();
    (3..=MAX_MARKER)
        .contains(&length)
        .then(|| line.get(..length))?
}
