//! XML as far as callbacks need it: elements with texts. No document types, no entities but
//! the five of every document, no depth and no number without a limit.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// Deepest nesting; the deepest known message has four levels.
const MAX_DEPTH: usize = 8;

/// Most elements; the largest known message has a few dozen.
const MAX_ELEMENTS: usize = 2_000;

/// An element: its name, its text and what is in it. Attributes are not kept, since WeCom
/// writes none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    name: String,
    /// All text directly in it, joined.
    text: String,
    children: Vec<Element>,
}

/// What is wrong with a document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum XmlError {
    /// It is not XML.
    #[error("it is no well-formed XML")]
    Malformed(#[source] Box<quick_xml::Error>),
    /// It ends before its elements do, or has more than one root.
    #[error("it is no single whole element")]
    NotWhole,
    /// The root has another name than `xml`.
    #[error("its root is not `xml`")]
    Root,
    /// It declares a document type: the way of entity bombs and of reading local files.
    #[error("it has a DOCTYPE")]
    DocType,
    /// It uses an entity that not every document has.
    #[error("it uses an unknown entity")]
    Entity,
    /// Nested too deep, or too many elements.
    #[error("it has more than {MAX_DEPTH} levels or {MAX_ELEMENTS} elements")]
    TooLarge,
}

impl Element {
    /// Reads a document whose root is `xml`.
    ///
    /// # Errors
    /// [`XmlError`]: it is refused as a whole.
    pub fn parse(document: &str) -> Result<Self, XmlError> {
        let mut reader = Reader::from_str(document);
        let mut open: Vec<Self> = Vec::new();
        let mut root = None;
        let mut elements = 0;
        loop {
            match reader.read_event() {
                Ok(Event::Start(start)) => {
                    elements += 1;
                    if root.is_some() {
                        return Err(XmlError::NotWhole);
                    }
                    if open.len() == MAX_DEPTH || elements > MAX_ELEMENTS {
                        return Err(XmlError::TooLarge);
                    }
                    open.push(Self::named(&start));
                }
                Ok(Event::Empty(start)) => {
                    elements += 1;
                    if root.is_some() || elements > MAX_ELEMENTS {
                        return Err(XmlError::TooLarge);
                    }
                    close(Self::named(&start), &mut open, &mut root);
                }
                Ok(Event::End(_)) => {
                    let element = open.pop().ok_or(XmlError::NotWhole)?;
                    close(element, &mut open, &mut root);
                }
                Ok(Event::Text(text)) => match open.last_mut() {
                    Some(element) => element.text.push_str(&text),
                    None if text.trim_ascii().is_empty() => {}
                    // A byte order mark before the root is no content.
                    None if root.is_none() && &*text == "\u{feff}" => {}
                    None => return Err(XmlError::NotWhole),
                },
                Ok(Event::CData(text)) => {
                    let element = open.last_mut().ok_or(XmlError::NotWhole)?;
                    element.text.push_str(&text);
                }
                Ok(Event::GeneralRef(reference)) => {
                    let element = open.last_mut().ok_or(XmlError::NotWhole)?;
                    element.text.push(resolve(&reference)?);
                }
                Ok(Event::DocType(_)) => return Err(XmlError::DocType),
                Ok(Event::Comment(_) | Event::Decl(_) | Event::PI(_)) => {}
                Ok(Event::Eof) => break,
                Err(error) => return Err(XmlError::Malformed(Box::new(error))),
            }
        }
        let root: Self = root.ok_or(XmlError::NotWhole)?;
        if root.name == "xml" {
            Ok(root)
        } else {
            Err(XmlError::Root)
        }
    }

    /// The first child that has one of these names: where WeCom spells a name in several
    /// ways, any of them will do.
    pub fn child(&self, names: &[&str]) -> Option<&Self> {
        (self.children.iter()).find(|child| names.contains(&child.name.as_str()))
    }

    /// All children of one name.
    pub fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child, as written; empty where there is no such child.
    pub fn text_of(&self, names: &[&str]) -> &str {
        self.child(names).map_or("", Self::text)
    }

    /// The trimmed text of a child, if it says anything.
    pub fn id_of(&self, names: &[&str]) -> Option<&str> {
        Some(self.text_of(names).trim()).filter(|text| !text.is_empty())
    }

    /// Its text, as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    fn named(start: &BytesStart<'_>) -> Self {
        Self {
            name: start.name().as_ref().to_owned(),
            ..Self::default()
        }
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None => *root = Some(element),
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<char, XmlError> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "apos" => Ok('\''),
        "quot" => Ok('"'),
        _ => Err(XmlError::Entity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(document: &str) -> String {
        Element::parse(document).unwrap().text_of(&["a"]).to_owned()
    }

    #[test]
    fn texts() {
        for (document, expected) in [
            ("<xml><a>x</a></xml>", "x"),
            ("<xml><a><![CDATA[x]]></a></xml>", "x"),
            ("<xml><a> x </a></xml>", " x "),
            (
                "<xml><a>a &amp; b &lt;&gt;&apos;&quot; &#20225;&#x4f01;</a></xml>",
                "a & b <>'\" 企企",
            ),
            ("<xml><a><![CDATA[a &amp; b]]></a></xml>", "a &amp; b"),
            ("<xml><a><![CDATA[a]]><![CDATA[b]]>c</a></xml>", "abc"),
            ("<xml><a/></xml>", ""),
            ("<xml></xml>", ""),
            (
                "<?xml version=\"1.0\"?><!-- c -->\n<xml><a>first</a><a>second</a></xml>\n",
                "first",
            ),
        ] {
            assert_eq!(text(document), expected, "{document}");
        }
    }

    #[test]
    fn names_are_case_sensitive_but_may_have_spellings() {
        let root = Element::parse("<xml><agentid> 7 </agentid></xml>").unwrap();
        assert_eq!(root.id_of(&["AgentID", "agentid"]), Some("7"));
        assert_eq!(root.id_of(&["AgentID"]), None);
        assert!(Element::parse("<XML></XML>").is_err());
    }

    #[test]
    fn what_is_refused() {
        let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">]><xml><a>&lol;</a></xml>";
        assert!(matches!(Element::parse(bomb), Err(XmlError::DocType)));
        let file = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><xml/>";
        assert!(matches!(Element::parse(file), Err(XmlError::DocType)));
        assert!(matches!(
            Element::parse("<xml><a>&lol;</a></xml>"),
            Err(XmlError::Entity)
        ));
        assert!(matches!(
            Element::parse("<xml><a>&#0;</a></xml>"),
            Err(XmlError::Entity)
        ));
        for document in [
            "",
            "text",
            "{}",
            "<xml>",
            "<xml><a></xml>",
            "</xml>",
            "<xml/><xml/>",
            "<xml/>x",
            "x<xml/>",
            "<html/>",
        ] {
            assert!(Element::parse(document).is_err(), "{document}");
        }
    }

    #[test]
    fn limits() {
        let deep = |levels: usize| {
            format!(
                "<xml>{}{}</xml>",
                "<a>".repeat(levels),
                "</a>".repeat(levels)
            )
        };
        assert!(Element::parse(&deep(MAX_DEPTH - 1)).is_ok());
        assert!(matches!(
            Element::parse(&deep(MAX_DEPTH)),
            Err(XmlError::TooLarge)
        ));
        let many = |count: usize| format!("<xml>{}</xml>", "<a/>".repeat(count));
        assert!(Element::parse(&many(MAX_ELEMENTS - 1)).is_ok());
        assert!(matches!(
            Element::parse(&many(MAX_ELEMENTS)),
            Err(XmlError::TooLarge)
        ));
    }
}
