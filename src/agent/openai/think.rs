//! Takes thoughts out of an answer that holds them itself: `<think>…</think>` before it.

/// How thoughts begin and end.
const TAGS: [(&str, &str); 2] = [("<think>", "</think>"), ("<thinking>", "</thinking>")];

/// Takes an answer piece by piece and gives back what is no thought.
#[derive(Debug)]
pub(super) struct Thoughts {
    state: State,
    /// What can't be judged yet.
    held: String,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing was said yet but blanks, and perhaps the beginning of a tag.
    Start,
    /// Thoughts, until this tag.
    Inside(&'static str),
    /// Behind the thoughts, before the first word.
    Between,
    /// The answer itself.
    Outside,
}

impl Default for Thoughts {
    fn default() -> Self {
        Self {
            state: State::Start,
            held: String::new(),
        }
    }
}

impl Thoughts {
    /// What of this piece, and of what was held before it, is for people.
    pub(super) fn take(&mut self, piece: &str) -> String {
        if matches!(self.state, State::Outside) {
            return piece.to_owned();
        }
        self.held.push_str(piece);
        loop {
            match self.state {
                State::Start => {
                    let begun = self.held.trim_start();
                    let tag = TAGS.iter().find(|(open, _)| begun.starts_with(open));
                    if let Some((open, close)) = tag {
                        self.held = begun.strip_prefix(open).unwrap_or_default().to_owned();
                        self.state = State::Inside(close);
                    } else if TAGS.iter().any(|(open, _)| open.starts_with(begun)) {
                        return String::new();
                    } else {
                        self.state = State::Between;
                    }
                }
                State::Inside(close) => {
                    if let Some((_, rest)) = self.held.split_once(close) {
                        self.held = rest.to_owned();
                        self.state = State::Between;
                    } else {
                        let kept = self.held.len().saturating_sub(close.len() - 1);
                        let kept = self.held.ceil_char_boundary(kept);
                        self.held.drain(..kept);
                        return String::new();
                    }
                }
                State::Between => {
                    let words = self.held.trim_start();
                    if words.is_empty() {
                        self.held.clear();
                        return String::new();
                    }
                    self.state = State::Outside;
                    let words = words.to_owned();
                    self.held.clear();
                    return words;
                }
                State::Outside => return std::mem::take(&mut self.held),
            }
        }
    }

    /// What is left at the end: a beginning of a tag that was none.
    pub(super) fn rest(&mut self) -> String {
        match self.state {
            State::Start => std::mem::take(&mut self.held).trim_start().to_owned(),
            State::Inside(_) | State::Between | State::Outside => String::new(),
        }
    }
}

/// Where the answer begins in a text with the end of thoughts whose beginning the endpoint
/// swallowed: templates write it into the prompt. Looks at what stands behind `from` only.
/// The tag counts at the beginning of a line; elsewhere somebody writes about it.
pub(super) fn end_without_beginning(text: &str, from: usize) -> Option<usize> {
    let (_, close) = TAGS[0];
    let from = text.floor_char_boundary(from.saturating_sub(close.len()));
    let at = from + text.get(from..)?.find(close)?;
    let before = text.get(..at)?;
    (before.is_empty() || before.ends_with('\n')).then_some(at + close.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(pieces: &[&str]) -> String {
        let mut thoughts = Thoughts::default();
        let mut shown: String = pieces.iter().map(|piece| thoughts.take(piece)).collect();
        shown.push_str(&thoughts.rest());
        shown
    }

    #[test]
    fn thoughts_at_the_beginning_are_hidden() {
        for (said, expected) in [
            ("<think>hm</think>\n\nYes.", "Yes."),
            ("\n<think>\nhm\n</think>Yes.", "Yes."),
            ("<thinking>a <b> c</thinking> Yes.", "Yes."),
            ("<think></think>", ""),
            ("<think>never ends", ""),
            ("<thi", "<thi"),
            ("<thinks> are beings", "<thinks> are beings"),
            ("Use <think>x</think> there.", "Use <think>x</think> there."),
            ("  Yes.", "Yes."),
            ("", ""),
        ] {
            assert_eq!(shown(&[said]), expected, "{said}");
        }
    }

    #[test]
    fn an_end_without_a_beginning_is_found_at_a_line() {
        let text = "hm\n</think>\n\nYes.";
        assert_eq!(end_without_beginning(text, text.len()), None);
        assert_eq!(end_without_beginning(text, 8), Some(11));
        assert_eq!(end_without_beginning("</think>Yes", 0), Some(8));
        assert_eq!(end_without_beginning("the tag `</think>` ends", 0), None);
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(
            before in "[\n ]{0,2}", thought in "[a好<>/think]{0,12}", answer in "[a好<>/think ]{0,12}",
            cuts in prop::collection::vec(0_usize..80, 0..6),
        ) {
            let text = format!("{before}<think>{thought}</think>{answer}");
            let mut cuts: Vec<usize> = cuts
                .iter()
                .map(|cut| text.floor_char_boundary((*cut).min(text.len())))
                .chain([0, text.len()])
                .collect();
            cuts.sort_unstable();
            let pieces: Vec<&str> = cuts.windows(2).map(|cut| &text[cut[0]..cut[1]]).collect();
            prop_assert_eq!(shown(&pieces), shown(&[&text]));
        }
    }
}
