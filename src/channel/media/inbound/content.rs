//! What an attachment is, and what it is called.

use crate::agent::AttachmentKind;
use crate::files::{by_content, extension, extension_of, named_type, stated_type, with_extension};

/// The type of something sent as `kind`: what the bytes say, else the server, else the name.
/// Of a picture only types of pictures count: WeCom shows it as one, whatever a server says.
pub(super) fn content_type(
    kind: AttachmentKind,
    head: &[u8],
    size: u64,
    header: Option<&str>,
    name: Option<&str>,
) -> String {
    let name = name.unwrap_or_default();
    let fits = |found: &str| kind != AttachmentKind::Image || found.starts_with("image/");
    let by_bytes = by_content(head, size, name).map(str::to_owned);
    let by_server = || header.and_then(stated_type);
    let by_name = || named_type(name).map(str::to_owned);
    by_bytes
        .filter(|found| fits(found))
        .or_else(|| by_server().filter(|found| fits(found)))
        .or_else(|| by_name().filter(|found| fits(found)))
        .unwrap_or_else(|| match kind {
            AttachmentKind::Image => "image/jpeg".to_owned(),
            AttachmentKind::File | AttachmentKind::Video => "application/octet-stream".to_owned(),
        })
}

/// The name with an extension where the type has one; without a name the kind is one.
pub(super) fn complete_name(
    kind: AttachmentKind,
    name: Option<String>,
    content_type: &str,
) -> String {
    let name = name.unwrap_or_else(|| word(kind).to_owned());
    match extension_of(content_type) {
        Some(missing) if extension(&name).is_none() => with_extension(&name, missing),
        _ => name,
    }
}

/// The kind as the name of a file.
pub(super) fn word(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Image => "image",
        AttachmentKind::File => "file",
        AttachmentKind::Video => "video",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AttachmentKind::{File, Image, Video};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
    const PDF: &[u8] = b"%PDF-1.7";
    const BINARY: &[u8] = b"\x01\x02\0\x03";

    #[test]
    fn bytes_then_server_then_name_say_the_type() {
        for (kind, head, header, name, expected) in [
            (Image, PNG, "image/jpeg", "a.gif", "image/png"),
            (Image, PDF, "image/webp", "a.gif", "image/webp"),
            (Image, PDF, "application/pdf", "a.gif", "image/gif"),
            (Image, BINARY, "", "a.pdf", "image/jpeg"),
            (File, PNG, "application/pdf", "a.pdf", "image/png"),
            (
                File,
                BINARY,
                "application/x-foo",
                "a.doc",
                "application/x-foo",
            ),
            (
                File,
                BINARY,
                "binary/octet-stream",
                "a.doc",
                "application/msword",
            ),
            (File, BINARY, "", "a.xyz", "application/octet-stream"),
            (File, b"a,b\n1,2", "text/plain", "a.csv", "text/csv"),
            (Video, BINARY, "video/mp4; x=y", "a", "video/mp4"),
            (Video, BINARY, "", "", "application/octet-stream"),
        ] {
            let found = content_type(kind, head, head.len() as u64, Some(header), Some(name));
            assert_eq!(found, expected, "{kind:?} {header} {name}");
        }
    }

    #[test]
    fn a_name_gets_the_extension_that_it_lacks() {
        for (kind, name, mime, expected) in [
            (Image, None, "image/png", "image.png"),
            (Video, None, "video/mp4", "video.mp4"),
            (File, None, "application/octet-stream", "file"),
            (File, Some("周报"), "application/pdf", "周报.pdf"),
            (File, Some("a.docx"), "application/pdf", "a.docx"),
        ] {
            let found = complete_name(kind, name.map(str::to_owned), mime);
            assert_eq!(found, expected);
        }
    }
}
