//! The company's documents: their kinds, owners, ids and links.

use serde::{Deserialize, Serialize};

use super::super::Refused;
use super::access::{no_authority, unknown, wrong_kind};
use super::dice::Dice;
use super::grid::Workbook;
use super::page::SmartPage;
use super::smart::SmartSheet;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A text (type 3, links with `/doc/`).
    Document,
    /// An online spreadsheet (type 4, links with `/sheet/`).
    Spreadsheet,
    /// A smart sheet (type 10, links with `/smartsheet/`).
    SmartSheet,
    /// A smart page (no type, links with `/smartpage/`).
    SmartPage,
}

impl Kind {
    /// The kind behind a `doc_type`.
    pub(super) fn of_type(doc_type: i64) -> Option<Self> {
        match doc_type {
            3 => Some(Self::Document),
            4 => Some(Self::Spreadsheet),
            10 => Some(Self::SmartSheet),
            _ => None,
        }
    }

    /// The first two parts of a link's path: kind, and prefix of the token.
    fn path(self) -> &'static str {
        match self {
            Self::Document => "doc/w3_",
            Self::Spreadsheet => "sheet/e3_",
            Self::SmartSheet => "smartsheet/s3_",
            Self::SmartPage => "smartpage/a1_",
        }
    }
}

/// Whose a document is. The bot writes to its own ones only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// The bot, which made it.
    Bot,
    /// The member with this id.
    Member(String),
}

/// One document as the company's list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The opaque id that calls go by.
    pub docid: String,
    /// The link, query string included.
    pub url: String,
    /// The title.
    pub title: String,
    /// What it is.
    pub kind: Kind,
    /// Whose it is.
    pub owner: Owner,
}

/// What a document holds.
#[derive(Debug)]
pub(super) enum Body {
    /// Markdown.
    Text(String),
    /// Worksheets.
    Grid(Workbook),
    /// Sub-sheets.
    Smart(SmartSheet),
    /// Sub-pages.
    Page(SmartPage),
}

/// One document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) docid: String,
    pub(super) url: String,
    pub(super) title: String,
    pub(super) owner: Owner,
    pub(super) body: Body,
}

impl Document {
    /// What it is.
    pub(super) fn kind(&self) -> Kind {
        match self.body {
            Body::Text(_) => Kind::Document,
            Body::Grid(_) => Kind::Spreadsheet,
            Body::Smart(_) => Kind::SmartSheet,
            Body::Page(_) => Kind::SmartPage,
        }
    }

    /// How the list shows it.
    pub(super) fn listed(&self) -> Listed {
        Listed {
            docid: self.docid.clone(),
            url: self.url.clone(),
            title: self.title.clone(),
            kind: self.kind(),
            owner: self.owner.clone(),
        }
    }
}

/// The document that a call is about: by id or by link. Where both are given the id
/// counts.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Locator<'a> {
    docid: Option<&'a str>,
    url: Option<&'a str>,
}

/// All documents, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Shelf(Vec<Document>);

impl Shelf {
    /// Every document.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.iter()
    }

    /// Puts a new document there and tells how it is listed.
    pub(super) fn add(&mut self, title: &str, owner: Owner, body: Body, dice: &mut Dice) -> Listed {
        let mut document = Document {
            docid: dice.letters("dc", DOCID_LETTERS),
            url: String::new(),
            title: title.chars().take(TITLE_CHARS).collect(),
            owner,
            body,
        };
        document.url = format!(
            "{HOST}{}?scode={}",
            dice.letters(document.kind().path(), TOKEN_LETTERS),
            dice.letters("", SCODE_LETTERS),
        );
        let listed = document.listed();
        self.0.push(document);
        listed
    }

    /// The document, to be read.
    pub(super) fn find(&self, at: Locator<'_>) -> Result<&Document, Refused> {
        let place = self.place(at)?;
        self.0.get(place).ok_or_else(|| unknown("docid"))
    }

    /// The document with this id, whatever its owner.
    pub(super) fn by_id_mut(&mut self, docid: &str) -> Option<&mut Document> {
        self.0.iter_mut().find(|document| document.docid == docid)
    }

    /// The body of a document that the bot may change. `part` takes the wanted kind out
    /// of the body; a wrong kind is told before a missing right.
    pub(super) fn writable<'s, T>(
        &'s mut self,
        at: Locator<'_>,
        part: impl FnOnce(&'s mut Body) -> Option<&'s mut T>,
    ) -> Result<&'s mut T, Refused> {
        let place = self.place(at)?;
        let document = self.0.get_mut(place).ok_or_else(|| unknown("docid"))?;
        let owned = document.owner == Owner::Bot;
        let part = part(&mut document.body).ok_or_else(wrong_kind)?;
        if owned { Ok(part) } else { Err(no_authority()) }
    }

    fn place(&self, at: Locator<'_>) -> Result<usize, Refused> {
        if let Some(docid) = at.docid {
            return self
                .0
                .iter()
                .position(|document| document.docid == docid)
                .ok_or_else(|| unknown("docid"));
        }
        let Some(url) = at.url else {
            return Err(Refused::argument("docid or url is required"));
        };
        let place = self
            .0
            .iter()
            .position(|document| page_of(&document.url) == page_of(url))
            .ok_or_else(|| unknown("url"))?;
        // The share code is the right to look: a link that lost it opens nothing.
        match self.0.get(place) {
            Some(document) if document.url == url => Ok(place),
            _ => Err(no_authority()),
        }
    }
}

/// A link without its query string.
fn page_of(url: &str) -> &str {
    url.split_once('?').map_or(url, |(page, _)| page)
}

const HOST: &str = "https://doc.weixin.qq.com/";
/// A longer title is cut, without a word.
const TITLE_CHARS: usize = 255;
const DOCID_LETTERS: usize = 24;
const TOKEN_LETTERS: usize = 12;
const SCODE_LETTERS: usize = 8;
