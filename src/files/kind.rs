//! What a file is, by its first bytes and its name.

/// How many first bytes [`sniff`] wants to see, where a file has as many.
pub const HEAD_BYTES: usize = 4096;

/// How many it wants of a ZIP: the names in there tell documents of Office (512 KiB).
pub(super) const ARCHIVE_HEAD_BYTES: usize = 512 * 1024;

/// The type where nothing is known.
const UNKNOWN: &str = "application/octet-stream";

/// A container whose purpose only the name tells.
const ZIP: &str = "application/zip";

/// What Office wrote before it wrote ZIPs; only the name tells of which program.
const OLE: &str = "application/x-ole-storage";

/// Text of some kind; the name may say which.
const TEXT: &str = "text/plain";

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const SHEET: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
const SLIDES: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";

/// Other names of types in the table.
const SYNONYMS: [(&str, &str); 8] = [
    ("image/jpg", "image/jpeg"),
    ("image/x-ms-bmp", "image/bmp"),
    ("voice/amr", "audio/amr"),
    ("audio/x-m4a", "audio/mp4"),
    ("audio/x-wav", "audio/wav"),
    ("audio/mp3", "audio/mpeg"),
    ("application/x-gzip", "application/gzip"),
    ("text/xml", "application/xml"),
];

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
    ("heif", "image/heif"),
    ("avif", "image/avif"),
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
    ("tgz", "application/gzip"),
    ("tar", "application/x-tar"),
    ("7z", "application/x-7z-compressed"),
    ("rar", "application/vnd.rar"),
    ("doc", "application/msword"),
    ("xls", "application/vnd.ms-excel"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("docx", WORD),
    ("xlsx", SHEET),
    ("pptx", SLIDES),
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
    match (by_content(head, size, name), named_type(name)) {
        (Some(found), _) => found,
        (None, Some(named)) if !is_text(named) || size == 0 => named,
        (None, _) => UNKNOWN,
    }
}

/// What the bytes say, as far as they say it; `name` decides between types that have the
/// same bytes. `None` where only a name or a server could tell.
pub fn by_content(head: &[u8], size: u64, name: &str) -> Option<&'static str> {
    let named = named_type(name);
    match (by_bytes(head, size)?, named) {
        (ZIP | WORD | SHEET | SLIDES, Some(named))
            if !is_text(named) && !is_told_by_bytes(named) =>
        {
            Some(named)
        }
        (OLE, named) => named.filter(|named| is_old_office(named)),
        (TEXT, Some(named)) if is_text(named) => Some(named),
        (found, _) => Some(found),
    }
}

/// Whether the bytes are of a known type beyond doubt: what two first bytes can pretend to
/// be does not count.
pub fn is_recognisable(head: &[u8], size: u64) -> bool {
    by_bytes(head, size).is_some_and(|_| !is_audio_frame(head))
}

/// The type that a name's extension stands for.
pub fn named_type(name: &str) -> Option<&'static str> {
    by_extension(&extension(name)?)
}

/// The type of a `Content-Type` in lower case and without parameters, the table's word for
/// it where it has one. `None` where it says nothing of the content, or is none.
pub fn stated_type(header: &str) -> Option<String> {
    let essence = header.split(';').next()?.trim().to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |text: &str| {
        (1..=100).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let is_generic = matches!(
        essence.as_str(),
        UNKNOWN | "binary/octet-stream" | "application/download"
    );
    if is_generic || !is_token(kind) || !is_token(subtype) {
        return None;
    }
    Some(match SYNONYMS.iter().find(|(word, _)| *word == essence) {
        Some((_, known)) => (*known).to_owned(),
        None => essence,
    })
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
pub fn extension_of(mime: &str) -> Option<&'static str> {
    BY_EXTENSION
        .iter()
        .find(|(_, known)| *known == mime)
        .map(|(extension, _)| *extension)
}

/// The extension of a name, in lower case: 1 to 16 ASCII letters and digits.
pub fn extension(name: &str) -> Option<String> {
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

/// Whether files of a type are always told by their bytes: a name alone never makes one.
fn is_told_by_bytes(mime: &str) -> bool {
    let kind = mime.split_once('/').map_or(mime, |(kind, _)| kind);
    matches!(kind, "image" | "video" | "audio")
        || matches!(
            mime,
            "application/pdf"
                | "application/gzip"
                | "application/x-7z-compressed"
                | "application/vnd.rar"
                | "application/rtf"
        )
}

fn is_old_office(mime: &str) -> bool {
    matches!(
        mime,
        "application/msword" | "application/vnd.ms-excel" | "application/vnd.ms-powerpoint"
    )
}

/// Whether more than [`HEAD_BYTES`] of this file are worth reading.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
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
        () if starts(b"RIFF") && at(8, b"AVI ") => "video/x-msvideo",
        () if starts(b"BM") && bitmap_size(head) == Some(size) => "image/bmp",
        () if at(4, b"ftyp") => by_brand(head.get(8..12).unwrap_or_default()),
        () if starts(b"\x1A\x45\xDF\xA3") && has_within(head, 64, b"webm") => "video/webm",
        () if starts(b"#!AMR-WB\n") => "audio/amr-wb",
        () if starts(b"#!AMR\n") => "audio/amr",
        () if starts(b"#!SILK_V3") || starts(b"\x02#!SILK_V3") => "audio/silk",
        () if starts(b"ID3") || is_audio_frame(head) => "audio/mpeg",
        () if starts(b"OggS") => "audio/ogg",
        () if starts(b"%PDF-") => "application/pdf",
        () if is_archive(head) => by_members(head),
        () if starts(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") => OLE,
        () if starts(b"\x1F\x8B\x08") => "application/gzip",
        () if starts(b"7z\xBC\xAF\x27\x1C") => "application/x-7z-compressed",
        () if starts(b"Rar!\x1A\x07") => "application/vnd.rar",
        () if starts(b"{\\rtf") => "application/rtf",
        () if looks_like_text(head) => TEXT,
        () => return None,
    })
}

/// The type of an ISO media file by its major brand.
fn by_brand(brand: &[u8]) -> &'static str {
    match brand {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
            "image/heic"
        }
        b"avif" | b"avis" => "image/avif",
        b"qt  " => "video/quicktime",
        b"M4A " | b"M4B " => "audio/mp4",
        _ => "video/mp4",
    }
}

/// The type of a ZIP by the names of its members.
fn by_members(head: &[u8]) -> &'static str {
    /// Of a member's header: where the length of the name stands, and the name.
    const LENGTH_AT: usize = 26;
    const NAME_AT: usize = 30;
    let mut rest = head;
    while let Some(at) = rest.windows(4).position(|four| four == b"PK\x03\x04") {
        rest = rest.get(at..).unwrap_or_default();
        let name = rest.get(LENGTH_AT..LENGTH_AT + 2).and_then(|length| {
            let length = u16::from_le_bytes(length.try_into().ok()?);
            rest.get(NAME_AT..NAME_AT + usize::from(length))
        });
        for (folder, mime) in [
            (b"word/".as_slice(), WORD),
            (b"xl/", SHEET),
            (b"ppt/", SLIDES),
        ] {
            if name.is_some_and(|name| name.starts_with(folder)) {
                return mime;
            }
        }
        rest = rest.get(4..).unwrap_or_default();
    }
    ZIP
}

/// Whether a frame of MPEG audio, layer III, begins here: the sync bits, and no value that
/// is reserved.
fn is_audio_frame(head: &[u8]) -> bool {
    matches!(head, [0xFF, second, third, ..]
        if second & 0xE0 == 0xE0
            && second & 0x18 != 0x08
            && second & 0x06 == 0x02
            && third & 0xF0 != 0xF0
            && third & 0x0C != 0x0C)
}

fn has_within(head: &[u8], first: usize, wanted: &[u8]) -> bool {
    let first = head.get(..first).unwrap_or(head);
    first.windows(wanted.len()).any(|found| found == wanted)
}

/// The file size that a bitmap states of itself: without it two letters would make one.
fn bitmap_size(head: &[u8]) -> Option<u64> {
    let bytes: [u8; 4] = head.get(2..6)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

/// No NUL, and more than 95 of 100 characters are such as people read. Bytes that are no
/// UTF-8 count as such as they don't, so that a character cut by the end of `head` is no
/// fault and a text in another encoding is no text.
fn looks_like_text(head: &[u8]) -> bool {
    let head = head.get(..HEAD_BYTES).unwrap_or(head);
    if head.contains(&0) {
        return false;
    }
    let (mut readable, mut all) = (0_usize, 0_usize);
    for char in String::from_utf8_lossy(head).chars() {
        let is_layout = matches!(char, '\t' | '\n' | '\r' | '\x0C' | '\x1B');
        all += 1;
        if is_layout || (!char.is_control() && char != char::REPLACEMENT_CHARACTER) {
            readable += 1;
        }
    }
    readable * 100 > all * 95
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_tell_the_type() {
        let bitmap = [b"BM".as_slice(), &6_u32.to_le_bytes()].concat();
        let office = |member: &str| {
            let length = u16::try_from(member.len()).unwrap().to_le_bytes();
            let first = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x....";
            let head = [b"PK\x03\x04".as_slice(), &[0; 22], &length, &[0; 2]].concat();
            [first.as_slice(), &head, member.as_bytes()].concat()
        };
        let (word, sheet, slides) = (
            office("word/document.xml"),
            office("xl/workbook.xml"),
            office("ppt/presentation.xml"),
        );
        let not_office = office("sword/word/document.xml");
        let cases: [(&[u8], &str); 42] = [
            (&word, WORD),
            (&sheet, SHEET),
            (&slides, SLIDES),
            (&not_office, ZIP),
            (b"PK\x03\x04", ZIP),
            (
                b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1",
                "application/octet-stream",
            ),
            (b"\x1F\x8B\x08\0", "application/gzip"),
            (b"7z\xBC\xAF\x27\x1C\0", "application/x-7z-compressed"),
            (b"Rar!\x1A\x07\x01\0", "application/vnd.rar"),
            (b"{\\rtf1", "application/rtf"),
            (b"RIFF\0\0\0\0AVI LIST", "video/x-msvideo"),
            (b"\x1A\x45\xDF\xA3\0\x42\x82\x84webm", "video/webm"),
            (b"\0\0\0\x18ftypavif", "image/avif"),
            (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            (&[0xFF, 0xF3, 0x40, 0xC4], "audio/mpeg"),
            (&[0xFF, 0xFE, 0x60, 0x4F], "application/octet-stream"),
            (&[0xFF, 0xFB, 0xF0, 0], "application/octet-stream"),
            (&[b'x', 0x1B, b'[', b'1', b'm'], "text/plain"),
            (b"a\x01b", "application/octet-stream"),
            (b"", "application/octet-stream"),
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
        const OLD: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0";
        let cases: [(&[u8], &str, &str); 14] = [
            (b"PK\x03\x04", "a.docx", WORD),
            (b"PK\x03\x04", "a.gz", ZIP),
            (OLD, "a.doc", "application/msword"),
            (OLD, "a.XLS", "application/vnd.ms-excel"),
            (OLD, "a.ppt", "application/vnd.ms-powerpoint"),
            (OLD, "a.pdf", "application/pdf"),
            (OLD, "a.msg", "application/octet-stream"),
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

    #[test]
    fn extensions_and_types_go_both_ways() {
        for (extension, mime) in BY_EXTENSION {
            assert_eq!(named_type(&format!("a.{extension}")), Some(*mime));
            let first = extension_of(mime).unwrap();
            assert_eq!(named_type(&format!("a.{first}")), Some(*mime));
        }
        for (name, mime) in [
            ("a.JPEG", Some("image/jpeg")),
            ("a.tgz", Some("application/gzip")),
            ("a.yml", Some("application/yaml")),
            ("a.exe", None),
            ("jpeg", None),
        ] {
            assert_eq!(named_type(name), mime, "{name}");
        }
        assert_eq!(extension_of("image/jpeg"), Some("jpg"));
        assert_eq!(extension_of("application/yaml"), Some("yaml"));
    }

    #[test]
    fn a_header_counts_unless_it_says_nothing() {
        for (header, mime) in [
            ("Image/PNG; charset=x", Some("image/png")),
            ("voice/amr", Some("audio/amr")),
            ("image/jpg", Some("image/jpeg")),
            ("application/octet-stream", None),
            ("binary/octet-stream;x", None),
            ("application/download", None),
            ("", None),
            ("png", None),
            ("image/", None),
            ("image/p ng", None),
        ] {
            assert_eq!(stated_type(header).as_deref(), mime, "{header}");
        }
    }

    #[test]
    fn two_bytes_are_not_enough_to_be_recognised() {
        assert!(is_recognisable(b"%PDF-1.7", 8));
        assert!(is_recognisable("文字".as_bytes(), 6));
        assert!(!is_recognisable(&[0xFF, 0xFB, 0x90, 0x44], 4));
        assert!(!is_recognisable(&[0x9C, 0x00, 0x13], 3));
    }
}
