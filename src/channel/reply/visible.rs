//! What of a growing answer may be shown.

use std::borrow::Cow;

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
