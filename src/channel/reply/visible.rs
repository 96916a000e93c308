//! What of a growing answer may be shown.

use std::borrow::Cow;

use super::markup::escape_reasoning_tags;
use crate::channel::cards;
use crate::channel::media::outbound::directive;

/// The part of an unfinished answer that people may see: cards being written and lines that
/// name files are left out, also while it is not certain yet that they are that.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    match cards::mask(text) {
        Cow::Borrowed(text) => directive::mask(text),
        Cow::Owned(text) => Cow::Owned(directive::mask(&text).into_owned()),
    }
}

/// As [`visible`], safe for a client that folds reasoning.
pub(crate) fn visible_markup(text: &str) -> String {
    escape_reasoning_tags(&visible(text)).into_owned()
}
