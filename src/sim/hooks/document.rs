//! XML as the service writes it: names in its own spelling, texts in CDATA, numbers bare.

use std::fmt::{Display, Write};

/// A document under way. Its parts come in the order in which they are added.
pub(in crate::sim) struct Document(String);

impl Document {
    /// An empty one.
    pub(in crate::sim) fn new() -> Self {
        Self("<xml>".to_owned())
    }

    /// Adds a text.
    pub(in crate::sim) fn text(&mut self, name: &str, text: &str) -> &mut Self {
        // A text that holds the end of a CDATA section goes on in the next one.
        let text = text.replace("]]>", "]]]]><![CDATA[>");
        // Writing into a string cannot fail.
        let _ = write!(self.0, "<{name}><![CDATA[{text}]]></{name}>");
        self
    }

    /// Adds a number.
    pub(in crate::sim) fn number(&mut self, name: &str, number: impl Display) -> &mut Self {
        let _ = write!(self.0, "<{name}>{number}</{name}>");
        self
    }

    /// Adds an element that holds others.
    pub(in crate::sim) fn nested(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        let _ = write!(self.0, "<{name}>");
        fill(self);
        let _ = write!(self.0, "</{name}>");
        self
    }

    /// The whole.
    pub(in crate::sim) fn finish(mut self) -> String {
        self.0.push_str("</xml>");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_what_they_hold() {
        let mut document = Document::new();
        document.text("A", "a ]]> <b> &amp;").number("N", 7);
        document.nested("S", |inner| {
            inner.text("B", "");
        });
        assert_eq!(
            document.finish(),
            "<xml><A><![CDATA[a ]]]]><![CDATA[> <b> &amp;]]></A><N>7</N>\
             <S><B><![CDATA[]]></B></S></xml>"
        );
    }
}
