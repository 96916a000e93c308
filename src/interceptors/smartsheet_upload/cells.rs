//! Cells of records that name local files.

use std::fmt;

use serde_json::{Map, Value};

use crate::interceptors::ToolError;

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// A picture, shown.
    Image,
    /// A file, attached.
    File,
}

impl Kind {
    /// The member that names the local file.
    fn path_member(self) -> &'static str {
        match self {
            Self::Image => "image_path",
            Self::File => "file_path",
        }
    }

    /// The member that the server takes in its place.
    fn wire_member(self) -> &'static str {
        match self {
            Self::Image => "image_url",
            Self::File => "file_id",
        }
    }
}

/// One element of one cell that names a local file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) place: Place,
    pub(super) kind: Kind,
    /// The path as given.
    pub(super) path: String,
}

/// Where an element stands in the arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    record: usize,
    field: String,
    element: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            record,
            field,
            element,
        } = self;
        write!(f, "records[{record}].values.{field}[{element}]")
    }
}

/// The elements that name local files, in order. Only objects in an array that is a
/// field's value are looked at: that is where the server takes images and files.
///
/// # Errors
/// An element that names two things, or a path that is no text.
pub(super) fn find(args: &Map<String, Value>) -> Result<Vec<Cell>, ToolError> {
    let mut cells = Vec::new();
    let records = args.get("records").and_then(Value::as_array);
    for (record, content) in records.into_iter().flatten().enumerate() {
        let values = content.get("values").and_then(Value::as_object);
        for (field, value) in values.into_iter().flatten() {
            for (element, object) in value.as_array().into_iter().flatten().enumerate() {
                let Some(object) = object.as_object() else {
                    continue;
                };
                let place = Place {
                    record,
                    field: field.clone(),
                    element,
                };
                if let Some((kind, path)) = named(object, &place)? {
                    cells.push(Cell { place, kind, path });
                }
            }
        }
    }
    Ok(cells)
}

fn named(element: &Map<String, Value>, place: &Place) -> Result<Option<(Kind, String)>, ToolError> {
    let mut found = None;
    for kind in [Kind::Image, Kind::File] {
        let member = kind.path_member();
        let path = match element.get(member) {
            None | Some(Value::Null) => continue,
            Some(Value::String(path)) if path.is_empty() => continue,
            Some(Value::String(path)) => path.clone(),
            Some(_) => {
                return Err(ToolError::invalid_args(format!(
                    "{place}.{member} must be a string"
                )));
            }
        };
        if found.is_some() {
            return Err(ToolError::invalid_args(format!(
                "{place} has both image_path and file_path: give one of them"
            )));
        }
        found = Some((kind, path));
    }
    if let Some((kind, _)) = &found {
        let is_set = |member: &&str| match element.get(*member) {
            None | Some(Value::Null) => false,
            Some(value) => value.as_str() != Some(""),
        };
        if let Some(member) = ["image_url", "file_id"]
            .iter()
            .find(|member| is_set(member))
        {
            let path = kind.path_member();
            return Err(ToolError::invalid_args(format!(
                "{place} has both {path} and {member}: give one of them"
            )));
        }
    }
    Ok(found)
}

/// What the server takes for one element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Uploaded {
    /// The image's URL or the file's id.
    pub(super) reference: String,
    /// The title of an image that has none.
    pub(super) title: String,
}

/// Puts into `args` what `uploaded` says for each of `cells`.
pub(super) fn replace<'a>(
    args: &mut Map<String, Value>,
    uploaded: impl Iterator<Item = (&'a Cell, Uploaded)>,
) {
    for (cell, uploaded) in uploaded {
        let Place {
            record,
            field,
            element,
        } = &cell.place;
        let element = args
            .get_mut("records")
            .and_then(|records| records.get_mut(record))
            .and_then(|record| record.get_mut("values"))
            .and_then(|values| values.get_mut(field.as_str()))
            .and_then(|value| value.get_mut(element));
        if let Some(Value::Object(element)) = element {
            *element = replaced(std::mem::take(element), cell.kind, uploaded);
        }
    }
}

fn replaced(element: Map<String, Value>, kind: Kind, uploaded: Uploaded) -> Map<String, Value> {
    let mut reference = Some(Value::from(uploaded.reference));
    let mut changed = Map::new();
    for (member, value) in element {
        if member == kind.path_member() {
            if let Some(reference) = reference.take() {
                changed.insert(kind.wire_member().to_owned(), reference);
            }
        } else if !["image_path", "file_path", "image_url", "file_id"].contains(&member.as_str()) {
            changed.insert(member, value);
        }
    }
    let has_title = changed
        .get("title")
        .and_then(Value::as_str)
        .is_some_and(|title| !title.is_empty());
    if kind == Kind::Image && !has_title {
        changed.insert("title".to_owned(), uploaded.title.into());
    }
    changed
}
