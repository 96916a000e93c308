//! Tags of the company.

use serde::Deserialize;

/// A tag that the app may see.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AppTag {
    /// Its number.
    #[serde(rename = "tagid")]
    pub id: u32,
    /// Its name.
    #[serde(rename = "tagname")]
    pub name: String,
}

/// The answer of `tag/list`.
#[derive(Deserialize)]
pub(super) struct TagList {
    #[serde(default)]
    pub(super) taglist: Vec<AppTag>,
}
