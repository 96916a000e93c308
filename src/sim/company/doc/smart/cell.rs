//! Cells: what is written into each type of field, and how it is read.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use super::super::super::{Refused, wall};
use super::super::access::unknown_option;
use super::super::dice::{COLOURS, Dice};
use super::super::uploads::{File, Image, Uploads};
use super::fields::{Choice, Field, FieldKind};

/// A cell that holds something.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Pieces of text, also the only piece of a link field.
    Text(Vec<Piece>),
    /// Numbers, money, ratios, progress.
    Number(Number),
    /// A tick.
    Bool(bool),
    /// Milliseconds since 1970.
    Date(i64),
    /// Phone, mail, bar code.
    Plain(String),
    /// Ids of options.
    Options(Vec<String>),
    /// Ids of members.
    Users(Vec<String>),
    /// Pictures.
    Images(Vec<Picture>),
    /// Attachments.
    Files(Vec<File>),
    /// A place.
    Place(Place),
}

/// A piece of text, with a link or without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    #[serde(rename = "type")]
    kind: PieceKind,
    #[serde(default)]
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PieceKind {
    Text,
    Url,
}

/// A picture in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Picture {
    id: String,
    title: String,
    width: u64,
    height: u64,
    image: Image,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    source_type: u8,
    id: String,
    latitude: String,
    longitude: String,
    title: String,
}

#[derive(Deserialize)]
struct WantedOption {
    id: Option<String>,
    text: Option<String>,
    style: Option<u8>,
}

#[derive(Deserialize)]
struct WantedUser {
    user_id: String,
}

#[derive(Deserialize)]
struct WantedImage {
    image_url: String,
    title: Option<String>,
    id: Option<String>,
    width: Option<u64>,
    height: Option<u64>,
}

#[derive(Deserialize)]
struct WantedFile {
    file_id: String,
}

impl Cell {
    /// Reads what is to be written into a field; options that it names and the field
    /// lacks are added to the field. Nothing to write empties the cell.
    ///
    /// # Errors
    ///
    /// 40058 for a form that is not the field's, and for pictures and files that were
    /// not uploaded; 2023010 for an unknown option id.
    pub(super) fn write(
        field: &mut Field,
        value: &Value,
        uploads: &Uploads,
        dice: &mut Dice,
    ) -> Result<Option<Self>, Refused> {
        if value.is_null() {
            return Ok(None);
        }
        let cell = match field.kind() {
            FieldKind::Text => Self::Text(form(field, value)?),
            FieldKind::Url => Self::Text(link(field, value)?),
            FieldKind::Number | FieldKind::Currency | FieldKind::Percentage => {
                Self::Number(form(field, value)?)
            }
            FieldKind::Progress => Self::Number(progress(field, value)?),
            FieldKind::Checkbox => Self::Bool(form(field, value)?),
            FieldKind::DateTime => return date(&form::<String>(field, value)?),
            FieldKind::PhoneNumber | FieldKind::Email | FieldKind::Barcode => {
                Self::Plain(form(field, value)?)
            }
            FieldKind::Select => Self::Options(options(field, form(field, value)?, dice)?),
            FieldKind::SingleSelect => {
                let wanted = one_at_most(field, form(field, value)?)?;
                Self::Options(options(field, wanted, dice)?)
            }
            FieldKind::User => {
                let users: Vec<WantedUser> = form(field, value)?;
                Self::Users(users.into_iter().map(|user| user.user_id).collect())
            }
            FieldKind::Image => Self::Images(
                form::<Vec<WantedImage>>(field, value)?
                    .into_iter()
                    .map(|wanted| picture(wanted, uploads, dice))
                    .collect::<Result<_, _>>()?,
            ),
            FieldKind::Attachment => Self::Files(
                form::<Vec<WantedFile>>(field, value)?
                    .into_iter()
                    .map(|wanted| file(&wanted, uploads))
                    .collect::<Result<_, _>>()?,
            ),
            FieldKind::Location => match one_at_most(field, form(field, value)?)?.pop() {
                Some(place) => Self::Place(place),
                None => return Ok(None),
            },
        };
        Ok(Some(cell).filter(|cell| !cell.is_empty()))
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(pieces) => pieces
                .iter()
                .all(|piece| piece.text.is_empty() && piece.link.is_none()),
            Self::Plain(text) => text.is_empty(),
            Self::Options(ids) | Self::Users(ids) => ids.is_empty(),
            Self::Images(images) => images.is_empty(),
            Self::Files(files) => files.is_empty(),
            Self::Number(_) | Self::Bool(_) | Self::Date(_) | Self::Place(_) => false,
        }
    }

    /// How the answer to a write shows it: options by their ids alone.
    pub(super) fn written(&self, field: &Field) -> Value {
        match self {
            Self::Options(ids) => json!(ids),
            _ => self.shown(field),
        }
    }

    /// How a reader gets it.
    pub(super) fn shown(&self, field: &Field) -> Value {
        match self {
            Self::Text(pieces) => json!(pieces),
            Self::Number(number) => number.clone().into(),
            Self::Bool(on) => (*on).into(),
            Self::Date(ms) => ms.to_string().into(),
            Self::Plain(text) => text.clone().into(),
            Self::Options(ids) => json!(chosen(field, ids).collect::<Vec<_>>()),
            Self::Users(ids) => ids
                .iter()
                .map(|id| json!({ "user_id": id, "id_type": 1 }))
                .collect(),
            Self::Images(pictures) => pictures.iter().map(Picture::shown).collect(),
            Self::Files(files) => files.iter().map(File::shown).collect(),
            Self::Place(place) => json!([place]),
        }
    }

    /// How a table shows it.
    pub(super) fn words<'a>(&'a self, field: &'a Field) -> Cow<'a, str> {
        match self {
            Self::Text(pieces) => pieces.iter().map(Piece::words).collect::<String>().into(),
            Self::Number(number) => number.to_string().into(),
            Self::Bool(true) => "是".into(),
            Self::Bool(false) => "否".into(),
            Self::Date(ms) => wall::to_minute(*ms).into(),
            Self::Plain(text) => text.into(),
            Self::Options(ids) => list(chosen(field, ids).map(|option| option.text.as_str())),
            Self::Users(ids) => list(ids.iter().map(String::as_str)),
            Self::Images(pictures) => list(pictures.iter().map(|picture| picture.title.as_str())),
            Self::Files(files) => list(files.iter().map(File::name)),
            Self::Place(place) => place.title.as_str().into(),
        }
    }
}

impl Piece {
    fn words(&self) -> Cow<'_, str> {
        match &self.link {
            Some(link) => format!("[{}]({link})", self.text).into(),
            None => self.text.as_str().into(),
        }
    }
}

impl Picture {
    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "title": self.title,
            "image_url": self.image.url,
            "width": self.width,
            "height": self.height,
        })
    }
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    words.collect::<Vec<_>>().join(", ").into()
}

fn chosen<'a>(field: &'a Field, ids: &'a [String]) -> impl Iterator<Item = &'a Choice> {
    ids.iter().filter_map(|id| field.option(id))
}

/// The value in the form that the field takes.
fn form<'a, T: Deserialize<'a>>(field: &Field, value: &'a Value) -> Result<T, Refused> {
    T::deserialize(value).map_err(|error| misfit(field, &error.to_string()))
}

fn misfit(field: &Field, why: &str) -> Refused {
    Refused::argument(format!(
        "invalid value for field `{}`: {why}",
        field.title()
    ))
}

fn one_at_most<T>(field: &Field, values: Vec<T>) -> Result<Vec<T>, Refused> {
    if values.len() > 1 {
        return Err(misfit(field, "it takes one element"));
    }
    Ok(values)
}

fn link(field: &Field, value: &Value) -> Result<Vec<Piece>, Refused> {
    let pieces: Vec<Piece> = one_at_most(field, form(field, value)?)?;
    let target = |piece: &Piece| piece.link.as_ref().is_some_and(|link| !link.is_empty());
    if pieces
        .iter()
        .all(|piece| piece.kind == PieceKind::Url && target(piece))
    {
        Ok(pieces)
    } else {
        Err(misfit(field, "it takes an element of type url with a link"))
    }
}

fn progress(field: &Field, value: &Value) -> Result<Number, Refused> {
    let number: Number = form(field, value)?;
    match number.as_f64() {
        Some(share) if (0.0..=100.0).contains(&share) && share.fract() == 0.0 => Ok(number),
        _ => Err(misfit(field, "progress is an integer from 0 to 100")),
    }
}

/// A day, or a time of day to the minute or second, in China. An empty one is none.
fn date(text: &str) -> Result<Option<Cell>, Refused> {
    let read = match text.len() {
        0 => return Ok(None),
        16 => wall::minute,
        _ => day_or_second,
    };
    Ok(Some(Cell::Date(read(text)?)))
}

fn day_or_second(text: &str) -> Result<i64, Refused> {
    wall::day_or_second(text, wall::Edge::Begin)
}

/// Ids of the wanted options. One is known by its id, then by its text; an unknown text
/// makes a new one.
fn options(
    field: &mut Field,
    wanted: Vec<WantedOption>,
    dice: &mut Dice,
) -> Result<Vec<String>, Refused> {
    let mut ids: Vec<String> = Vec::with_capacity(wanted.len());
    for WantedOption { id, text, style } in wanted {
        let known = field
            .options
            .iter()
            .find(|option| id.as_ref().is_some_and(|id| option.id == *id));
        let known = known.or_else(|| {
            field
                .options
                .iter()
                .find(|option| text.as_ref() == Some(&option.text))
        });
        let id = match (known, text, id) {
            (Some(known), ..) => known.id.clone(),
            (None, Some(text), _) if !text.is_empty() => {
                let style = style.unwrap_or_else(|| dice.colour());
                if !(1..=COLOURS).contains(&style) {
                    return Err(misfit(field, "style is 1 to 27"));
                }
                let id = dice.id("o", OPTION_LETTERS, |id| field.option(id).is_some());
                field.options.push(Choice {
                    id: id.clone(),
                    text,
                    style,
                });
                id
            }
            (None, _, Some(id)) => return Err(unknown_option(&id)),
            (None, ..) => return Err(misfit(field, "an option has an id or a text")),
        };
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn picture(wanted: WantedImage, uploads: &Uploads, dice: &mut Dice) -> Result<Picture, Refused> {
    let image = uploads
        .image(&wanted.image_url)
        .ok_or_else(|| Refused::argument("image_url was not uploaded"))?
        .clone();
    let (width, height) = image.pixels;
    Ok(Picture {
        id: wanted
            .id
            .unwrap_or_else(|| dice.letters("img_", IMAGE_LETTERS)),
        title: wanted.title.unwrap_or_default(),
        width: wanted.width.unwrap_or_else(|| width.into()),
        height: wanted.height.unwrap_or_else(|| height.into()),
        image,
    })
}

fn file(wanted: &WantedFile, uploads: &Uploads) -> Result<File, Refused> {
    uploads
        .file(&wanted.file_id)
        .cloned()
        .ok_or_else(|| Refused::argument("file_id was not uploaded"))
}

const OPTION_LETTERS: usize = 5;
const IMAGE_LETTERS: usize = 8;
