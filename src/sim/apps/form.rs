//! The form of an upload, read as strictly as the service does.

use bytes::Bytes;

use super::refusal::{self, Refusal};

/// The one file of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// File name.
    pub(super) name: String,
    /// `Content-Disposition`, as it came.
    pub(super) disposition: String,
    /// `Content-Type`, empty if there was none.
    pub(super) content_type: String,
    /// The bytes.
    pub(super) data: Bytes,
}

/// Reads a form. Whatever is not exactly as the service wants it is "empty" to it.
pub(super) fn read(content_type: &str, body: &Bytes) -> Result<Part, Refusal> {
    parse(content_type, body).ok_or_else(|| Refusal::new(refusal::EMPTY_MEDIA, "empty media data"))
}

fn parse(content_type: &str, body: &Bytes) -> Option<Part> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.trim().strip_prefix("boundary=")?.trim_matches('"');
    let opening = format!("--{boundary}\r\n");
    let closing = format!("\r\n--{boundary}--\r\n");
    let after = body.strip_prefix(opening.as_bytes())?;
    let end = after.strip_suffix(closing.as_bytes())?;
    let blank = end.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, data) = end.split_at_checked(blank)?;
    let head = std::str::from_utf8(head).ok()?;
    let data = body.slice_ref(data.get(4..)?);
    let header = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is_wanted = name.eq_ignore_ascii_case(wanted);
            is_wanted.then(|| value.trim().to_owned())
        })
    };
    let disposition = header("Content-Disposition")?;
    let parameter = |name: &str| {
        let (_, rest) = disposition.split_once(&format!("; {name}="))?;
        let value = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?.0,
            None => rest.split(';').next()?,
        };
        Some(value.to_owned())
    };
    let is_media = disposition.starts_with("form-data") && parameter("name")? == "media";
    let name = parameter("filename").filter(|name| !name.is_empty())?;
    // It may be left out, but not be wrong.
    let length = parameter("filelength");
    let is_length = length.is_none_or(|length| length.parse() == Ok(data.len()));
    if !is_media || !is_length || disposition.contains("filename*") {
        return None;
    }
    Some(Part {
        name,
        content_type: header("Content-Type").unwrap_or_default(),
        disposition,
        data,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(disposition: &str) -> Option<Part> {
        let body = format!(
            "--b\r\nContent-Disposition: {disposition}\r\nContent-Type: text/x\r\n\r\na\r\n\r\nb\r\n--b--\r\n"
        );
        parse("multipart/form-data; boundary=b", &body.into())
    }

    #[test]
    fn a_form_has_one_file_with_a_plain_name() {
        let disposition = r#"form-data; name="media"; filename="报告.txt"; filelength=6"#;
        let part = part(disposition).unwrap();
        assert_eq!(part.name, "报告.txt");
        assert_eq!(part.content_type, "text/x");
        assert_eq!(&part.data[..], b"a\r\n\r\nb");
    }

    #[test]
    fn anything_else_is_empty() {
        for disposition in [
            r#"form-data; name="file"; filename="a.txt""#,
            r#"form-data; name="media""#,
            r#"form-data; name="media"; filename="""#,
            r#"form-data; name="media"; filename*=utf-8''a.txt"#,
            r#"form-data; name="media"; filename="a"; filename*=utf-8''a.txt"#,
            r#"form-data; name="media"; filename="a.txt"; filelength=7"#,
        ] {
            assert_eq!(part(disposition), None, "{disposition}");
        }
        let unclosed = Bytes::from_static(b"--b\r\nContent-Disposition: x\r\n\r\na");
        assert!(read("multipart/form-data; boundary=b", &unclosed).is_err());
        assert!(read("application/json", &unclosed).is_err());
    }
}
