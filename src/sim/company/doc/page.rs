//! Smart pages: titled sub-pages of Markdown or plain text.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Answered, Refused, answer};
use super::shelf::{Body, Owner};
use super::{Docs, read};

/// One smart page. It can't be changed after it was made.
#[derive(Debug)]
pub(super) struct SmartPage(Vec<SubPage>);

#[derive(Debug, Deserialize)]
struct SubPage {
    #[serde(default)]
    page_title: Option<String>,
    /// Left out it is plain text, which surprises everyone who sends Markdown.
    #[serde(default)]
    content_type: Option<i64>,
    #[serde(default)]
    page_content: Option<String>,
}

#[derive(Deserialize)]
struct Create {
    title: Option<String>,
    pages: Vec<SubPage>,
}

impl SmartPage {
    /// One empty sub-page.
    pub(super) fn blank() -> Self {
        Self(vec![SubPage {
            page_title: None,
            content_type: None,
            page_content: None,
        }])
    }

    /// The pages one after another; several are told apart by their titles.
    pub(super) fn export(&self, format: Format) -> String {
        let [only] = self.0.as_slice() else {
            let pages: Vec<String> = self.0.iter().map(|page| page.titled(format)).collect();
            return pages.join("\n\n");
        };
        only.content().to_owned()
    }
}

impl SubPage {
    fn content(&self) -> &str {
        self.page_content.as_deref().unwrap_or_default()
    }

    fn titled(&self, format: Format) -> String {
        let mark = match format {
            Format::Markdown => "# ",
            Format::Text => "",
        };
        let title = self.page_title.as_deref().unwrap_or(UNTITLED);
        format!("{mark}{title}\n\n{}", self.content().trim_end())
    }
}

/// How contents are written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// 0.
    Text,
    /// 1.
    Markdown,
}

impl TryFrom<i64> for Format {
    type Error = Refused;

    fn try_from(content_type: i64) -> Result<Self, Refused> {
        match content_type {
            0 => Ok(Self::Text),
            1 => Ok(Self::Markdown),
            other => Err(Refused::argument(format!("invalid content_type {other}"))),
        }
    }
}

impl Docs {
    /// `smartpage_create`.
    pub(super) fn create_page(&mut self, args: &Map<String, Value>) -> Answered {
        let Create { title, pages } = read(args)?;
        if pages.is_empty() {
            return Err(Refused::argument("pages must not be empty"));
        }
        for page in &pages {
            Format::try_from(page.content_type.unwrap_or(0))?;
        }
        let title = title.as_deref().unwrap_or(UNTITLED);
        let body = Body::Page(SmartPage(pages));
        let made = self.shelf.add(title, Owner::Bot, body, &mut self.dice);
        Ok(answer([
            ("docid", made.docid.into()),
            ("url", made.url.into()),
        ]))
    }
}

const UNTITLED: &str = "无标题";
