//! Pictures and files that were uploaded to be used in cells.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Answered, Refused, answer};
use super::shelf::Locator;
use super::{Docs, read};

/// What was uploaded. The bytes are not kept: nothing gives them back.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    images: Vec<Image>,
    files: Vec<File>,
}

/// An uploaded picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Image {
    /// Its address.
    pub(super) url: String,
    /// Width and height. The service tells them for every picture; here they are read
    /// from a PNG only, and any other picture counts as one pixel.
    pub(super) pixels: (u32, u32),
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct File {
    id: String,
    name: String,
    size: usize,
}

impl Uploads {
    /// The picture with this address.
    pub(super) fn image(&self, url: &str) -> Option<&Image> {
        self.images.iter().find(|image| image.url == url)
    }

    /// The file with this id.
    pub(super) fn file(&self, id: &str) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }
}

impl File {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How a record's cell shows it.
    pub(super) fn shown(&self) -> Value {
        let extension = self.name.rsplit_once('.').map_or("", |(_, end)| end);
        json!({
            "name": self.name,
            "size": self.size,
            "file_ext": extension,
            "file_type": "Wedrive",
            "file_url": format!("{FILES}{}", self.id),
            "doc_type": PLAIN_FILE,
        })
    }
}

#[derive(Deserialize)]
struct UploadImage<'a> {
    #[serde(flatten, borrow)]
    at: Locator<'a>,
    base64_content: &'a str,
}

#[derive(Deserialize)]
struct UploadFile<'a> {
    file_name: String,
    file_base64_content: &'a str,
}

impl Docs {
    /// `upload_doc_image`.
    pub(super) fn upload_image(&mut self, args: &Map<String, Value>) -> Answered {
        let UploadImage { at, base64_content } = read(args)?;
        // Storing a picture with a document is writing to it.
        self.shelf.writable(at, Some)?;
        let bytes = decode(base64_content, IMAGE_BYTES)?;
        let image = Image {
            url: self.dice.letters(IMAGES, UPLOAD_LETTERS),
            pixels: png_size(&bytes).unwrap_or((1, 1)),
        };
        let (width, height) = image.pixels;
        let stored = answer([
            ("url", image.url.clone().into()),
            ("width", width.into()),
            ("height", height.into()),
            ("size", bytes.len().into()),
        ]);
        self.uploads.images.push(image);
        Ok(stored)
    }

    /// `upload_doc_file`.
    pub(super) fn upload_file(&mut self, args: &Map<String, Value>) -> Answered {
        let UploadFile {
            file_name,
            file_base64_content,
        } = read(args)?;
        let units: usize = file_name
            .chars()
            .map(|letter| if letter.is_ascii() { 1 } else { 2 })
            .sum();
        if units == 0 || units > NAME_UNITS {
            return Err(Refused::argument("file_name is empty or too long"));
        }
        let bytes = decode(file_base64_content, FILE_BYTES)?;
        let file = File {
            id: self.dice.letters("fid_", UPLOAD_LETTERS),
            name: file_name,
            size: bytes.len(),
        };
        let stored = answer([
            ("fileid", file.id.clone().into()),
            ("name", file.name.clone().into()),
        ]);
        self.uploads.files.push(file);
        Ok(stored)
    }
}

/// At most `limit` bytes, at least one.
fn decode(text: &str, limit: usize) -> Result<Vec<u8>, Refused> {
    let bytes = BASE64
        .decode(text)
        .map_err(|error| Refused::argument(format!("content is no plain base64: {error}")))?;
    if bytes.is_empty() || bytes.len() > limit {
        return Err(Refused::argument(format!(
            "the file has {} bytes, allowed are 1 to {limit}",
            bytes.len()
        )));
    }
    Ok(bytes)
}

/// Width and height from the first block of a PNG.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes
        .strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")?
        .first_chunk::<8>()?;
    let [w0, w1, w2, w3, h0, h1, h2, h3] = *header;
    Some((
        u32::from_be_bytes([w0, w1, w2, w3]),
        u32::from_be_bytes([h0, h1, h2, h3]),
    ))
}

/// Padding may be missing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Most bytes of a picture, before encoding.
const IMAGE_BYTES: usize = 30 * 1024 * 1024;
/// Most bytes of a file, before encoding.
const FILE_BYTES: usize = 10 * 1024 * 1024;
/// Longest file name, a letter outside ASCII counting as two.
const NAME_UNITS: usize = 255;
const UPLOAD_LETTERS: usize = 16;
const IMAGES: &str = "https://doc.weixin.qq.com/image/";
const FILES: &str = "https://doc.weixin.qq.com/attachment/";
/// `doc_type` of an attachment that is a file and no folder.
const PLAIN_FILE: u8 = 2;
