//! What a file is, by its first bytes and its name.

/// How many first bytes [`sniff`] wants to see, where a file has as many.
pub const HEAD_BYTES: usize = 4096;

/// The type where nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// A container whose purpose only the name tells.
const ZIP: &str = "application/zip";

/// Text of some kind; the name may say which.
const TEXT: &str = "text/plain";

/// Types by extension; of several extensions of one type the first is the one that is
/// added to names without one.
const BY_EXTENSION: &[(&str, &str)] = &[
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("bmp", "image/bmp"),
    ("heic", "image/heic"),
    ("svg", "image/svg+xml"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
    ("avi", "video/x-msvideo"),
    ("amr", "audio/amr"),
    ("awb", "audio/amr-wb"),
    ("silk", "audio/silk"),
    ("mp3", "audio/mpeg"),
    ("wav", "audio/wav"),
    ("ogg", "audio/ogg"),
    ("aac", "audio/aac"),
    ("m4a", "audio/mp4"),
    ("pdf", "application/pdf"),
    ("zip", ZIP),
    ("gz", "application/gzip"),
    ("tar", "application/x-tar"),
    ("7z", "application/x-7z-compressed"),
    ("rar", "application/vnd.rar"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    (
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        "pptx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("rtf", "application/rtf"),
    ("txt", TEXT),
    ("log", TEXT),
    ("md", "text/markdown"),
    ("markdown", "text/markdown"),
    ("csv", "text/csv"),
    ("tsv", "text/tab-separated-values"),
    ("html", "text/html"),
    ("json", "application/json"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
];

/// The MIME type of a file of `size` bytes that starts with `head`.
///
/// Bytes win over the name; only where they say no more than "archive", "text" or nothing
/// does a known extension decide, and never from binary bytes to a text type.
pub fn sniff(head: &[u8], size: u64, name: &str) -> &'static str {
    let found = by_bytes(head, size);
    let named = extension(name).and_then(|extension| by_extension(&extension));
    match (found, named) {
        (None, Some(named)) if !is_text(named) || size == 0 => named,
        (Some(ZIP), Some(named)) if !is_text(named) && by_bytes_only(named).is_none() => named,
        (Some(TEXT), Some(named)) if is_text(named) => named,
        (found, _) => found.unwrap_or(UNKNOWN),
    }
}

/// The type of an image that a document takes (PNG, JPEG, GIF, WebP, BMP), by its bytes
/// alone.
pub fn image_type(head: &[u8], size: u64) -> Option<&'static str> {
    by_bytes(head, size).filter(|found| {
        matches!(
            *found,
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/bmp"
        )
    })
}

/// Whether a type is text that a person could read.
pub fn is_text(mime: &str) -> bool {
    mime.starts_with("text/")
        || matches!(
            mime,
            "application/json" | "application/xml" | "application/yaml" | "image/svg+xml"
        )
}

/// The extension that files of a type get, without the dot.
pub(crate) fn extension_of(mime: &str) -> Option<&'static str> {
    BY_EXTENSION
        .iter()
        .find(|(_, known)| *known == mime)
        .map(|(extension, _)| *extension)
}

/// The extension of a name, in lower case: 1 to 16 ASCII letters and digits.
pub(crate) fn extension(name: &str) -> Option<String> {
    let (stem, extension) = name.rsplit_once('.')?;
    let fits = !stem.is_empty()
        && (1..=16).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| extension.to_ascii_lowercase())
}

fn by_extension(extension: &str) -> Option<&'static str> {
    BY_EXTENSION
        .iter()
        .find(|(known, _)| *known == extension)
        .map(|(_, mime)| *mime)
}

/// Types that are always told by their bytes: a name alone never makes one of them.
fn by_bytes_only(mime: &str) -> Option<&str> {
    let prefix = mime.split_once('/').map_or(mime, |(kind, _)| kind);
    (matches!(prefix, "image" | "video" | "audio") || mime == "application/pdf").then_some(mime)
}

fn by_bytes(head: &[u8], size: u64) -> Option<&'static str> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(magic))
    };
    Some(match () {
        () if starts(&[0xFF, 0xD8, 0xFF]) => "image/jpeg",
        () if starts(b"\x89PNG\r\n\x1a\n") => "image/png",
        () if starts(b"GIF87a") || starts(b"GIF89a") => "image/gif",
        () if starts(b"RIFF") && at(8, b"WEBP") => "image/webp",
        () if starts(b"RIFF") && at(8, b"WAVE") => "audio/wav",
        () if starts(b"BM") && bitmap_size(head) == Some(size) => "image/bmp",
        () if at(4, b"ftypheic") || at(4, b"ftypheix") || at(4, b"ftypmif1") => "image/heic",
        () if at(4, b"ftypqt  ") => "video/quicktime",
        () if at(4, b"ftyp") => "video/mp4",
        () if starts(b"#!AMR-WB\n") => "audio/amr-wb",
        () if starts(b"#!AMR\n") => "audio/amr",
        () if starts(b"#!SILK_V3") || starts(b"\x02#!SILK_V3") => "audio/silk",
        () if starts(b"ID3") => "audio/mpeg",
        () if starts(&[0xFF, 0xFB]) || starts(&[0xFF, 0xF3]) || starts(&[0xFF, 0xF2]) => {
            "audio/mpeg"
        }
        () if starts(b"OggS") => "audio/ogg",
        () if starts(b"%PDF-") => "application/pdf",
        () if starts(b"PK\x03\x04") => ZIP,
        () if looks_like_text(head) => TEXT,
        () => return None,
    })
}

/// The file size that a bitmap states of itself: without it two letters would make one.
fn bitmap_size(head: &[u8]) -> Option<u64> {
    let bytes: [u8; 4] = head.get(2..6)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

/// UTF-8 without NUL; a character that the end of `head` cuts is no fault.
fn looks_like_text(head: &[u8]) -> bool {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    !head.is_empty()
        && !head.contains(&0)
        && match std::str::from_utf8(head) {
            Ok(_) => true,
            Err(error) => error.error_len().is_none() && head.len() == HEAD_BYTES,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_the_type() {
        let bitmap = [b"BM".as_slice(), &6_u32.to_le_bytes()].concat();
        let cases: [(&[u8], &str); 22] = [
            (&[0xFF, 0xD8, 0xFF, 0xE0], "image/jpeg"),
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"GIF87a", "image/gif"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
            (&bitmap, "image/bmp"),
            (b"BM nothing like it", "text/plain"),
            (b"\0\0\0\x18ftypheic", "image/heic"),
            (b"\0\0\0\x18ftypmif1", "image/heic"),
            (b"\0\0\0\x18ftypisom", "video/mp4"),
            (b"\0\0\0\x18ftypqt  ", "video/quicktime"),
            (b"#!AMR\n\x3c", "audio/amr"),
            (b"#!AMR-WB\n\x04", "audio/amr-wb"),
            (b"\x02#!SILK_V3", "audio/silk"),
            (b"#!SILK_V3", "audio/silk"),
            (b"ID3\x04", "audio/mpeg"),
            (&[0xFF, 0xFB, 0x90], "audio/mpeg"),
            (b"OggS\0", "audio/ogg"),
            (b"%PDF-1.7", "application/pdf"),
            (b"plain \xe4\xbd\xa0", "text/plain"),
            (b"\x01\x02\0", "application/octet-stream"),
        ];
        for (head, mime) in cases {
            assert_eq!(sniff(head, head.len() as u64, "x"), mime, "{head:?}");
        }
    }

    #[test]
    fn a_name_decides_only_where_the_bytes_say_little() {
        let cases: [(&[u8], &str, &str); 8] = [
            (
                b"PK\x03\x04",
                "a.docx",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            (b"PK\x03\x04", "a.png", "application/zip"),
            (b"PK\x03\x04", "a.txt", "application/zip"),
            (b"# Title", "notes.MD", "text/markdown"),
            (b"MZ\0\0", "a.doc", "application/msword"),
            (b"MZ\0\0", "a.txt", "application/octet-stream"),
            (b"%PDF-1.4", "a.png", "application/pdf"),
            (b"hello", "a.png", "text/plain"),
        ];
        for (head, name, mime) in cases {
            assert_eq!(sniff(head, head.len() as u64, name), mime, "{name}");
        }
    }

    #[test]
    fn text_may_be_cut_inside_a_character_only_at_the_end_of_the_head() {
        let mut long = vec![b'a'; HEAD_BYTES - 1];
        long.extend("你".bytes());
        assert_eq!(sniff(&long, long.len() as u64, "x"), "text/plain");
        assert_eq!(sniff(b"ab\xe4", 3, "x"), "application/octet-stream");
    }
}
