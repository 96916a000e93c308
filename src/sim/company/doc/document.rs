//! Documents of every kind: making one, and overwriting a text.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Answered, Refused, answer};
use super::dice::Dice;
use super::grid::Workbook;
use super::page::SmartPage;
use super::shelf::{Body, Kind, Locator, Owner};
use super::smart::SmartSheet;
use super::{Docs, read};

#[derive(Deserialize)]
struct Create<'a> {
    doc_type: i64,
    doc_name: &'a str,
}

#[derive(Deserialize)]
struct Edit<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    content: String,
    content_type: i64,
}

impl Body {
    /// What a document of this kind holds before anybody wrote to it.
    pub(super) fn fresh(kind: Kind, dice: &mut Dice) -> Self {
        match kind {
            Kind::Document => Self::Text(String::new()),
            Kind::Spreadsheet => Self::Grid(Workbook::new(dice)),
            Kind::SmartSheet => Self::Smart(SmartSheet::new(dice)),
            Kind::SmartPage => Self::Page(SmartPage::blank()),
        }
    }
}

impl Docs {
    /// `create_doc`.
    pub(super) fn create_doc(&mut self, args: &Map<String, Value>) -> Answered {
        let Create { doc_type, doc_name } = read(args)?;
        let kind = Kind::of_type(doc_type)
            .ok_or_else(|| Refused::argument(format!("invalid doc_type {doc_type}")))?;
        if doc_name.is_empty() {
            return Err(Refused::argument("doc_name must not be empty"));
        }
        let body = Body::fresh(kind, &mut self.dice);
        let made = self.shelf.add(doc_name, Owner::Bot, body, &mut self.dice);
        Ok(answer([
            ("docid", made.docid.into()),
            ("url", made.url.into()),
        ]))
    }

    /// `edit_doc_content`: the whole text is replaced.
    pub(super) fn edit_content(&mut self, args: &Map<String, Value>) -> Answered {
        let edit: Edit<'_> = read(args)?;
        if edit.content_type != MARKDOWN {
            return Err(Refused::argument("content_type must be 1"));
        }
        let text = self.shelf.writable(edit.at, |body| match body {
            Body::Text(text) => Some(text),
            _ => None,
        })?;
        *text = edit.content;
        Ok(Map::new())
    }
}

/// The only `content_type` of `edit_doc_content`.
const MARKDOWN: i64 = 1;
